import FilterDesign
import Tensors

extension FilterBank {
  /// The local orientation of an image: that of the bank's responses, averaged.
  ///
  /// - Parameters:
  ///   - image: `[space…]`, with as many axes as the filters.
  ///   - outerScale: The standard deviation of the averaging Gaussian, one for all axes or one for
  ///     each, in units of the spacing; 0 for none.
  ///   - spacing: The distance between samples along each axis, 1 unless given.
  /// - Throws: ``FiltersmithError`` when the image, a scale or the spacing does not fit, or the
  ///   responses have no orientation (``Responses/orientationTensor()``).
  public func orientationTensor(
    of image: Tensor<Float>, outerScale: [Double], spacing: [Double]? = nil
  ) throws(FiltersmithError) -> OrientationTensor {
    let sigma = try FieldCheck.samples(
      outerScale, spacing: spacing, axes: dimensions, "the outer scale")
    return try responses(to: image).orientationTensor().smoothed(sigma: sigma)
  }

  /// The local orientation of an image with missing samples.
  ///
  /// - Returns: The tensors, and how well each is known.
  /// - Throws: ``FiltersmithError`` as for images that are known everywhere.
  public func orientationTensor(
    of image: MaskedImage, outerScale: [Double], spacing: [Double]? = nil
  ) throws(FiltersmithError) -> (tensor: OrientationTensor, certainty: Tensor<Float>) {
    let sigma = try FieldCheck.samples(
      outerScale, spacing: spacing, axes: dimensions, "the outer scale")
    let (responses, certainty) = try responses(to: image)
    return try responses.orientationTensor().smoothed(sigma: sigma, certainty: certainty)
  }
}
