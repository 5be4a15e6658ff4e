import Foundation
import Tensors

/// A window: weights that taper a finite piece of an infinite kernel.
///
/// The values are those of `scipy.signal.get_window(…, fftbins=False)`: symmetric about the centre.
/// Written as text, on the command line and in descriptions, as `hann` or `kaiser:8.6`.
public enum Window: Sendable, Hashable {
  /// All ones.
  case rectangular
  /// Falls linearly to 0 at both ends.
  case bartlett
  /// ½ + ½ cos, 0 at both ends.
  case hann
  /// 0.54 + 0.46 cos: the first side lobe cancelled.
  case hamming
  /// Three cosines, side lobes of −58 dB.
  case blackman
  /// Four cosines, side lobes of −92 dB.
  case blackmanHarris
  /// Four cosines, side lobes of −98 dB.
  case nuttall
  /// Five cosines, for measuring amplitudes; slightly negative near its ends.
  case flattop
  /// I₀(β √(1 − t²)) / I₀(β): the larger β ≥ 0, the lower and wider.
  case kaiser(beta: Double)
  /// Flat in the middle, with cosine tapers over the fraction α of the length, 0 … 1.
  case tukey(fraction: Double)
  /// exp(−½ (x/σ)²), σ in samples.
  case gaussian(sigma: Double)
  /// Dolph and Chebyshev's: all side lobes the same number of dB below the main one.
  case chebyshev(attenuation: Double)

  /// The weights of a number of taps; a single tap weighs 1.
  ///
  /// - Throws: ``FiltersmithError`` when the window's parameter or the number is out of range.
  public func values(_ taps: Int) throws(FiltersmithError) -> [Double] {
    try validate()
    guard taps >= 1, taps <= ParameterCheck.largestSupport else {
      throw FiltersmithError(
        .argument, "a window has at least 1 tap; given \(taps)")
    }
    guard taps > 1 else { return [1] }
    let last = Double(taps - 1)
    switch self {
    case .rectangular: return Array(repeating: 1, count: taps)
    case .bartlett: return (0..<taps).map { 1 - abs(2 * Double($0) / last - 1) }
    case .hann: return Self.cosines([0.5, 0.5], taps)
    case .hamming: return Self.cosines([0.54, 0.46], taps)
    case .blackman: return Self.cosines([0.42, 0.5, 0.08], taps)
    case .blackmanHarris: return Self.cosines([0.35875, 0.48829, 0.14128, 0.01168], taps)
    case .nuttall: return Self.cosines([0.3635819, 0.4891775, 0.1365995, 0.0106411], taps)
    case .flattop:
      return Self.cosines(
        [0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368], taps)
    case .kaiser(let beta):
      let whole = Self.besselI0(beta)
      return (0..<taps).map { index in
        let t = 2 * Double(index) / last - 1
        return Self.besselI0(beta * max(1 - t * t, 0).squareRoot()) / whole
      }
    case .tukey(let fraction):
      guard fraction > 0 else { return Array(repeating: 1, count: taps) }
      return (0..<taps).map { index in
        // The position within the taper of fraction · last / 2 samples, from the nearer end
        let inward = min(Double(index), last - Double(index)) * 2 / (fraction * last)
        return inward < 1 ? 0.5 * (1 - cos(.pi * inward)) : 1
      }
    case .gaussian(let sigma):
      return (0..<taps).map { index in
        let x = (Double(index) - last / 2) / sigma
        return exp(-0.5 * x * x)
      }
    case .chebyshev(let attenuation): return Self.chebyshev(attenuation, taps)
    }
  }

  /// Checks the window's parameter.
  func validate() throws(FiltersmithError) {
    let (parameter, allowed, expected): (Double, ClosedRange<Double>, String)
    switch self {
    case .kaiser(let beta): (parameter, allowed, expected) = (beta, 0...500, "0 to 500")
    case .tukey(let fraction): (parameter, allowed, expected) = (fraction, 0...1, "0 to 1")
    case .gaussian(let sigma):
      (parameter, allowed, expected) = (sigma, 1e-6...1e12, "a positive number")
    case .chebyshev(let attenuation):
      (parameter, allowed, expected) = (attenuation, 1...300, "1 to 300 dB")
    default: return
    }
    guard allowed.contains(parameter) else {
      throw FiltersmithError(
        .argument, "the parameter of window \(self) is out of range; \(expected) was expected")
    }
  }

