import Tensors

/// The orthonormal change of basis into even and odd parts along some axes.
///
/// Along an axis of n = 2h + 1 taps, v(−h) … v(h) become the even coefficients
/// v(0), (v(1) + v(−1))/√2, … followed by the odd ones (v(1) − v(−1))/√2, … A system that does
/// not change when an axis is reflected does not mix the two.
struct ParityTransform: Sendable {
  /// The extents, all odd; for a reflection in the centre of an array, its number of elements.
  let shape: Shape

  private static let half = 0.5.squareRoot()

  /// Even and odd coefficients from values, in place.
  func forward(_ values: inout [Double]) {
    alongEachLine(&values) { line in
      let center = line.count / 2
      var split = line
      split[0] = line[center]
      for step in 0..<center {
        let (after, before) = (line[center + 1 + step], line[center - 1 - step])
        split[1 + step] = (after + before) * Self.half
        split[center + 1 + step] = (after - before) * Self.half
      }
      line = split
    }
  }

  /// Values from even and odd coefficients, in place.
  func inverse(_ values: inout [Double]) {
    alongEachLine(&values) { line in
      let center = line.count / 2
      var joined = line
      joined[center] = line[0]
      for step in 0..<center {
        let (even, odd) = (line[1 + step], line[center + 1 + step])
        joined[center + 1 + step] = (even + odd) * Self.half
        joined[center - 1 - step] = (even - odd) * Self.half
      }
      line = joined
    }
  }

  private func alongEachLine(_ values: inout [Double], _ body: (inout [Double]) -> Void) {
    let strides = shape.strides
    for axis in shape.indices {
      let (extent, stride) = (shape[axis], strides[axis])
      var line = [Double](repeating: 0, count: extent)
      for outer in Swift.stride(from: 0, to: values.count, by: extent * stride) {
        for inner in 0..<stride {
          let start = outer + inner
          for position in 0..<extent { line[position] = values[start + position * stride] }
          body(&line)
          for position in 0..<extent { values[start + position * stride] = line[position] }
        }
      }
    }
  }
}

/// One of the systems that the normal equations split into: a choice of even or odd along each axis.
struct ParityBlock: Sendable {
  /// Whether the kernel's part is odd along each axis of the ``ParityTransform``.
  let isOdd: [Bool]
  /// Unknowns along each axis: (n+1)/2 even ones or (n−1)/2 odd ones.
  let extents: Shape
  /// The positions of the block's coefficients in the transformed array.
  let offsets: [Int]

  /// All blocks of an array, the even one first.
  static func all(of shape: Shape) -> [ParityBlock] {
    (0..<(1 << shape.rank)).map { choice in
      ParityBlock(shape: shape, isOdd: shape.indices.map { choice >> $0 & 1 == 1 })
    }
  }

  private init(shape: Shape, isOdd: [Bool]) {
    self.isOdd = isOdd
    extents = Shape(zip(shape, isOdd).map { $1 ? $0 / 2 : $0 / 2 + 1 })
    let starts = zip(shape, isOdd).map { $1 ? $0 / 2 + 1 : 0 }
    var offsets: [Int] = []
    offsets.reserveCapacity(extents.elementCount)
    extents.forEachIndex { index in
      offsets.append(shape.offset(of: zip(index, starts).map(+)))
    }
    self.offsets = offsets
  }

  /// The number of unknowns.
  var order: Int { extents.elementCount }

  /// Whether the kernel's part changes sign when reflected in the centre.
  var isOddOverall: Bool { isOdd.count { $0 } % 2 == 1 }

  /// The coordinate of an unknown along an axis: 0, 1, … for even, 1, 2, … for odd parts.
  func coordinate(axis: Int, _ position: Int) -> Int { isOdd[axis] ? position + 1 : position }
}
