import Foundation
import Numerics
import Tensors

/// Riesz transforms of a band-pass: the N-D companions of the Hilbert transform.
///
/// F(u) = R(ρ) Π_d (−i u_d/ρ)^order_d with the band-pass R(ρ) = exp(−4 ln²(ρ/ρ0) / (B² ln 2)). Order 0
/// is the band-pass itself, order 1 the odd filters that with it make the monogenic signal (M.
/// Felsberg and G. Sommer, *The Monogenic Signal*, IEEE Transactions on Signal Processing 49, 2001);
/// in 1D it is −i sign(u), the Hilbert transform. The kernels are real, even or odd with the order, and a
/// rising edge gives a *negative* response to order 1: it is −i u where a derivative is +i u.
public struct RieszDesign: BankFamily {
  /// One filter each: the order of the transform along every axis.
  public var orders: [[Int]]
  /// ρ0, where the band-pass is 1, in rad/sample.
  public var centerFrequency: Double
  /// B, the full width at half amplitude.
  public var octaves: Double
  /// Taps per axis, odd.
  public var support: [Int]
  /// The taper towards the edge of the support.
  public var window: Window
  /// The distance between samples along each axis; frequencies are then per unit of it.
  ///
  /// 1 unless given.
  public var spacing: [Double]?

  /// Transforms of the given orders.
  public init(
    orders: [[Int]], centerFrequency: Double, octaves: Double, support: [Int],
    window: Window = .rectangular,
    spacing: [Double]? = nil
  ) {
    self.orders = orders
    self.centerFrequency = centerFrequency
    self.octaves = octaves
    self.support = support
    self.window = window
    self.spacing = spacing
  }

  /// All transforms up to a total order: of order 1 the band-pass and one filter per axis.
  public init(
    upToOrder order: Int, centerFrequency: Double, octaves: Double, support: [Int],
    window: Window = .rectangular,
    spacing: [Double]? = nil
  ) {
    let orders = (0...max(order, 0)).flatMap {
      GaussianDerivativeDesign.orders(total: $0, dimensions: support.count)
    }
    self.init(
      orders: order < 0 ? [] : orders, centerFrequency: centerFrequency, octaves: octaves,
      support: support, window: window, spacing: spacing)
  }

  /// The name of the family.
  public var family: String { "riesz" }

  /// Checks orders, frequency, bandwidth, size and window.
  public func validate() throws(FiltersmithError) {
    try ParameterCheck.support(support, odd: true, filters: max(orders.count, 1), of: family)
    try ParameterCheck.orders(orders, dimensions: support.count, atMost: 12, of: family)
    try ParameterCheck.frequency(
      centerFrequency, "center frequency", of: family, includingNyquist: true)
    try ParameterCheck.positive(octaves, "bandwidth", of: family)
    try window.validate()
    if let spacing { try ParameterCheck.spacing(spacing, axes: support.count, of: family) }
  }

  /// Makes one real filter for each of the orders.
  public func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank {
    try validate()
    let lattice = try SampledSpectrum(
      support: support, window: window, spacing: spacing, of: family)
    let band = LogNormalBand(centerFrequency: centerFrequency, octaves: octaves)
    let powersOfMinusI: [Complex<Double>] = [1, Complex(0, -1), -1, Complex(0, 1)]
    var kernels: [Tensor<Double>] = []
    for order in orders {
      let phase = powersOfMinusI[order.reduce(0, +) % 4]
      let kernel = try lattice.kernel { frequency in
        let radius = frequency.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard radius > 0 else { return 0 }
        var amount = band(radius)
        for (u, order) in zip(frequency, order) {
          for _ in 0..<order { amount *= u / radius }
        }
        return Complex(phase.real * amount, phase.imaginary * amount)
      }
      kernels.append(kernel.realPart())
      progress?(Double(kernels.count) / Double(orders.count))
    }
    return try KernelConstruction.bank(
      kernels, directions: KernelConstruction.directions(ofOrders: orders), design: .riesz(self),
      labels: orders.map {
        $0.allSatisfy { $0 == 0 } ? "band" : FilterLabels.name(ofDerivative: $0)
      }
    )
  }
}
