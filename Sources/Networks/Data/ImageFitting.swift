import ImageProcessing
import Tensors

/// Fits samples `[…, spatial…]` to given spatial extents.
enum ImageFitting {
  /// The sample at another size, or an error that names the file.
  static func fitted<Element>(
    _ sample: Tensor<Element>, to size: Shape, _ fit: ReadingOptions.Fit, path: String,
    resize: (Tensor<Element>, _ shape: Shape) throws(FiltersmithError) -> Tensor<Element>
  ) throws(FiltersmithError) -> Tensor<Element> {
    let leading = sample.rank - size.rank
    guard leading >= 0 else {
      throw FiltersmithError(
        .shape, "\(path) has \(sample.rank) axes; samples of extents \(size) were expected")
    }
    let own = Shape(Array(sample.shape.dropFirst(leading)))
    guard own != size else { return sample }
    switch fit {
    case .exact:
      throw FiltersmithError(
        .shape,
        "\(path) has extents \(own), where \(size) was expected; ask for samples to be resized or "
          + "cropped to one size")
    case .crop:
      guard zip(own, size).allSatisfy({ $0 >= $1 }) else {
        throw FiltersmithError(
          .shape, "\(path) has extents \(own) and cannot be cropped to \(size)")
      }
      let ranges = zip(own, size).map { extent, wanted in
        (extent - wanted) / 2..<(extent - wanted) / 2 + wanted
      }
      return try sample.sliced((0..<leading).map { 0..<sample.shape[$0] } + ranges)
    case .resize:
      return try resize(sample, Shape(Array(sample.shape.prefix(leading))) + size)
    }
  }

  /// Linear interpolation, with pixels as cells; where an axis becomes shorter, weighted means over
  /// correspondingly more (a triangle filter).
  static func linear(
    _ sample: Tensor<Float>, to shape: Shape
  ) throws(FiltersmithError) -> Tensor<Float> {
    try sample.resized(to: shape, border: .nearest)
  }

  /// The nearest pixels.
  static func nearest(
    _ sample: Tensor<UInt8>, to shape: Shape
  ) throws(FiltersmithError) -> Tensor<UInt8> {
    try sample.map { Float($0) }.resized(to: shape, interpolation: .nearest, border: .nearest)
      .map { UInt8($0) }
  }
}
