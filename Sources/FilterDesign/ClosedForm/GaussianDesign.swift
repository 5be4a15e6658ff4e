import Foundation
import Tensors

/// A Gaussian low-pass filter: exp(−½ Σ (x_d/σ_d)²), sampled, its sum scaled to 1.
///
/// The radius along each axis is ⌊truncation · σ + ½⌋, SciPy's rule, and so are the coefficients:
/// `scipy.ndimage.gaussian_filter(image, sigma, truncate=truncation)`.
public struct GaussianDesign: BankFamily {
  /// The standard deviation along each axis, in samples.
  public var sigma: [Double]
  /// The cut-off in standard deviations.
  public var truncation: Double

  /// A Gaussian with one standard deviation per axis.
  public init(sigma: [Double], truncation: Double = 4) {
    self.sigma = sigma
    self.truncation = truncation
  }

  /// A Gaussian of equal width along every axis.
  public init(sigma: Double, dimensions: Int, truncation: Double = 4) {
    self.init(
      sigma: Array(repeating: sigma, count: Swift.max(dimensions, 0)), truncation: truncation)
  }

  /// The name of the family.
  public var family: String { "gaussian" }

  /// Checks that every number is positive.
  public func validate() throws(FiltersmithError) {
    try GaussianFactor.check(sigma: sigma, truncation: truncation, of: family)
  }

  /// Makes the filter.
  public func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank {
    try validate()
    let factors = sigma.map { sigma in
      GaussianFactor.smooth(
        sigma: sigma, radius: GaussianFactor.radius(sigma: sigma, truncation: truncation))
    }
    return try KernelConstruction.bank(
      [KernelConstruction.product(factors)], design: .gaussian(self), labels: ["smooth"])
  }
}

/// Gaussians and their derivatives along one axis.
enum GaussianFactor {
  /// ⌊truncation · σ + ½⌋.
  static func radius(sigma: Double, truncation: Double) -> Int { Int(truncation * sigma + 0.5) }

  /// Checks standard deviations, the cut-off and the number of taps that follows from them.
  static func check(
    sigma: [Double], truncation: Double, of family: String
  ) throws(FiltersmithError) {
    try ParameterCheck.perAxis(sigma, "sigma", of: family)
    try ParameterCheck.positive(truncation, "truncation", of: family)
    for sigma in sigma where truncation * sigma > Double(ParameterCheck.largestSupport) {
      throw FiltersmithError(
        .limit,
        "sigma \(sigma) of the \(family) filters, cut off at \(truncation) sigma, is too large")
    }
    try ParameterCheck.support(
      sigma.map { 2 * radius(sigma: $0, truncation: truncation) + 1 }, odd: true, of: family)
  }

  /// φ(x) = exp(−½ (x/σ)²) / Σ exp(−½ (x/σ)²) for |x| ≤ radius.
  static func smooth(sigma: Double, radius: Int) -> [Double] {
    let samples = (-radius...radius).map { exp(-0.5 / (sigma * sigma) * Double($0 * $0)) }
    let sum = samples.reduce(0, +)
    return samples.map { $0 / sum }
  }

  /// The derivative of an order, as sampled: φ(x) times the polynomial that results from differentiating the
  /// continuous Gaussian.
  static func sampledDerivative(order: Int, sigma: Double, radius: Int) -> [Double] {
    // d/dx (q φ) = (q′ − x/σ² · q) φ
    var polynomial = [1.0]
    for _ in 0..<order {
      var next = [Double](repeating: 0, count: polynomial.count + 1)
      for (power, coefficient) in polynomial.enumerated() {
        if power > 0 { next[power - 1] += Double(power) * coefficient }
        next[power + 1] -= coefficient / (sigma * sigma)
      }
      polynomial = next
    }
    let smooth = smooth(sigma: sigma, radius: radius)
    return zip(-radius...radius, smooth).map { position, weight in
      weight * polynomial.reversed().reduce(0) { $0 * Double(position) + $1 }
    }
  }
}
