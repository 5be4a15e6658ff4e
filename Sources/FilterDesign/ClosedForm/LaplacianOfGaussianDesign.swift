import Tensors

/// The Laplacian of a Gaussian, Σ_d ∂²/∂x_d²: negative at the centre, so that a bright spot gives a
/// negative response.
///
/// The sum of separable second derivatives, with the coefficients of `scipy.ndimage.gaussian_laplace`
/// when sampled. Multiply by σ² to compare scales.
public struct LaplacianOfGaussianDesign: BankFamily {
  /// The standard deviation along each axis, in samples.
  public var sigma: [Double]
  /// The cut-off in standard deviations: the radius is ⌊truncation · σ + ½⌋.
  public var truncation: Double
  /// How the continuous function becomes taps; `.exactMoments` leaves no DC.
  public var discretization: DerivativeDiscretization

  /// A Laplacian of a Gaussian with one standard deviation per axis.
  public init(
    sigma: [Double], truncation: Double = 4, discretization: DerivativeDiscretization = .sampled
  ) {
    self.sigma = sigma
    self.truncation = truncation
    self.discretization = discretization
  }

  /// The name of the family.
  public var family: String { "log" }

  /// The second derivatives that are summed.
  private var secondDerivatives: GaussianDerivativeDesign {
    GaussianDerivativeDesign(
      sigma: sigma,
      orders: sigma.indices.map { axis in sigma.indices.map { $0 == axis ? 2 : 0 } },
      truncation: truncation, discretization: discretization)
  }

  /// Checks that widths are positive and leave enough taps for a second derivative.
  public func validate() throws(FiltersmithError) {
    try GaussianFactor.check(sigma: sigma, truncation: truncation, of: family)
    try secondDerivatives.validate()
  }

  /// Makes the filter.
  public func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank {
    try validate()
    let parts = try secondDerivatives.bank().even
    return try KernelConstruction.bank(
      [parts.sum(axes: [0])], design: .laplacianOfGaussian(self), labels: ["LoG"])
  }
}
