import Tensors

extension ExtendedDomain {
  /// Copies some columns of one row of the extended image.
  ///
  /// - Parameters:
  ///   - row: The image's row that the border takes it from.
  ///   - columns: Positions along the last axis of the extended image.
  ///   - target: Receives as many samples as there are columns.
  func copyRow<Scalar: ConvolutionScalar>(
    _ row: UnsafePointer<Scalar>, _ columns: Range<Int>, into target: UnsafeMutablePointer<Scalar>
  ) {
    let sources = sources[sources.count - 1]
    let inside = columns.clamped(to: interior[interior.count - 1])
    let fill = Scalar(fill)
    func copyOutside(_ columns: Range<Int>, to target: UnsafeMutablePointer<Scalar>) {
      for (index, column) in columns.enumerated() {
        target[index] = sources[column] < 0 ? fill : row[sources[column]]
      }
    }
    guard !inside.isEmpty else { return copyOutside(columns, to: target) }
    copyOutside(columns.lowerBound..<inside.lowerBound, to: target)
    (target + (inside.lowerBound - columns.lowerBound)).update(
      from: row + sources[inside.lowerBound], count: inside.count)
    copyOutside(
      inside.upperBound..<columns.upperBound,
      to: target + (inside.upperBound - columns.lowerBound))
  }

  /// Adds a box of the extended image back onto the image.
  ///
  /// - Parameters:
  ///   - block: The box, row-major.
  ///   - box: Positions in the extended image, one range per axis.
  ///   - image: One channel, row-major.
  func fold<Scalar: ConvolutionScalar>(
    _ block: UnsafePointer<Scalar>, _ box: [Range<Int>], onto image: UnsafeMutablePointer<Scalar>
  ) {
    let last = box.count - 1
    let strides = Shape(extents).strides
    var row = block
    Shape(box.dropLast().map(\.count)).forEachIndex { index in
      defer { row += box[last].count }
      var start = 0
      for axis in 0..<last {
        let source = sources[axis][box[axis].lowerBound + index[axis]]
        guard source >= 0 else { return }
        start += source * strides[axis]
      }
      for (offset, column) in box[last].enumerated() {
        let source = sources[last][column]
        if source >= 0 { image[start + source] += row[offset] }
      }
    }
  }
}
