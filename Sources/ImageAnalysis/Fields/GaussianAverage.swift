import Convolutions
import Numerics
import Tensors

/// Smoothing by a Gaussian, as used throughout the module: by the sampled Gaussian while that is
/// fast, recursively beyond.
struct GaussianAverage {
  /// The standard deviation along each axis of space, in samples; 0 leaves an axis as it is.
  let sigma: [Double]
  /// How fields continue.
  let border: Border

  /// Above this width along any axis the recursive filter takes over.
  private static let widestSampled = 4.0
  /// A sampled Gaussian of more taps than this takes longer to prepare than to apply recursively.
  private static let mostTaps = 20_000

  /// - Throws: ``FiltersmithError`` for a sigma that is negative or not finite, or a border that
  ///   changes the size.
  init(sigma: [Double], border: Border = .mirror) throws(FiltersmithError) {
    guard (1...4).contains(sigma.count), sigma.allSatisfy({ $0 >= 0 && $0 <= 10_000 }) else {
      throw FiltersmithError(
        .argument,
        "sigma \(sigma): one number from 0 to 10,000 for each of 1 to 4 axes was expected")
    }
    guard border != .valid, border != .full else {
      throw FiltersmithError(
        .argument, "border \(border) changes the size of a field; smoothing keeps it")
    }
    self.sigma = sigma
    self.border = border
  }

  /// The fields smoothed along their last axes, `[…, space…]`.
  func callAsFunction(_ field: Tensor<Float>) throws(FiltersmithError) -> Tensor<Float> {
    guard sigma.contains(where: { $0 > 0 }), field.count > 0 else { return field }
    let radii = sigma.map { Int(4 * $0 + 0.5) }
    let taps = radii.reduce(1) { $0 * (2 * $1 + 1) }
    let isNarrow = sigma.allSatisfy { $0 <= Self.widestSampled }
    let allowsRecursion = sigma.allSatisfy { $0 == 0 || $0 >= 0.5 }
    if allowsRecursion, !isNarrow || taps > Self.mostTaps {
      return try RecursiveGaussian(sigma: sigma, border: border).smooth(field)
    }
    let factors = zip(sigma, radii).map(Self.factor)
    if taps <= Self.mostTaps { return try convolved(field, factors) }
    var result = field
    for axis in sigma.indices where sigma[axis] > 0 {
      result = try convolved(result, factors.indices.map { $0 == axis ? factors[axis] : [1] })
    }
    return result
  }

  private func convolved(
    _ field: Tensor<Float>, _ factors: [[Double]]
  ) throws(FiltersmithError) -> Tensor<Float> {
    try field.filtered(by: Tensor(outerProductOf: factors), border: border)
      .reshaped(to: field.shape)
  }

  /// exp(−½ (x/σ)²) for |x| ≤ radius, its sum scaled to 1.
  private static func factor(_ sigma: Double, _ radius: Int) -> [Double] {
    guard radius > 0 else { return [1] }
    let samples = (-radius...radius).map { Double.exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
    let sum = samples.reduce(0, +)
    return samples.map { $0 / sum }
  }
}
