import Convolutions
import Tensors

/// Smoothing by a Gaussian whose width is given in units of length.
///
/// By the sampled Gaussian up to a σ of 4 samples, beyond by ``RecursiveGaussian``.
public struct GaussianSmoothing: Sendable, Hashable {
  /// The standard deviation, one for all axes or one for each, in units of ``spacing``; 0 for none.
  public var sigma: [Double]
  /// The distance between samples along each axis; 1 unless given.
  public var spacing: [Double]?
  /// How the image continues.
  public var border: Border

  /// A Gaussian of the given width.
  public init(sigma: [Double], spacing: [Double]? = nil, border: Border = .mirror) {
    self.sigma = sigma
    self.spacing = spacing
    self.border = border
  }

  /// The smoothed image, `[space…]`.
  ///
  /// - Throws: ``FiltersmithError`` when a parameter is out of range or the image is not finite.
  public func callAsFunction(_ image: Tensor<Float>) throws(FiltersmithError) -> Tensor<Float> {
    try FieldCheck.image(image)
    return try average(axes: image.rank)(image)
  }

  /// The normalised average {a * cf} / {a * c} of an image with missing samples, and its certainty
  /// {a * c}; NaN where nothing is known nearby.
  ///
  /// - Throws: ``FiltersmithError`` when a parameter is out of range.
  public func callAsFunction(
    _ image: MaskedImage
  ) throws(FiltersmithError) -> (values: Tensor<Float>, certainty: Tensor<Float>) {
    // Beyond the edges nothing is known.
    var outside = self
    outside.border = .zero
    let average = try outside.average(axes: image.values.rank)
    let samples = image.values.count
    let sums = try average(.stacked([image.weighted, image.certainty]))
    let certainty = try sums.selected(axis: 0, at: 1)
    let values = Tensor<Float>(image.values.shape, samples: samples, from: [sums]) {
      from, output, piece in
      for sample in piece {
        let weight = from[0][samples + sample]
        output[sample] =
          weight > NormalizedConvolution.leastCertainty ? from[0][sample] / weight : .nan
      }
    }
    return (values, certainty.map { $0 > NormalizedConvolution.leastCertainty ? $0 : 0 })
  }

  private func average(axes: Int) throws(FiltersmithError) -> GaussianAverage {
    try GaussianAverage(
      sigma: FieldCheck.samples(sigma, spacing: spacing, axes: axes, "sigma"), border: border)
  }
}

/// Unsharp masking: the image plus some of what a Gaussian removes.
///
/// s + amount · (s − G * s) where |s − G * s| exceeds the threshold. It sharpens noise as well as
/// edges.
public struct UnsharpMask: Sendable, Hashable {
  /// The standard deviation of the Gaussian, in units of ``spacing``.
  public var sigma: [Double]
  /// How much of the difference is added.
  public var amount: Double
  /// Smaller differences are left as they are.
  public var threshold: Double
  /// The distance between samples along each axis; 1 unless given.
  public var spacing: [Double]?
  /// How the image continues.
  public var border: Border

  /// A mask of the given width and amount.
  public init(
    sigma: [Double] = [2], amount: Double = 1, threshold: Double = 0, spacing: [Double]? = nil,
    border: Border = .mirror
  ) {
    self.sigma = sigma
    self.amount = amount
    self.threshold = threshold
    self.spacing = spacing
    self.border = border
  }

  /// The sharpened image, `[space…]`.
  ///
  /// - Throws: ``FiltersmithError`` when a parameter is out of range or the image is not finite.
  public func callAsFunction(_ image: Tensor<Float>) throws(FiltersmithError) -> Tensor<Float> {
    try validate()
    let smooth = try GaussianSmoothing(sigma: sigma, spacing: spacing, border: border)(image)
    return sharpened(image, smooth, certainty: nil)
  }

  /// The sharpened image; its Gaussian averages known samples only, and missing samples take the average
  /// around them.
  ///
  /// - Throws: ``FiltersmithError`` when a parameter is out of range.
  public func callAsFunction(_ image: MaskedImage) throws(FiltersmithError) -> Tensor<Float> {
    try validate()
    let filled = try image.filled()
    let known = try GaussianSmoothing(sigma: sigma, spacing: spacing, border: border)(image).values
    // Farther from all known samples than the Gaussian reaches there is nothing to compare with.
    let smooth = try known.zip(with: filled) { $0.isNaN ? $1 : $0 }
    return sharpened(filled, smooth, certainty: image.certainty)
  }

  private func validate() throws(FiltersmithError) {
    try FieldCheck.number(amount, -100...100, "the amount of unsharp masking")
    try FieldCheck.number(threshold, 0...1e30, "the threshold of unsharp masking")
  }

  /// Known samples are sharpened; missing ones stay as they were filled in.
  private func sharpened(
    _ image: Tensor<Float>, _ smooth: Tensor<Float>, certainty: Tensor<Float>?
  ) -> Tensor<Float> {
    let (amount, threshold, isMasked) = (Float(amount), Float(threshold), certainty != nil)
    return Tensor(image.shape, samples: image.count, from: [image, smooth, certainty ?? smooth]) {
      from, output, piece in
      for sample in piece {
        let rest = from[0][sample] - from[1][sample]
        let isKnown = !isMasked || from[2][sample] > 0
        output[sample] =
          from[0][sample] + (isKnown && abs(rest) >= threshold ? amount * rest : 0)
      }
    }
  }
}
