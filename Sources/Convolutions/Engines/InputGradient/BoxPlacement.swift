import Tensors

/// Where the samples of a box of the extended image are in one channel of the image.
struct BoxPlacement: Sendable {
  /// Where the image row under each row of the box starts; −1 where it lies in the border's constant.
  private let rows: [Int]
  /// The same for columns, within the row.
  private let columns: [Int]
  /// The distance between neighbouring columns of the box.
  private let step: Int

  init(_ box: InputGradientParts.Box, of convolution: Convolution) {
    let positions = box.positions
    let extents = Array(convolution.input.dimensions.dropFirst(2))
    let strides = Shape(extents).strides
    let sources = positions.indices.map { axis in
      (0..<positions[axis].count).map { index -> Int in
        let position =
          positions[axis].start + index * positions[axis].step - convolution.before[axis]
        return box.isFolded
          ? convolution.border.source(of: position, extent: extents[axis]) ?? -1 : position
      }
    }
    let last = positions.count - 1
    var rows: [Int] = []
    Shape(sources.dropLast().map(\.count)).forEachIndex { index in
      var row = 0
      for axis in index.indices where row >= 0 {
        let source = sources[axis][index[axis]]
        row = source < 0 ? -1 : row + source * strides[axis]
      }
      rows.append(row)
    }
    self.rows = rows
    columns = sources[last]
    step = positions[last].step
  }

  /// Samples of the box.
  var count: Int { rows.count * columns.count }

  /// Writes the box to the image, all of whose positions lie inside.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func write<Scalar: ConvolutionScalar>(
    _ box: UnsafePointer<Scalar>, to image: UnsafeMutablePointer<Scalar>
  ) {
    var values = box
    for row in rows {
      let target = image + row + columns[0]
      for column in columns.indices { target[column * step] = values[column] }
      values += columns.count
    }
  }

  /// Writes one value to all positions of the box, which lie inside the image.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func fill<Scalar: ConvolutionScalar>(_ value: Scalar, in image: UnsafeMutablePointer<Scalar>) {
    for row in rows {
      let target = image + row + columns[0]
      for column in columns.indices { target[column * step] = value }
    }
  }

  /// Adds the box to the image where the border took its samples from.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func fold<Scalar: ConvolutionScalar>(
    _ box: UnsafePointer<Scalar>, onto image: UnsafeMutablePointer<Scalar>
  ) {
    var values = box
    for row in rows {
      defer { values += columns.count }
      guard row >= 0 else { continue }
      for (column, source) in columns.enumerated() where source >= 0 {
        image[row + source] += values[column]
      }
    }
  }
}
