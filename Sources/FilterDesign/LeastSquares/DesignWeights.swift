import Numerics
import Tensors

/// The weight of each frequency in a least-squares design: the amplitude F_w(u).
public enum FrequencyWeight: Sendable {
  /// The expected spectrum of signals in noise: S(u) = ρ^a Π_d cos^b(u_d/2), S(0) = 0.
  ///
  /// A floor ν = 10^(−SNR/20) √(mean of S²) is added, the sum scaled so that Σ F_w² = 1 over all
  /// frequencies but 0, and F_w(0) set to `dcWeight`. ρ is in radians per unit of the sample
  /// spacing, u_d in rad/sample. Customary: a = −1, b = 1, 30 dB, 1000.
  ///
  /// H. Knutsson, M. Andersson, J. Wiklund, *Advanced Filter Design* (SCIA 1999).
  case spectrum(
    exponent: Double = -1, cosineExponent: Double = 1, signalToNoise: Double = 30,
    dcWeight: Double = 1000)
  /// A real function of frequency, used unchanged; non-negative everywhere.
  case function(FrequencyFunction)
  /// One number per frequency of the centred design grid, used unchanged; none negative.
  case samples(Tensor<Double>)

  /// The customary expected spectrum.
  public static var customary: FrequencyWeight { .spectrum() }
}

/// The weight of each tap's distance from the ideal impulse: the amplitude f_w(x).
public enum SpatialWeight: Sendable {
  /// f_w = A w0 with w0(x) = r^p / Π_d (1 − (2x_d/(n_d+1))²), scaled so that Σ w0² = 1.
  ///
  /// Keeps filters local. r is the distance in units of the sample spacing. Customary: p = 2, A = 30.
  case locality(exponent: Double = 2, amplitude: Double = 30)
  /// One number per tap, used unchanged; none negative.
  case samples(Tensor<Double>)
  /// None: a fit to the frequency response alone.
  case none

  /// The customary preference for local filters.
  public static var customary: SpatialWeight { .locality() }
}

/// The ideal of a kernel's transform.
public enum IdealResponse: Sendable {
  /// A function of frequency.
  case function(FrequencyFunction)
  /// Real values on the centred design grid.
  case real(Tensor<Double>)
  /// Complex values on the centred design grid.
  case complex(Tensor<Complex<Double>>)

  /// Whether the values are real.
  ///
  /// With weights that are even about the centre the kernel's real part is then even and its
  /// imaginary part odd.
  public var isReal: Bool {
    switch self {
    case .function(let function): function.isReal
    case .real: true
    case .complex: false
    }
  }
}
