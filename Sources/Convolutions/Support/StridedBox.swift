import Tensors

/// Samples a fixed step apart along each axis of a row-major block.
struct StridedBox: Sendable {
  /// Where its rows start in the block.
  let rows: [Int]
  let columns: Int
  let columnStep: Int

  init(extents: [Int], steps: [Int], in block: Shape) {
    let strides = block.strides
    var rows: [Int] = []
    Shape(Array(extents.dropLast())).forEachIndex { index in
      rows.append(index.indices.reduce(0) { $0 + index[$1] * steps[$1] * strides[$1] })
    }
    self.rows = rows
    columns = extents[extents.count - 1]
    columnStep = steps[steps.count - 1]
  }

  var count: Int { rows.count * columns }

  func gather<Scalar: ConvolutionScalar>(
    _ block: UnsafePointer<Scalar>, scale: Scalar, into dense: UnsafeMutablePointer<Scalar>,
    adding: Bool = false
  ) {
    for (number, row) in rows.enumerated() {
      let (source, target) = (block + row, dense + number * columns)
      if adding {
        for column in 0..<columns { target[column] += source[column * columnStep] * scale }
      } else {
        for column in 0..<columns { target[column] = source[column * columnStep] * scale }
      }
    }
  }

  func scatter<Scalar: ConvolutionScalar>(
    _ dense: UnsafePointer<Scalar>, onto block: UnsafeMutablePointer<Scalar>
  ) {
    for (number, row) in rows.enumerated() {
      let (source, target) = (dense + number * columns, block + row)
      for column in 0..<columns { target[column * columnStep] = source[column] }
    }
  }
}
