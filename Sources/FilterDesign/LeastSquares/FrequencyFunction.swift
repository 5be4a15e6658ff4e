import Numerics
import Tensors

/// A function of frequency, real or complex, built from named functions and arithmetic.
///
/// ```swift
/// let quadrature = FrequencyFunction.logNormal(centerFrequency: .pi / 3, octaves: 2)
///   * .directional([0, 1], exponent: 2)
/// let own = FrequencyFunction { u in u.radius < 1 ? u[0] * u[0] : 0 }
/// ```
/// Sums and products of real functions stay real, which halves the work of a design.
public struct FrequencyFunction: Sendable {
  enum Body: Sendable {
    case real(@Sendable (FrequencyVector) -> Double)
    case complex(@Sendable (FrequencyVector) -> Complex<Double>)
  }

  let body: Body

  /// A real function of the frequency.
  public init(_ value: @escaping @Sendable (FrequencyVector) -> Double) { body = .real(value) }

  /// A complex function of the frequency.
  public init(complex value: @escaping @Sendable (FrequencyVector) -> Complex<Double>) {
    body = .complex(value)
  }

  /// Whether the function is real by construction.
  public var isReal: Bool {
    switch body {
    case .real: true
    case .complex: false
    }
  }

  /// The value at one frequency.
  public func callAsFunction(_ frequency: FrequencyVector) -> Complex<Double> {
    switch body {
    case .real(let value): Complex(value(frequency), 0)
    case .complex(let value): value(frequency)
    }
  }

  /// The same number at every frequency: the ideal of an impulse at the centre.
  public static func constant(_ value: Double) -> FrequencyFunction {
    FrequencyFunction { _ in value }
  }
}

extension FrequencyFunction {
  /// The sum of two functions.
  public static func + (left: FrequencyFunction, right: FrequencyFunction) -> FrequencyFunction {
    combined(left, right, { $0 + $1 }, { $0 + $1 })
  }

  /// The difference of two functions.
  public static func - (left: FrequencyFunction, right: FrequencyFunction) -> FrequencyFunction {
    combined(left, right, { $0 - $1 }, { $0 - $1 })
  }

  /// The product of two functions: radial times directional, band-pass times derivative.
  public static func * (left: FrequencyFunction, right: FrequencyFunction) -> FrequencyFunction {
    combined(left, right, { $0 * $1 }, { $0 * $1 })
  }

  /// A function times a number.
  public static func * (left: FrequencyFunction, right: Double) -> FrequencyFunction {
    left * .constant(right)
  }

  private static func combined(
    _ left: FrequencyFunction, _ right: FrequencyFunction,
    _ real: @escaping @Sendable (Double, Double) -> Double,
    _ complex: @escaping @Sendable (Complex<Double>, Complex<Double>) -> Complex<Double>
  ) -> FrequencyFunction {
    if case .real(let first) = left.body, case .real(let second) = right.body {
      return FrequencyFunction { real(first($0), second($0)) }
    }
    return FrequencyFunction(complex: { complex(left($0), right($0)) })
  }
}
