import Numerics
import Tensors

/// How much of the high frequencies adaptive filtering lets through, and in which directions.
///
/// The local tensor T with eigenvalues λ_1 ≥ λ_2 ≥ … becomes the control tensor C with the same
/// eigenvectors and
/// ```
/// γ_1 = m(‖T‖),  γ_(i+1) = γ_i μ(λ_(i+1) / λ_i)
/// m(x) = x^β / (x^(α+β) + σ^β)
/// μ(x) = ((1−α)x)^β / (((1−α)x)^β + (α(1−x))^β)
/// ```
/// m separates signal from noise: it rises around x = σ, the steeper the larger β; α > 0 lets strong
/// structures through less (and weak ones more). μ separates one direction from several: it is ½ at
/// x = α, the steeper the larger β (Granlund and Knutsson 1995, chapter 10).
public struct AdaptiveFilterControl: Sendable, Hashable {
  /// σ of m: the norm at which high frequencies begin to pass.
  public var threshold: Double
  /// α of m: 0 for a level top.
  public var resonance: Double
  /// β of m.
  public var slope: Double
  /// α of μ, between 0 (all directions alike) and 1 (the first only): the ratio that is halved.
  public var anisotropy: Double
  /// β of μ.
  public var anisotropySlope: Double

  /// Control functions of the given parameters.
  public init(
    threshold: Double = 2, resonance: Double = 0, slope: Double = 3, anisotropy: Double = 0.7,
    anisotropySlope: Double = 2
  ) {
    self.threshold = threshold
    self.resonance = resonance
    self.slope = slope
    self.anisotropy = anisotropy
    self.anisotropySlope = anisotropySlope
  }

  /// All frequencies pass everywhere in every direction: the image is left as it is.
  public static let open = AdaptiveFilterControl(threshold: 0, slope: 0, anisotropy: 0)

  /// m(x), how much passes at a norm x of the tensor.
  public func strength(_ norm: Double) -> Double {
    guard norm > 0 else { return threshold == 0 && resonance == 0 ? 1 : 0 }
    if threshold == 0 { return Double.pow(norm, -resonance) }
    // Divided by x^β, so that large norms do not overflow.
    return 1 / (Double.pow(norm, resonance) + Double.pow(threshold / norm, slope))
  }

  /// μ(x), how much of what passes along one direction also passes along the next, x the ratio of
  /// eigenvalues.
  public func passage(_ ratio: Double) -> Double {
    let ratio = min(max(ratio, 0), 1)
    let (rest, part) = (
      Double.pow(anisotropy * (1 - ratio), anisotropySlope),
      Double.pow((1 - anisotropy) * ratio, anisotropySlope)
    )
    return part + rest > 0 ? part / (part + rest) : 1
  }

  /// Checks every parameter.
  ///
  /// - Throws: ``FiltersmithError`` that names the one out of range.
  public func validate() throws(FiltersmithError) {
    try FieldCheck.number(threshold, 0...1e6, "the threshold of the control function m")
    try FieldCheck.number(resonance, 0...10, "the resonance of the control function m")
    try FieldCheck.number(slope, 0...100, "the slope of the control function m")
    try FieldCheck.number(anisotropy, 0...1, "the anisotropy of the control function μ")
    try FieldCheck.number(anisotropySlope, 0.01...100, "the slope of the control function μ")
  }
}
