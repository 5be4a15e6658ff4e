import Foundation
import Numerics
import Tensors

/// Gabor filters: a complex wave under a Gaussian, in any number of dimensions.
///
/// f(x) = c · exp(−½ (x∥²/σ∥² + x⊥²/σ⊥²)) · (exp(i ω x∥) − K), where x∥ = x·n is the coordinate along
/// the direction and x⊥ the distance from its line. The frequency response is a Gaussian about ω n:
/// what moves along the direction turns the response's phase forward. All directions share one
/// support, so the size does not depend on the orientation.
public struct GaborDesign: BankFamily {
  /// The normalisation: the constant c.
  public enum Normalization: String, Sendable, Hashable, Codable, CaseIterable {
    /// The response is exactly 1 at the centre frequency, F(ω n) = 1.
    case peak
    /// c = 1 / ((2π)^(D/2) σ∥ σ⊥^(D−1)): the continuous envelope has integral 1. With an explicit
    /// support and no removal of DC the coefficients of `skimage.filters.gabor_kernel`.
    case envelope
  }

  /// One unit vector per filter, in the array's axis order.
  public var directions: [[Double]]
  /// ω, in rad/sample.
  public var centerFrequency: Double
  /// The standard deviation of the envelope along the direction, in samples.
  public var sigmaAlong: Double
  /// The standard deviation of the envelope across the direction, in samples.
  public var sigmaAcross: Double
  /// Taps per axis, odd; when `nil` the radius is ⌈truncation · max(σ∥, σ⊥)⌉ along every axis.
  public var support: [Int]?
  /// The cut-off in standard deviations, when the support is not given.
  public var truncation: Double
  /// Whether K makes the sum of the taps 0, so that a constant gives no response.
  public var removesDC: Bool
  /// The normalisation: the constant c.
  public var normalization: Normalization

  /// Gabor filters with the given envelope.
  public init(
    directions: [[Double]], centerFrequency: Double, sigmaAlong: Double, sigmaAcross: Double,
    support: [Int]? = nil, truncation: Double = 3, removesDC: Bool = true,
    normalization: Normalization = .peak
  ) {
    self.directions = directions
    self.centerFrequency = centerFrequency
    self.sigmaAlong = sigmaAlong
    self.sigmaAcross = sigmaAcross
    self.support = support
    self.truncation = truncation
    self.removesDC = removesDC
    self.normalization = normalization
  }

  /// Gabor filters with a round envelope whose bandwidth is given in octaves.
  ///
  /// The amplitude of the response falls to one half at two frequencies that many octaves apart:
  /// σ = √(2 ln 2) (2^B + 1) / (ω (2^B − 1)).
  ///
  /// - Parameter aspect: σ⊥ / σ∥.
  public init(
    directions: [[Double]], centerFrequency: Double, octaves: Double, aspect: Double = 1,
    support: [Int]? = nil, truncation: Double = 3, removesDC: Bool = true,
    normalization: Normalization = .peak
  ) {
    let ratio = exp2(octaves)
    let sigma = (2 * log(2.0)).squareRoot() * (ratio + 1) / (ratio - 1) / centerFrequency
    self.init(
      directions: directions, centerFrequency: centerFrequency, sigmaAlong: sigma,
      sigmaAcross: sigma * aspect, support: support, truncation: truncation, removesDC: removesDC,
      normalization: normalization)
  }

  /// The name of the family.
  public var family: String { "gabor" }

  /// Checks directions, frequency, widths and size.
  public func validate() throws(FiltersmithError) {
    try ParameterCheck.directions(directions, of: family)
    try ParameterCheck.frequency(centerFrequency, "center frequency", of: family)
    try ParameterCheck.positive(sigmaAlong, "sigma along the direction", of: family)
    try ParameterCheck.positive(sigmaAcross, "sigma across the direction", of: family)
    try ParameterCheck.positive(truncation, "truncation", of: family)
    if let support, support.count != directions[0].count {
      throw FiltersmithError(
        .argument,
        "size \(support) of the gabor filters needs one number for each of \(directions[0].count) axes"
      )
    }
    guard truncation * max(sigmaAlong, sigmaAcross) < Double(ParameterCheck.largestSupport) else {
      throw FiltersmithError(
        .limit, "sigma \(max(sigmaAlong, sigmaAcross)) of the gabor filters is too large")
    }
    try ParameterCheck.support(taps, odd: true, filters: directions.count, of: family)
  }

  /// Taps per axis, given or from the widths.
  private var taps: [Int] {
    let radius = Int((truncation * max(sigmaAlong, sigmaAcross)).rounded(.up))
    return support ?? directions[0].map { _ in 2 * radius + 1 }
  }

  /// Makes one complex filter for each direction.
  public func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank {
    try validate()
    let kernels = directions.map(kernel)
    return try FilterBank(
      kernels: .complex(.stacked(kernels)), directions: directions, design: .gabor(self))
  }

  private func kernel(_ direction: [Double]) -> Tensor<Complex<Double>> {
    let axes = taps.map(KernelConstruction.coordinates)
    let shape = Shape(taps)
    var envelope: [Double] = []
    var wave: [Complex<Double>] = []
    shape.forEachIndex { index in
      var (along, square) = (0.0, 0.0)
      for (axis, position) in index.enumerated() {
        let x = axes[axis][position]
        along += x * direction[axis]
        square += x * x
      }
      let across = max(square - along * along, 0)
      envelope.append(
        exp(
          -0.5 * (along * along / (sigmaAlong * sigmaAlong) + across / (sigmaAcross * sigmaAcross)))
      )
      wave.append(Complex(length: 1, phase: centerFrequency * along))
    }
    // Envelope and support are symmetric: the sums of the odd parts vanish.
    var (weight, passing, power) = (0.0, 0.0, 0.0)
    for (amount, wave) in zip(envelope, wave) {
      weight += amount
      passing += amount * wave.real
      power += amount * wave.lengthSquared
    }
    let removed = removesDC ? passing / weight : 0
    let scale: Double
    switch normalization {
    case .peak: scale = 1 / (power - removed * passing)
    case .envelope:
      let dimensions = Double(shape.rank)
      scale =
        1 / (pow(2 * .pi, dimensions / 2) * sigmaAlong * pow(sigmaAcross, dimensions - 1))
    }
    return Tensor(uninitialized: shape) { buffer in
      for (position, amount) in envelope.enumerated() {
        let tap = Complex(wave[position].real - removed, wave[position].imaginary)
        buffer.initializeElement(
          at: position, to: Complex(scale * amount * tap.real, scale * amount * tap.imaginary))
      }
    }
  }
}
