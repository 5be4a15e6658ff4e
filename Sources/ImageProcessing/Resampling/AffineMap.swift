import Foundation
import LinearAlgebra
import Tensors

/// An affine map of positions, x ↦ A x + b, in array axis order: `[y, x]` or `[z, y, x]`.
///
/// Images are pulled through it: `image.warped(by: transform)` is output(x) = image(A x + b), as in
/// `scipy.ndimage.affine_transform`. To move an image's contents by T, warp by T's inverse.
///
/// ```swift
/// let turn = AffineMap.rotation(by: .pi / 6, dimensions: 2, about: [47.5, 47.5])
/// let turned = try image.warped(by: turn.inverse(), interpolation: .cubic)
/// ```
public struct AffineMap: Sendable, Hashable, Codable {
  /// A, row by row.
  public let matrix: [[Double]]
  /// b, in samples.
  public let offset: [Double]

  /// The number of axes.
  public var dimensions: Int { offset.count }

  /// A map from its matrix and offset.
  ///
  /// - Parameters:
  ///   - matrix: Square, row by row.
  ///   - offset: As many values as the matrix has rows; zeros unless given.
  /// - Throws: ``FiltersmithError`` when they do not fit or are not finite.
  public init(matrix: [[Double]], offset: [Double]? = nil) throws(FiltersmithError) {
    let offset = offset ?? matrix.map { _ in 0 }
    guard !matrix.isEmpty, matrix.allSatisfy({ $0.count == matrix.count }) else {
      throw FiltersmithError(
        .shape, "an affine transform's matrix is square; given rows of \(matrix.map(\.count))")
    }
    guard offset.count == matrix.count else {
      throw FiltersmithError(
        .shape,
        "an offset of \(offset.count) numbers does not fit a matrix of \(matrix.count) rows")
    }
    guard (matrix.joined() + offset).allSatisfy(\.isFinite) else {
      throw FiltersmithError(.argument, "an affine transform has finite numbers only")
    }
    self.init(unchecked: matrix, offset)
  }

  private init(unchecked matrix: [[Double]], _ offset: [Double]) {
    self.matrix = matrix
    self.offset = offset
  }

  /// The map that leaves every position as it is.
  public static func identity(dimensions: Int) -> AffineMap {
    AffineMap(
      unchecked: (0..<dimensions).map { row in (0..<dimensions).map { $0 == row ? 1 : 0 } },
      Array(repeating: 0, count: dimensions))
  }

  /// x ↦ x + shift.
  public static func translation(_ shift: [Double]) -> AffineMap {
    AffineMap(unchecked: identity(dimensions: shift.count).matrix, shift)
  }

  /// Scales by one factor per axis, about a fixed point.
  public static func scaling(_ factors: [Double], about center: [Double]? = nil) -> AffineMap {
    let matrix = factors.indices.map { row in
      factors.indices.map { $0 == row ? factors[row] : 0 }
    }
    return AffineMap(unchecked: matrix, factors.map { _ in 0 }).about(center)
  }

  /// Rotates in the plane of two axes, about a fixed point.
  ///
  /// A positive angle turns the first axis of the plane towards the second: for `[y, x]` and
  /// `plane: (1, 0)`, the default, x towards y, which is clockwise where y points down.
  ///
  /// - Parameters:
  ///   - angle: In radians.
  ///   - plane: Two different axes; the last and the one before it unless given.
  ///   - dimensions: The number of axes, at least 2.
  ///   - center: The fixed point; the origin unless given.
  public static func rotation(
    by angle: Double, plane: (from: Int, to: Int)? = nil, dimensions: Int,
    about center: [Double]? = nil
  ) -> AffineMap {
    let plane = plane ?? (dimensions - 1, dimensions - 2)
    var matrix = identity(dimensions: dimensions).matrix
    // Quarter turns are exact.
    func exact(_ value: Double) -> Double { abs(value) < 1e-15 ? 0 : value }
    let (sine, cosine) = (exact(sin(angle)), exact(cos(angle)))
    matrix[plane.from][plane.from] = cosine
    matrix[plane.from][plane.to] = -sine
    matrix[plane.to][plane.from] = sine
    matrix[plane.to][plane.to] = cosine
    return AffineMap(unchecked: matrix, Array(repeating: 0, count: dimensions)).about(center)
  }

