import Foundation
import Numerics
import Tensors

/// Log-Gabor filters: Gaussian in the logarithm of the frequency and in the angle to the direction.
///
/// F(u) = exp(−4 ln²(ρ/ρ0) / (B² ln 2)) · exp(−θ² / (2σθ²)), θ the angle between u and the direction;
/// F(0) = 0. The usual κ/ω0 is exp(−B √(ln 2 / 8)). The filters are complex, their even and odd parts
/// in quadrature. They are sampled in the frequency domain, transformed back, cut off at the
/// support and windowed; the sum of the taps is exactly 0. D. J. Field, *Relations between the
/// statistics of natural images and the response properties of cortical cells*, JOSA A 4 (1987).
public struct LogGaborDesign: BankFamily {
  /// One unit vector per filter, in the array's axis order.
  public var directions: [[Double]]
  /// ρ0, where the response is 1, in rad/sample.
  public var centerFrequency: Double
  /// B, the full width at half amplitude.
  public var octaves: Double
  /// σθ, in radians.
  public var angularDeviation: Double
  /// Taps per axis, odd.
  public var support: [Int]
  /// The taper towards the edge of the support.
  public var window: Window
  /// The distance between samples along each axis; frequencies are then per unit of it.
  ///
  /// 1 unless given.
  public var spacing: [Double]?

  /// Log-Gabor filters of one scale.
  public init(
    directions: [[Double]], centerFrequency: Double, octaves: Double,
    angularDeviation: Double = .pi / 6, support: [Int], window: Window = .rectangular,
    spacing: [Double]? = nil
  ) {
    self.directions = directions
    self.centerFrequency = centerFrequency
    self.octaves = octaves
    self.angularDeviation = angularDeviation
    self.support = support
    self.window = window
    self.spacing = spacing
  }

  /// The name of the family.
  public var family: String { "loggabor" }

  /// Checks directions, frequency, widths, size and window.
  public func validate() throws(FiltersmithError) {
    try ParameterCheck.directions(directions, of: family)
    try ParameterCheck.frequency(
      centerFrequency, "center frequency", of: family, includingNyquist: true)
    try ParameterCheck.positive(octaves, "bandwidth", of: family)
    try ParameterCheck.positive(angularDeviation, "angular deviation", of: family)
    try ParameterCheck.support(support, odd: true, filters: directions.count, of: family)
    guard support.count == directions[0].count else {
      throw FiltersmithError(
        .argument,
        "size \(support) of the loggabor filters needs one number for each of \(directions[0].count) axes"
      )
    }
    try window.validate()
    if let spacing { try ParameterCheck.spacing(spacing, axes: support.count, of: family) }
  }

  /// Makes one complex filter for each direction.
  public func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank {
    try validate()
    let lattice = try SampledSpectrum(
      support: support, window: window, spacing: spacing, of: family)
    let band = LogNormalBand(centerFrequency: centerFrequency, octaves: octaves)
    let deviation = angularDeviation
    var kernels: [Tensor<Complex<Double>>] = []
    for direction in directions {
      let kernel = try lattice.kernel { frequency in
        var (along, square) = (0.0, 0.0)
        for (u, n) in zip(frequency, direction) {
          along += u * n
          square += u * u
        }
        guard square > 0 else { return 0 }
        let radius = square.squareRoot()
        let angle = atan2(max(square - along * along, 0).squareRoot(), along)
        return Complex(band(radius) * exp(-0.5 * (angle / deviation) * (angle / deviation)))
      }
      kernels.append(kernel)
      progress?(Double(kernels.count) / Double(directions.count))
    }
    return try FilterBank(
      kernels: .complex(.stacked(kernels)), directions: directions, design: .logGabor(self))
  }
}
