import Tensors

/// The check that an image holds finite values, at the speed of memory.
package enum FiniteImage {
  /// The largest magnitude.
  ///
  /// - Throws: ``FiltersmithError`` that counts the values that are not finite, and says where the
  ///   first lies.
  package static func largestMagnitude(of image: Tensor<Float>) throws(FiltersmithError) -> Float {
    let count = image.count
    let size = 65536
    let blocks = (count + size - 1) / size
    var largest = [Float](repeating: 0, count: blocks)
    largest.withUnsafeMutableBufferPointer { largest in
      let largest = SharedPointer(largest)
      image.withUnsafeElements { values in
        let values = ReadOnlyPointer(values)
        parallelFor(blocks) { block in
          // The bits of magnitudes are in the same order as integers; values that are not finite come
          // last.
          var highest: UInt32 = 0
          for place in block * size..<min((block + 1) * size, count) {
            highest = max(highest, values[place].bitPattern & 0x7FFF_FFFF)
          }
          largest[block] = Float(bitPattern: highest)
        }
      }
    }
    if largest.contains(where: { !$0.isFinite }) { try image.requireFinite("the image") }
    return largest.max() ?? 0
  }
}
