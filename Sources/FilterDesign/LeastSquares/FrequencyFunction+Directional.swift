import Numerics

/// Functions of the direction û = u/ρ, and the filters made with them.
///
/// Directions are unit vectors in axis order. All functions of û are 0 at frequency 0.
extension FrequencyFunction {
  /// D(û) = (û·n)^A where u·n > 0, else 0: one half of the spectrum, as quadrature filters need.
  ///
  /// - Parameters:
  ///   - direction: n.
  ///   - exponent: A; 2 makes the responses' sum over an isotropic set independent of direction.
  public static func directional(_ direction: [Double], exponent: Double = 2) -> FrequencyFunction {
    let direction = FrequencyVector.packed(direction)
    if exponent == 2 {
      return FrequencyFunction { u in
        let projection = u.dot(direction)
        guard projection > 0 else { return 0 }
        return projection * projection / (u.radius * u.radius)
      }
    }
    return FrequencyFunction { u in
      let projection = u.dot(direction)
      guard projection > 0 else { return 0 }
      return Double.pow(projection / u.radius, exponent)
    }
  }

  /// The quadrature filter R(ρ) D(û): ``logNormal(centerFrequency:octaves:)`` times
  /// ``directional(_:exponent:)``.
  public static func quadrature(
    direction: [Double], centerFrequency: Double, octaves: Double, exponent: Double = 2
  ) -> FrequencyFunction {
    .logNormal(centerFrequency: centerFrequency, octaves: octaves)
      * .directional(direction, exponent: exponent)
  }

  /// exp(−θ² / 2σ²), θ the angle between u and n in radians: a Gaussian angular profile.
  ///
  /// - Parameters:
  ///   - direction: n.
  ///   - deviation: The standard deviation σ in radians.
  public static func gaussianAngle(
    _ direction: [Double], deviation: Double
  ) -> FrequencyFunction {
    let direction = FrequencyVector.packed(direction)
    return FrequencyFunction { u in
      guard u.radius > 0 else { return 0 }
      let angle = Double.acos(min(max(u.dot(direction) / u.radius, -1), 1))
      return Double.exp(-0.5 * angle * angle / (deviation * deviation))
    }
  }

  /// The log-Gabor function: log-normal in radius, Gaussian in angle.
  ///
  /// D. J. Field, *Relations between the statistics of natural images and the response properties of
  /// cortical cells* (1987).
  ///
  /// - Parameters:
  ///   - direction: The direction of the peak.
  ///   - centerFrequency: The radius of the peak.
  ///   - octaves: The full width at half amplitude.
  ///   - angularDeviation: The standard deviation of the angular profile in radians.
  public static func logGabor(
    direction: [Double], centerFrequency: Double, octaves: Double, angularDeviation: Double
  ) -> FrequencyFunction {
    .logNormal(centerFrequency: centerFrequency, octaves: octaves)
      * .gaussianAngle(direction, deviation: angularDeviation)
  }

  /// The Gabor function exp(−½ Σ σ_d² (u_d − c_d)²): a Gaussian about a frequency.
  ///
  /// - Parameters:
  ///   - center: c, the frequency of the peak in axis order.
  ///   - sigma: The standard deviation of the spatial envelope along each axis, in units of the spacing.
  public static func gabor(center: [Double], sigma: [Double]) -> FrequencyFunction {
    let (center, sigma) = (FrequencyVector.packed(center), FrequencyVector.packed(sigma))
    return FrequencyFunction { u in
      let distance = sigma * (u.components - center)
      return Double.exp(-0.5 * (distance * distance).sum())
    }
  }

  /// The monomial Π û_d^(e_d): 1, û_i, û_i û_j, … ; 0 at frequency 0 unless all exponents are 0.
  ///
  /// - Parameter exponents: One exponent per axis.
  public static func monomial(_ exponents: [Int]) -> FrequencyFunction {
    guard exponents.contains(where: { $0 > 0 }) else { return .constant(1) }
    return FrequencyFunction { u in
      guard u.radius > 0 else { return 0 }
      var product = 1.0
      for (axis, exponent) in exponents.enumerated() {
        let component = u[axis] / u.radius
        for _ in 0..<exponent { product *= component }
      }
      return product
    }
  }

  /// −i û·n: the Riesz transform along a direction; along an axis, one component of it.
  public static func riesz(_ direction: [Double]) -> FrequencyFunction {
    let direction = FrequencyVector.packed(direction)
    return FrequencyFunction(complex: { u in
      u.radius > 0 ? Complex(0, -u.dot(direction) / u.radius) : .zero
    })
  }

  /// Π (i u_d)^(o_d): the derivative of order o_d along each axis, `[0, 1]` for ∂/∂x.
  ///
  /// - Parameter orders: One order per axis.
  public static func derivative(_ orders: [Int]) -> FrequencyFunction {
    let value: @Sendable (FrequencyVector) -> Double = { u in
      var product = 1.0
      for (axis, order) in orders.enumerated() {
        for _ in 0..<order { product *= u[axis] }
      }
      return product
    }
    // i^order turns: even orders are real.
    return switch orders.reduce(0, +) % 4 {
    case 0: FrequencyFunction(value)
    case 1: FrequencyFunction(complex: { Complex(0, value($0)) })
    case 2: FrequencyFunction { -value($0) }
    default: FrequencyFunction(complex: { Complex(0, -value($0)) })
    }
  }
}
