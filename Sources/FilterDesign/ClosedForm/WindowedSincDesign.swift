import Foundation
import Tensors

/// Low-, high-, band-pass and band-stop filters: the ideal impulse response times a window.
///
/// In 1D the coefficients of `scipy.signal.firwin(taps, cutoff / π, window=…, pass_zero=…)`. With
/// `scaled`, the response is exactly 1 at frequency 0 (low-pass, band-stop), at π along every axis
/// (high-pass) or in the middle of the band along the last axis (band-pass); otherwise the windowed
/// ideal is left unchanged. High-pass and band filters are differences of low-passes and the impulse,
/// in any rank. The filters that are optimal in the least-squares or minimax sense (SciPy's `firls`
/// and `remez`) are not among these.
public struct WindowedSincDesign: BankFamily {
  /// The passband.
  public enum Passband: String, Sendable, Hashable, Codable, CaseIterable {
    /// Frequencies below the cut-off.
    case lowpass
    /// Frequencies above the cut-off.
    case highpass
    /// Frequencies between two cut-offs.
    case bandpass
    /// Frequencies outside two cut-offs.
    case bandstop
  }

  /// What a cut-off refers to when there are several axes.
  public enum Form: String, Sendable, Hashable, Codable, CaseIterable {
    /// The frequency along each axis separately: a low-pass is a product of sin(c x)/(π x), its
    /// passband a cube.
    case separable
    /// The length of the frequency vector: a low-pass is the ball's transform,
    /// (c/(2π r))^(D/2) J_(D/2)(c r), the same in all directions.
    case radial
  }

  /// The passband.
  public var passband: Passband
  /// The frequency of half amplitude, in rad/sample below π: one number, or two ascending ones for bands.
  public var cutoffs: [Double]
  /// Taps per axis, odd.
  public var support: [Int]
  /// The taper of the infinite impulse response; in N-D the product over axes.
  public var window: Window
  /// What a cut-off refers to in N-D.
  public var form: Form
  /// Whether the response is scaled to exactly 1 in the passband.
  public var scaled: Bool

  /// A filter with the given passband.
  public init(
    _ passband: Passband, cutoffs: [Double], support: [Int], window: Window = .hamming,
    form: Form = .separable, scaled: Bool = true
  ) {
    self.passband = passband
    self.cutoffs = cutoffs
    self.support = support
    self.window = window
    self.form = form
    self.scaled = scaled
  }

  private enum CodingKeys: String, CodingKey {
    case passband = "family"
    case cutoffs, support, window, form, scaled
  }

  /// The name of the family: that of the passband.
  public var family: String { passband.rawValue }

  /// Checks cut-offs, size and window.
  public func validate() throws(FiltersmithError) {
    try ParameterCheck.support(support, odd: true, of: family)
    let isBand = passband == .bandpass || passband == .bandstop
    guard cutoffs.count == (isBand ? 2 : 1) else {
      throw FiltersmithError(
        .argument,
        "\(family) filters have \(isBand ? "two cut-offs" : "one cut-off"); \(cutoffs.count) were given"
      )
    }
    for cutoff in cutoffs { try ParameterCheck.frequency(cutoff, "cut-off", of: family) }
    guard !isBand || cutoffs[0] < cutoffs[1] else {
      throw FiltersmithError(.argument, "cut-offs \(cutoffs) of the \(family) filters must rise")
    }
    try window.validate()
  }

  /// Makes the filter.
  public func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank {
    try validate()
    let identity = KernelConstruction.product(
      support.map { taps in
        (0..<taps).map { $0 == taps / 2 ? 1 : 0 }
      })
    let low = lowpass(cutoffs[0])
    let kernel: Tensor<Double>
    switch passband {
    case .lowpass: kernel = low
    case .highpass: kernel = try identity - low
    case .bandpass: kernel = try lowpass(cutoffs[1]) - low
    case .bandstop: kernel = try (identity - lowpass(cutoffs[1])) + low
    }
    var weights: [[Double]] = []
    for taps in support { weights.append(try window.values(taps)) }
    let windowed = try kernel * KernelConstruction.product(weights)
    return try KernelConstruction.bank(
      [scaled ? scaledToOne(windowed) : windowed], design: .windowedSinc(self), labels: [family])
  }

  /// The ideal low-pass's impulse response.
  private func lowpass(_ cutoff: Double) -> Tensor<Double> {
    switch form {
    case .separable:
      return KernelConstruction.product(
        support.map { taps in
          KernelConstruction.coordinates(taps).map { x in
            x == 0 ? cutoff / .pi : sin(cutoff * x) / (.pi * x)
          }
        })
    case .radial:
      let axes = support.map(KernelConstruction.coordinates)
      return Tensor(shape: Shape(support)) { index in
        let square = zip(axes, index).reduce(0) { $0 + $1.0[$1.1] * $1.0[$1.1] }
        return Self.ball(cutoff, square.squareRoot(), dimensions: support.count)
      }
    }
  }

  /// The inverse Fourier transform of the ball ‖u‖ ≤ c, at distance r.
  private static func ball(_ c: Double, _ r: Double, dimensions: Int) -> Double {
    switch dimensions {
    case 1: r == 0 ? c / .pi : sin(c * r) / (.pi * r)
    case 2: r == 0 ? c * c / (4 * .pi) : c * jn(1, c * r) / (2 * .pi * r)
    case 3:
      r == 0
        ? c * c * c / (6 * .pi * .pi)
        : (sin(c * r) - c * r * cos(c * r)) / (2 * .pi * .pi * r * r * r)
    default:
      r == 0
        ? c * c * c * c / (32 * .pi * .pi)
        : c * c * jn(2, c * r) / (4 * .pi * .pi * r * r)
    }
  }

  /// The kernel divided by its response at the frequency that should pass unchanged.
  private func scaledToOne(_ kernel: Tensor<Double>) throws(FiltersmithError) -> Tensor<Double> {
    var frequency = support.map { _ in 0.0 }
    switch passband {
    case .lowpass, .bandstop: break
    case .highpass: frequency = support.map { _ in .pi }
    case .bandpass: frequency[support.count - 1] = (cutoffs[0] + cutoffs[1]) / 2
    }
    let axes = zip(support, frequency).map { taps, frequency in
      KernelConstruction.coordinates(taps).map { cos(frequency * $0) }
    }
    // The kernel is even along every axis, so only the cosines of the exponential remain.
    let response = try (kernel * KernelConstruction.product(axes)).sum()
    guard response > 1e-3 else {
      throw FiltersmithError(
        .argument,
        "size \(support) of the \(family) filters has too few taps for the cut-off \(cutoffs): nothing passes"
      )
    }
    return kernel / response
  }
}