  /// Rotates a volume about an axis `[z, y, x]`, right-handed in (x, y, z) (Rodrigues).
  ///
  /// - Throws: ``FiltersmithError`` when the axis does not have three components, or is zero.
  public static func rotation(
    about axis: [Double], by angle: Double, center: [Double]? = nil
  ) throws(FiltersmithError) -> AffineMap {
    let length = axis.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard axis.count == 3, length > 0, length.isFinite else {
      throw FiltersmithError(
        .argument, "a volume turns about an axis [z, y, x] that is not zero; given \(axis)")
    }
    let unit = axis.map { $0 / length }
    let (sine, cosine) = (sin(angle), cos(angle))
    // n × v in (x, y, z), written for [z, y, x].
    let (nz, ny, nx) = (unit[0], unit[1], unit[2])
    let cross = [[0, nx, -ny], [-nx, 0, nz], [ny, -nz, 0]]
    let matrix = (0..<3).map { row in
      (0..<3).map { column in
        (row == column ? cosine : 0) + (1 - cosine) * unit[row] * unit[column]
          + sine * cross[row][column]
      }
    }
    return AffineMap(unchecked: matrix, [0, 0, 0]).about(center)
  }

  /// The same linear part, about a fixed point.
  public func about(_ center: [Double]?) -> AffineMap {
    guard let center else { return self }
    let moved = linear(center)
    let offset = (0..<dimensions).map { self.offset[$0] + center[$0] - moved[$0] }
    return AffineMap(unchecked: matrix, offset)
  }

  /// The image of a position.
  public func callAsFunction(_ position: [Double]) -> [Double] {
    zip(linear(position), offset).map { $0 + $1 }
  }

  private func linear(_ vector: [Double]) -> [Double] {
    matrix.map { row in zip(row, vector).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  /// First `other`, then this one: x ↦ self(other(x)).
  public func after(_ other: AffineMap) -> AffineMap {
    let product = matrix.map { row in
      (0..<dimensions).map { column in
        (0..<dimensions).reduce(0) { $0 + row[$1] * other.matrix[$1][column] }
      }
    }
    return AffineMap(unchecked: product, self(other.offset))
  }

  /// The inverse map.
  ///
  /// - Throws: ``FiltersmithError`` of kind `numerical` when there is none.
  public func inverse() throws(FiltersmithError) -> AffineMap {
    guard let inverse = Elimination.inverse(of: matrix) else {
      throw FiltersmithError(.numerical, "the matrix \(matrix) has no inverse")
    }
    let linear = AffineMap(unchecked: inverse, offset.map { _ in 0 })
    return AffineMap(unchecked: inverse, linear(offset).map { -$0 })
  }

  /// This map between positions in units of length, as a map between samples.
  ///
  /// - Parameters:
  ///   - output: The distances between samples of the grid that positions come from.
  ///   - input: The distances between samples of the grid that they go to; the same unless given.
  public func inSamples(spacing output: [Double], to input: [Double]? = nil) -> AffineMap {
    let input = input ?? output
    let matrix = (0..<dimensions).map { row in
      (0..<dimensions).map { self.matrix[row][$0] * output[$0] / input[row] }
    }
    return AffineMap(unchecked: matrix, zip(offset, input).map { $0 / $1 })
  }

  /// The displacement A x + b − x of every sample, `[D, space…]`.
  public func displacements(over shape: Shape) -> Tensor<Float> {
    guard shape.elementCount > 0, let width = shape.last else {
      return Tensor(zeros: Shape([dimensions]) + shape)
    }
    let (rows, last) = (shape.elementCount / width, dimensions - 1)
    let outer = Shape(Array(shape.dropLast()))
    return Tensor(uninitialized: Shape([dimensions]) + shape) { target in
      let target = SharedPointer(target)
      parallelFor(dimensions * rows, grain: 16) { line in
        let (axis, index) = (line / rows, outer.index(at: line % rows))
        var start = offset[axis] - (axis < last ? Double(index[axis]) : 0)
        for (factor, position) in zip(matrix[axis], index) { start += factor * Double(position) }
        let step = matrix[axis][last] - (axis < last ? 0 : 1)
        let row = target.pointer + line * width
        for x in 0..<width { (row + x).initialize(to: Float(start + Double(x) * step)) }
      }
    }
  }
}
