import Convolutions
import LinearAlgebra
import Tensors

/// Where every sample of one image lies in another: x ↦ x + d(x).
///
/// Registration finds d with fixed(x) ≈ moving(x + d(x)), so that warping the moving image by d
/// aligns it with the fixed one.
public struct DisplacementField: Sendable, Hashable {
  /// d in samples, `[D, space…]`, components in array order.
  public let vectors: Tensor<Float>
  /// The distance between samples along each axis.
  public let spacing: [Double]

  /// The number of axes D.
  public var dimensions: Int { vectors.shape[0] }
  /// The extents of space.
  public var shape: Shape { Shape(Array(vectors.shape.dropFirst())) }

  /// A field of displacements.
  ///
  /// - Parameters:
  ///   - vectors: In samples, `[D, space…]` with 1 to 4 axes of space.
  ///   - spacing: The distance between samples along each axis; 1 unless given.
  /// - Throws: ``FiltersmithError`` when there is not one component per axis, or one is not finite.
  public init(
    vectors: Tensor<Float>, spacing: [Double]? = nil
  ) throws(FiltersmithError) {
    let axes = vectors.rank - 1
    guard (1...4).contains(axes), vectors.shape[0] == axes, vectors.count > 0 else {
      throw FiltersmithError(
        .shape,
        "displacements \(vectors.shape) do not have one component for each of their axes of space")
    }
    try vectors.requireFinite("the displacement field")
    self.vectors = vectors
    self.spacing = try (spacing ?? [1]).perAxis(axes, "spacing", .positive)
  }

  /// The displacements of an affine map over an image.
  ///
  /// - Parameters:
  ///   - transform: Maps positions in samples.
  ///   - shape: The image's extents.
  /// - Throws: ``FiltersmithError`` when the map has another number of axes.
  public init(
    _ transform: AffineMap, over shape: Shape, spacing: [Double]? = nil
  ) throws(FiltersmithError) {
    guard transform.dimensions == shape.rank else {
      throw FiltersmithError(
        .shape, "a transform of \(transform.dimensions) axes over an image of shape \(shape)")
    }
    try self.init(vectors: transform.displacements(over: shape), spacing: spacing)
  }

  /// No displacement anywhere.
  init(zeros shape: Shape, spacing: [Double]) throws(FiltersmithError) {
    try self.init(vectors: Tensor(zeros: Shape([shape.rank]) + shape), spacing: spacing)
  }

  /// The image read at the displaced positions: output(x) = image(x + d(x)).
  ///
  /// - Throws: ``FiltersmithError`` when the image has another number of axes.
  public func warp(
    _ image: Tensor<Float>, interpolation: Interpolation = .linear, border: Border = .zero
  ) throws(FiltersmithError) -> Tensor<Float> {
    try image.warped(by: vectors, interpolation: interpolation, border: border)
  }

  /// First `other`, then this one: x ↦ y + d(y), y = x + d_other(x).
  ///
  /// - Throws: ``FiltersmithError`` when the numbers of axes differ.
  public func after(_ other: DisplacementField) throws(FiltersmithError) -> DisplacementField {
    guard dimensions == other.dimensions else {
      throw FiltersmithError(
        .shape,
        "fields of \(dimensions) and \(other.dimensions) axes do not follow each other")
    }
    // Beyond its edges a field continues as it ends.
    let moved = try vectors.warped(by: other.vectors, interpolation: .linear, border: .nearest)
    return try DisplacementField(vectors: moved + other.vectors, spacing: other.spacing)
  }

  /// The inverse field: y ↦ y + e(y) with e(x + d(x)) = −d(x).
  ///
  /// Found by iterating e(y) = −d(y + e(y)), which converges where the field does not stretch by
  /// more than a factor of two.
  ///
  /// - Parameters:
  ///   - tolerance: The largest allowed residual, in samples.
  ///   - iterations: The most iterations.
  /// - Returns: The inverse, and the largest |e(y) + d(y + e(y))| that remains.
  /// - Throws: ``FiltersmithError`` on overflow.
  public func inverted(
    tolerance: Double = 0.001, iterations: Int = 100
  ) throws(FiltersmithError) -> (field: DisplacementField, residual: Double) {
    var inverse = vectors.map { -$0 }
    var residual = Double.infinity
    for _ in 0..<max(iterations, 1) {
      let next = try vectors.warped(by: inverse, interpolation: .linear, border: .nearest)
      residual = zip(next.elements, inverse.elements)
        .reduce(0) { max($0, Double(abs($1.0 + $1.1))) }
      inverse = next.map { -$0 }
      if residual <= tolerance { break }
    }
    return (try DisplacementField(vectors: inverse, spacing: spacing), residual)
  }

  /// det(I + ∇d), `[space…]`: the factor by which the map changes volumes; not positive where it folds.
  public func jacobianDeterminants() -> Tensor<Float> {
    let (axes, samples, extents) = (dimensions, shape.elementCount, shape.dimensions)
    let strides = shape.strides
    return Tensor(shape, samples: samples, from: [vectors]) { from, output, piece in
      var matrix = [Double](repeating: 0, count: axes * axes)
      for sample in piece {
        for column in 0..<axes {
          let position = sample / strides[column] % extents[column]
          let upper = position + 1 < extents[column] ? strides[column] : 0
          let lower = position > 0 ? strides[column] : 0
          let distance = Double((upper + lower) / max(strides[column], 1))
          for row in 0..<axes {
            let component = from[0].pointer + row * samples + sample
            let change = Double(component[upper] - component[-lower])
            matrix[row * axes + column] =
              (distance > 0 ? change / distance : 0) + (row == column ? 1 : 0)
          }
        }
        output[sample] = Float(Elimination.determinant(&matrix, order: axes))
      }
    }
  }

  /// The field on another grid over the same region, displacements in its samples.
  ///
  /// - Throws: ``FiltersmithError`` when the shape has another number of axes.
  public func resized(to target: Shape) throws(FiltersmithError) -> DisplacementField {
    guard target.rank == dimensions, target.allSatisfy({ $0 > 0 }) else {
      throw FiltersmithError(
        .shape, "a field over \(shape) cannot be resized to \(target)")
    }
    let ratios = zip(target, shape).map { Double($0) / Double($1) }
    let vectors = try vectors.resized(to: Shape([dimensions]) + target)
    return try DisplacementField(
      vectors: vectors.scaled(perChannel: ratios), spacing: zip(spacing, ratios).map { $0 / $1 })
  }
}
