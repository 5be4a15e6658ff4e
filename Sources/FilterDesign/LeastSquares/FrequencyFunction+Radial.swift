import Numerics

/// Functions of the radius ρ = ‖u‖ alone.
extension FrequencyFunction {
  /// R(ρ) = exp(−(4 / (B² ln 2)) ln²(ρ/ρ0)), R(0) = 0: symmetric on a logarithmic scale.
  ///
  /// G. H. Granlund and H. Knutsson, *Signal Processing for Computer Vision* (1995).
  ///
  /// - Parameters:
  ///   - centerFrequency: ρ0, where the function is 1.
  ///   - octaves: B, the full width at half amplitude.
  public static func logNormal(centerFrequency: Double, octaves: Double) -> FrequencyFunction {
    let band = LogNormalBand(centerFrequency: centerFrequency, octaves: octaves)
    return FrequencyFunction { band($0.radius) }
  }

  /// R(ρ) = ½(erf(1.4 ln(ρ/ρ_low)) − erf(1.4 ln(ρ/ρ_high))), R(0) = 0: a band with a flat top.
  ///
  /// Adjacent bands add up to the band between the outermost limits. The amplitude at
  /// the limits is ½ when they are well apart.
  ///
  /// - Parameters:
  ///   - low: ρ_low.
  ///   - high: ρ_high.
  public static func logErf(low: Double, high: Double) -> FrequencyFunction {
    FrequencyFunction { u in
      guard u.radius > 0 else { return 0 }
      return 0.5
        * (Double.erf(1.4 * Double.log(u.radius / low))
          - Double.erf(1.4 * Double.log(u.radius / high)))
    }
  }

  /// 1 below the cut-off and 0 above, with a raised-cosine transition centred on the cut-off.
  ///
  /// - Parameters:
  ///   - cutoff: The frequency of amplitude ½.
  ///   - transition: The width of the transition; 0 for a step.
  public static func lowPass(cutoff: Double, transition: Double = 0) -> FrequencyFunction {
    FrequencyFunction { u in lowPassValue(u.radius, cutoff: cutoff, transition: transition) }
  }

  /// 1 − ``lowPass(cutoff:transition:)``.
  public static func highPass(cutoff: Double, transition: Double = 0) -> FrequencyFunction {
    FrequencyFunction { u in 1 - lowPassValue(u.radius, cutoff: cutoff, transition: transition) }
  }

  /// 1 between two frequencies: the difference of two low-pass functions.
  public static func bandPass(
    low: Double, high: Double, transition: Double = 0
  ) -> FrequencyFunction {
    FrequencyFunction { u in
      lowPassValue(u.radius, cutoff: high, transition: transition)
        - lowPassValue(u.radius, cutoff: low, transition: transition)
    }
  }

  /// exp(−½ σ² ρ²): the transform of a Gaussian of standard deviation σ, in units of the spacing.
  public static func gaussian(sigma: Double) -> FrequencyFunction {
    FrequencyFunction { u in Double.exp(-0.5 * sigma * sigma * u.radius * u.radius) }
  }

  /// ρ^a; 0 at frequency 0 unless a = 0.
  public static func power(_ exponent: Double) -> FrequencyFunction {
    FrequencyFunction { u in
      guard exponent != 0 else { return 1 }
      return u.radius > 0 ? Double.pow(u.radius, exponent) : 0
    }
  }

  private static func lowPassValue(
    _ radius: Double, cutoff: Double, transition: Double
  ) -> Double {
    let distance = radius - cutoff
    guard abs(distance) < transition / 2 else { return distance <= 0 ? 1 : 0 }
    return 0.5 - 0.5 * Double.sin(.pi * distance / transition)
  }
}
