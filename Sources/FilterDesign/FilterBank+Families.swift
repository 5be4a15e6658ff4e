import Tensors

extension FilterBank {
  /// Optimised quadrature filters in an isotropic set of directions, with customary weights.
  ///
  /// ```swift
  /// let bank = try FilterBank.quadrature(
  ///   directions: 4, centerFrequency: .pi / 3, octaves: 2, support: [11, 11])
  /// ```
  /// ``QuadratureDesign`` has all parameters.
  ///
  /// - Parameters:
  ///   - directions: Their number; by default 1, 4, 6 and 12 in one to four dimensions.
  ///   - centerFrequency: ρ0, in rad/sample.
  ///   - octaves: B, the full width at half amplitude.
  ///   - support: Taps per axis, odd.
  /// - Throws: ``FiltersmithError`` when a parameter is wrong or the design fails.
  public static func quadrature(
    directions: Int? = nil, centerFrequency: Double, octaves: Double = 2, support: [Int]
  ) throws(FiltersmithError) -> FilterBank {
    try QuadratureDesign(
      support: support, centerFrequency: centerFrequency, octaves: octaves, directions: directions
    ).bank()
  }

  /// Optimised monomial filters of order 0, 1 and 2 with customary weights.
  ///
  /// ``MonomialDesign`` has all parameters.
  ///
  /// - Parameters:
  ///   - centerFrequency: ρ0, in rad/sample.
  ///   - octaves: B, the full width at half amplitude.
  ///   - support: Taps per axis, odd.
  /// - Throws: ``FiltersmithError`` when a parameter is wrong or the design fails.
  public static func monomial(
    centerFrequency: Double, octaves: Double = 2, support: [Int]
  ) throws(FiltersmithError) -> FilterBank {
    try MonomialDesign(support: support, centerFrequency: centerFrequency, octaves: octaves).bank()
  }
}
