import Tensors

/// A narrow Gaussian minus a wide one, each of sum 1: a band-pass that is positive at the centre and
/// gives no response to a constant.
///
/// The coefficients of `skimage.filters.difference_of_gaussians`.
public struct DifferenceOfGaussiansDesign: BankFamily {
  /// The standard deviation of the narrow Gaussian along each axis, in samples.
  public var narrowSigma: [Double]
  /// The standard deviation of the wide Gaussian along each axis, in samples.
  public var wideSigma: [Double]
  /// The cut-off of each, in its own standard deviations: the radius is ⌊truncation · σ + ½⌋.
  public var truncation: Double

  /// The difference of two Gaussians.
  public init(narrowSigma: [Double], wideSigma: [Double], truncation: Double = 4) {
    self.narrowSigma = narrowSigma
    self.wideSigma = wideSigma
    self.truncation = truncation
  }

  /// The name of the family.
  public var family: String { "dog" }

  /// Checks that widths are positive and the wide Gaussian is nowhere the narrower one.
  public func validate() throws(FiltersmithError) {
    try GaussianFactor.check(sigma: narrowSigma, truncation: truncation, of: family)
    try GaussianFactor.check(sigma: wideSigma, truncation: truncation, of: family)
    guard narrowSigma.count == wideSigma.count else {
      throw FiltersmithError(
        .argument,
        "sigmas \(narrowSigma) and \(wideSigma) of the dog filters differ in the number of axes")
    }
    guard zip(narrowSigma, wideSigma).allSatisfy(<) else {
      throw FiltersmithError(
        .argument,
        "narrow sigma \(narrowSigma) of the dog filters must be below wide sigma \(wideSigma)")
    }
  }

  /// Makes the filter.
  public func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank {
    try validate()
    let radii = wideSigma.map { GaussianFactor.radius(sigma: $0, truncation: truncation) }
    func gaussian(_ sigma: [Double]) -> Tensor<Double> {
      KernelConstruction.product(
        zip(sigma, radii).map { sigma, radius in
          let own = GaussianFactor.radius(sigma: sigma, truncation: truncation)
          return KernelConstruction.centered(
            GaussianFactor.smooth(sigma: sigma, radius: own), taps: 2 * radius + 1)
        })
    }
    return try KernelConstruction.bank(
      [gaussian(narrowSigma) - gaussian(wideSigma)], design: .differenceOfGaussians(self),
      labels: ["DoG"])
  }
}
