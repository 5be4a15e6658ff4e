import Tensors

/// Turns arrays whose first index varies fastest (Fortran, MATLAB) into row-major ones.
enum AxisOrder {
  /// Copies elements of `width` bytes from column-major to row-major order.
  static func copyToRowMajor(
    _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, shape: Shape,
    width: Int
  ) {
    @inline(__always)
    func move<Word: BitwiseCopyable>(_: Word.Type, _ from: Int, _ to: Int) {
      let size = MemoryLayout<Word>.size
      let word = source.loadUnaligned(fromByteOffset: from * size, as: Word.self)
      target.storeBytes(of: word, toByteOffset: to * size, as: Word.self)
    }
    switch width {
    case 1: forEachElement(of: shape) { move(UInt8.self, $0, $1) }
    case 2: forEachElement(of: shape) { move(UInt16.self, $0, $1) }
    case 4: forEachElement(of: shape) { move(UInt32.self, $0, $1) }
    case 8: forEachElement(of: shape) { move(UInt64.self, $0, $1) }
    default:
      forEachElement(of: shape) { from, to in
        let element = UnsafeRawBufferPointer(rebasing: source[from * width..<(from + 1) * width])
        UnsafeMutableRawBufferPointer(rebasing: target[to * width..<(to + 1) * width])
          .copyMemory(from: element)
      }
    }
  }

  /// Calls `body` with every element's position in column-major and in row-major order.
  ///
  /// Tiles of the first and the last axis keep cache lines of both arrays in cache: along the one the
  /// source's elements are neighbours, along the other the target's.
  @inline(__always)
  private static func forEachElement(of shape: Shape, _ body: (_ from: Int, _ to: Int) -> Void) {
    guard shape.rank >= 2 else {
      for position in 0..<shape.elementCount { body(position, position) }
      return
    }
    guard shape.elementCount > 0 else { return }
    let tile = 32
    let (first, last) = (shape[0], shape[shape.rank - 1])
    let middle = Shape(Array(shape.dimensions[1..<shape.rank - 1]))
    let middleCount = middle.elementCount
    var rowMajor = 0
    middle.forEachIndex { index in
      var columnMajor = 0
      for axis in index.indices.reversed() {
        columnMajor = columnMajor * middle[axis] + index[axis]
      }
      for firstTile in stride(from: 0, to: first, by: tile) {
        for lastTile in stride(from: 0, to: last, by: tile) {
          for row in firstTile..<min(firstTile + tile, first) {
            for column in lastTile..<min(lastTile + tile, last) {
              body(
                row + first * (columnMajor + middleCount * column),
                (row * middleCount + rowMajor) * last + column)
            }
          }
        }
      }
      rowMajor += 1
    }
  }
}
