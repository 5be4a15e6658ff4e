import ImageProcessing
import Tensors

/// Rotations, scalings and shifts of an image, in one to four dimensions.
///
/// Pixel p of the result shows the image at c + A (p − c) + b, where c is the image's centre.
/// Beyond the edges the nearest pixel is repeated.
struct SpatialTransform: Sendable {
  /// The extents of image and result.
  let extents: [Int]
  private let spacing: [Double]
  /// x ↦ A x + b, about the centre.
  private var map: AffineMap

  /// The identity map.
  init(extents: [Int], spacing: [Double]) {
    self.extents = extents
    self.spacing = spacing
    map = .identity(dimensions: extents.count)
  }

  /// Rotates the image in the plane of two axes, about the centre, from the first towards the
  /// second, as NumPy's `rot90` does.
  mutating func rotate(_ first: Int, _ second: Int, radians: Double) {
    let turn = AffineMap.rotation(
      by: radians, plane: (from: second, to: first), dimensions: extents.count)
    // Distances, not pixels, are rotated.
    map = map.after(turn.inSamples(spacing: spacing))
  }

  /// Enlarges the image by a factor, about the centre.
  mutating func scale(by factor: Double) {
    map = map.after(.scaling(extents.map { _ in 1 / factor }))
  }

  /// Moves the image along an axis, by a number of pixels.
  mutating func shift(_ axis: Int, by pixels: Double) {
    map = AffineMap.translation(extents.indices.map { $0 == axis ? -pixels : 0 }).after(map)
  }

  /// The image `[channels, spatial…]` transformed by the map, after displacement by a field.
  ///
  /// - Throws: ``FiltersmithError`` when the image has other extents, or the map leads too far.
  func sampled(
    _ image: Tensor<Float>, _ field: ElasticField?, interpolation: Interpolation = .linear
  ) throws(FiltersmithError) -> Tensor<Float> {
    guard image.count > 0 else { return image }
    let map = map.about(extents.map { Double($0 - 1) / 2 })
    guard let field else {
      return try image.warped(by: map, interpolation: interpolation, border: .nearest)
    }
    return try image.warped(
      by: map.displacements(over: Shape(extents)) + field.displacements,
      interpolation: interpolation, border: .nearest)
  }

  /// The label map `[spatial…]` transformed by the map, by the nearest pixel.
  ///
  /// - Throws: ``FiltersmithError`` as ``sampled(_:_:interpolation:)``.
  func sampledNearest(
    _ labels: Tensor<UInt8>, _ field: ElasticField?
  ) throws(FiltersmithError) -> Tensor<UInt8> {
    try sampled(labels.map { Float($0) }, field, interpolation: .nearest).map { UInt8($0) }
  }
}

extension Tensor where Element == Float {
  /// A planar image `[channels, y, x]` rotated about its centre from y towards x, by linear
  /// interpolation; beyond the edges the nearest pixel is repeated.
  package func turned(radians: Double) throws(FiltersmithError) -> Tensor {
    guard rank == 3, radians != 0 else { return self }
    var transform = SpatialTransform(extents: Array(shape.dropFirst()), spacing: [1, 1])
    transform.rotate(0, 1, radians: radians)
    return try transform.sampled(self, nil)
  }
}