  /// Σ_k a_k cos(k t), t from −π to π.
  private static func cosines(_ amounts: [Double], _ taps: Int) -> [Double] {
    (0..<taps).map { index in
      let t = -Double.pi + 2 * .pi * Double(index) / Double(taps - 1)
      return amounts.enumerated().reduce(0) { $0 + $1.element * cos(Double($1.offset) * t) }
    }
  }

  /// The modified Bessel function of order 0, by its power series Σ ((x/2)^k / k!)².
  private static func besselI0(_ x: Double) -> Double {
    let quarter = x * x / 4
    var (sum, term, k) = (1.0, 1.0, 0.0)
    repeat {
      k += 1
      term *= quarter / (k * k)
      sum += term
    } while term > sum * 1e-17
    return sum
  }

  /// The inverse Fourier transform of the Chebyshev polynomial, sampled in frequency.
  private static func chebyshev(_ attenuation: Double, _ taps: Int) -> [Double] {
    let order = Double(taps - 1)
    let beta = cosh(acosh(pow(10, attenuation / 20)) / order)
    let spectrum = (0..<taps).map { index in
      let x = beta * cos(.pi * Double(index) / Double(taps))
      if x > 1 { return cosh(order * acosh(x)) }
      if x < -1 { return (taps % 2 == 1 ? 1 : -1) * cosh(order * acosh(-x)) }
      return cos(order * acos(x))
    }
    let weights = (0..<taps).map { index in
      // Positions relative to the middle; half samples where the number of taps is even.
      let position = 2 * Double(index) - order
      return spectrum.enumerated().reduce(0.0) { sum, bin in
        sum + bin.element * cos(.pi * Double(bin.offset) * position / Double(taps))
      }
    }
    let largest = weights.max() ?? 1
    return weights.map { $0 / largest }
  }
}

// MARK: - Text

extension Window: CustomStringConvertible {
  /// The window as text, `hann` or `kaiser:8.6`.
  public var description: String {
    switch self {
    case .rectangular: "rectangular"
    case .bartlett: "bartlett"
    case .hann: "hann"
    case .hamming: "hamming"
    case .blackman: "blackman"
    case .blackmanHarris: "blackmanharris"
    case .nuttall: "nuttall"
    case .flattop: "flattop"
    case .kaiser(let beta): "kaiser:\(beta)"
    case .tukey(let fraction): "tukey:\(fraction)"
    case .gaussian(let sigma): "gaussian:\(sigma)"
    case .chebyshev(let attenuation): "chebyshev:\(attenuation)"
    }
  }

  /// The window written as text; SciPy's names `boxcar` and `chebwin` are understood as well.
  ///
  /// - Throws: ``FiltersmithError`` for an unknown name, or a parameter that is missing, superfluous
  ///   or out of range.
  public init(parsing text: String) throws(FiltersmithError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let plain: [String: Window] = [
      "rectangular": .rectangular, "boxcar": .rectangular, "bartlett": .bartlett, "hann": .hann,
      "hamming": .hamming, "blackman": .blackman, "blackmanharris": .blackmanHarris,
      "nuttall": .nuttall, "flattop": .flattop,
    ]
    if let window = plain[name] {
      guard parts.count == 1 else {
        throw FiltersmithError(.argument, "window '\(text)': \(name) takes no parameter")
      }
      self = window
      return
    }
    guard ["kaiser", "tukey", "gaussian", "chebyshev", "chebwin"].contains(name) else {
      throw FiltersmithError(
        .argument,
        "there is no window '\(text)'; choose rectangular, bartlett, hann, hamming, blackman, blackmanharris, nuttall, flattop, kaiser:BETA, tukey:FRACTION, gaussian:SIGMA or chebyshev:DECIBELS"
      )
    }
    guard parts.count == 2, let parameter = Double(parts[1]), parameter.isFinite else {
      throw FiltersmithError(
        .argument,
        "window '\(text)': \(name) takes a number, as in \(name):\(name == "tukey" ? "0.25" : "50")"
      )
    }
    switch name {
    case "kaiser": self = .kaiser(beta: parameter)
    case "tukey": self = .tukey(fraction: parameter)
    case "gaussian": self = .gaussian(sigma: parameter)
    default: self = .chebyshev(attenuation: parameter)
    }
    try validate()
  }
}

extension Window: Codable {
  /// Reads the window as text.
  public init(from decoder: any Decoder) throws {
    try self.init(parsing: try decoder.singleValueContainer().decode(String.self))
  }

  /// Writes the window as text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
