import FilterDesign
import Tensors

/// The quadrature filters of hand-made arms: the same directions at several scales.
///
/// Every pair (even, odd) is scaled so that each of its two kernels has a norm of about one, whatever
/// its scale.
public struct QuadratureSet: Sendable, Hashable, Codable {
  /// Taps along y and x, odd.
  public var support: Int
  /// ρ0 of each scale in rad/sample.
  public var centerFrequencies: [Double]
  /// B, the relative bandwidth.
  public var octaves: Double
  /// The number of directions over the half circle.
  public var directions: Int
  /// The exponent of the angular profile: the larger, the narrower.
  public var angularExponent: Double

  /// Three scales in eight directions, 24 pairs of 11 × 11 taps, by default.
  public init(
    support: Int = 11, centerFrequencies: [Double] = [.pi / 5, .pi / 3, .pi / 1.9],
    octaves: Double = 1.5, directions: Int = 8, angularExponent: Double = 6
  ) {
    self.support = support
    self.centerFrequencies = centerFrequencies
    self.octaves = octaves
    self.directions = directions
    self.angularExponent = angularExponent
  }

  /// Reads a set; what is omitted has its default value.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    support = try values.decodeIfPresent(Int.self, forKey: .support) ?? support
    centerFrequencies =
      try values.decodeIfPresent([Double].self, forKey: .centerFrequencies) ?? centerFrequencies
    octaves = try values.decodeIfPresent(Double.self, forKey: .octaves) ?? octaves
    directions = try values.decodeIfPresent(Int.self, forKey: .directions) ?? directions
    angularExponent =
      try values.decodeIfPresent(Double.self, forKey: .angularExponent) ?? angularExponent
  }

  /// The number of pairs.
  public var pairs: Int { centerFrequencies.count * directions }

  /// The filters, scale by scale, designed by weighted least squares.
  ///
  /// - Throws: ``FiltersmithError`` that names the parameter which is out of range.
  public func bank() throws(FiltersmithError) -> FilterBank {
    var joined: FilterBank?
    for frequency in centerFrequencies {
      let bank = try QuadratureDesign(
        support: [support, support], centerFrequency: frequency, octaves: octaves,
        directions: directions, angularExponent: angularExponent
      ).bank()
      joined =
        try joined.map { first throws(FiltersmithError) in try first.appending(bank) } ?? bank
    }
    guard let joined else {
      throw FiltersmithError(.argument, "a set of quadrature filters needs a centre frequency")
    }
    return joined
  }
}
