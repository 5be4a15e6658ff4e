import Numerics
import Tensors

/// A bank of quadrature filters: one half of the spectrum each, optimised by least squares.
///
/// F_i(u) = R(ρ) (û·n)^A where u·n > 0, else 0. The real part of each kernel is even and responds to
/// lines, the imaginary part is odd and responds to edges; the magnitude of the response does not
/// depend on which of the two it meets.
///
/// G. H. Granlund and H. Knutsson, *Signal Processing for Computer Vision* (1995); H. Knutsson,
/// M. Andersson, J. Wiklund, *Advanced Filter Design* (SCIA 1999).
public struct QuadratureDesign: BankFamily {
  /// The shape of the pass-band along the radius.
  public enum RadialProfile: String, Sendable, Hashable, Codable, CaseIterable {
    /// exp(−(4 / (B² ln 2)) ln²(ρ/ρ0)).
    case logNormal
    /// ½(erf(1.4 ln(ρ/ρ_low)) − erf(1.4 ln(ρ/ρ_high))), ρ_low and ρ_high = ρ0 2^(∓B/2).
    case logErf
  }

  /// Taps per axis, odd.
  public var support: [Int]
  /// ρ0, in rad/sample (in radians per unit of ``LeastSquaresParameters/spacing``).
  public var centerFrequency: Double
  /// B, the relative bandwidth: the full width at half amplitude.
  public var octaves: Double
  /// One vector per filter in axis order; scaled to unit length when the filters are made.
  public var directions: [[Double]]
  /// A, the exponent of the angular profile.
  public var angularExponent: Double
  /// The shape of the pass-band along the radius.
  public var radialProfile: RadialProfile
  /// Weights, grid and spacing.
  public var parameters: LeastSquaresParameters

  /// Filters in the given directions.
  public init(
    support: [Int], centerFrequency: Double, octaves: Double = 2, directions: [[Double]],
    angularExponent: Double = 2, radialProfile: RadialProfile = .logNormal,
    parameters: LeastSquaresParameters = LeastSquaresParameters()
  ) {
    self.support = support
    self.centerFrequency = centerFrequency
    self.octaves = octaves
    self.directions = directions
    self.angularExponent = angularExponent
    self.radialProfile = radialProfile
    self.parameters = parameters
  }

  /// Filters in an isotropic set of directions.
  ///
  /// - Parameter directions: Their number; by default 1, 4, 6 and 12 in one to four dimensions.
  /// - Throws: ``FiltersmithError`` when there is no such set.
  public init(
    support: [Int], centerFrequency: Double, octaves: Double = 2, directions count: Int? = nil,
    angularExponent: Double = 2, radialProfile: RadialProfile = .logNormal,
    parameters: LeastSquaresParameters = LeastSquaresParameters()
  ) throws(FiltersmithError) {
    self.init(
      support: support, centerFrequency: centerFrequency, octaves: octaves,
      directions: try DirectionSets.isotropic(dimensions: support.count, count: count),
      angularExponent: angularExponent, radialProfile: radialProfile, parameters: parameters)
  }

  /// The name of the family.
  public var family: String { "quadrature" }

  /// Whether orientation tensors can be computed from the responses.
  public var directionsSpan: Bool {
    let unit = try? DesignCheck.directions(directions, dimensions: support.count)
    return unit.map(DirectionSets.span) ?? false
  }

  /// Checks every parameter.
  public func validate() throws(FiltersmithError) {
    let design = try parameters.kernelDesign(support: support)
    try DesignCheck.centerFrequency(centerFrequency, spacing: design.spacing)
    try DesignCheck.octaves(octaves)
    guard angularExponent >= 0, angularExponent <= 1000 else {
      throw FiltersmithError(
        .argument, "angular exponent \(angularExponent) must lie between 0 and 1000")
    }
    _ = try DesignCheck.directions(directions, dimensions: support.count)
  }

  /// The ideals of the filters' transforms, one function per direction.
  ///
  /// - Throws: ``FiltersmithError`` for a wrong direction.
  public func ideals() throws(FiltersmithError) -> [FrequencyFunction] {
    let radial = RadialBand.function(
      radialProfile, centerFrequency: centerFrequency, octaves: octaves)
    return try DesignCheck.directions(directions, dimensions: support.count).map {
      radial * .directional($0, exponent: angularExponent)
    }
  }

  /// Makes one filter per direction.
  public func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank {
    try solution(progress: progress).bank
  }

  /// Makes the filters and reports how they were found.
  ///
  /// - Parameters:
  ///   - method: How the normal equations are solved.
  ///   - memoryLimit: Bytes that may be used.
  ///   - progress: Called from time to time with the fraction that is done.
  /// - Throws: ``FiltersmithError`` when a parameter is wrong or the design fails.
  public func solution(
    method: SolutionMethod = .automatic, memoryLimit: Int = KernelDesign.memoryLimit,
    progress: ProgressHandler? = nil
  ) throws(FiltersmithError) -> (bank: FilterBank, report: DesignReport) {
    try validate()
    let unit = try DesignCheck.directions(directions, dimensions: support.count)
    let targets = try ideals().enumerated().map { index, function in
      DesignTarget(
        ideal: .function(function), name: "the filter in direction \(unit[index])",
        direction: unit[index], centerFrequency: centerFrequency)
    }
    let solution = try parameters.solution(
      support: support, of: targets, method: method, memoryLimit: memoryLimit, progress: progress)
    let bank = try FilterBank(
      kernels: .complex(solution.kernels), directions: unit, design: .quadrature(self),
      qualities: solution.qualities)
    return (bank, solution.report)
  }
}

/// Radial pass-bands by centre frequency and bandwidth.
enum RadialBand {
  static func function(
    _ profile: QuadratureDesign.RadialProfile, centerFrequency: Double, octaves: Double
  ) -> FrequencyFunction {
    switch profile {
    case .logNormal:
      .logNormal(centerFrequency: centerFrequency, octaves: octaves)
    case .logErf:
      .logErf(
        low: centerFrequency * Double.exp2(-octaves / 2),
        high: centerFrequency * Double.exp2(octaves / 2))
    }
  }
}

extension QuadratureDesign {
  private enum Key: String, CodingKey {
    case support, centerFrequency, octaves, directions, angularExponent, radialProfile
  }

  /// Reads the parameters; weights, bandwidth and profiles that are missing take their customary values.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self.init(
      support: try container.decode([Int].self, forKey: .support),
      centerFrequency: try container.decode(Double.self, forKey: .centerFrequency),
      octaves: try container.decodeIfPresent(Double.self, forKey: .octaves) ?? 2,
      directions: try container.decode([[Double]].self, forKey: .directions),
      angularExponent: try container.decodeIfPresent(Double.self, forKey: .angularExponent) ?? 2,
      radialProfile: try container.decodeIfPresent(RadialProfile.self, forKey: .radialProfile)
        ?? .logNormal,
      parameters: try LeastSquaresParameters(from: decoder))
  }

  /// Writes all parameters side by side.
  public func encode(to encoder: any Encoder) throws {
    try parameters.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(support, forKey: .support)
    try container.encode(centerFrequency, forKey: .centerFrequency)
    try container.encode(octaves, forKey: .octaves)
    try container.encode(directions, forKey: .directions)
    try container.encode(angularExponent, forKey: .angularExponent)
    try container.encode(radialProfile, forKey: .radialProfile)
  }
}
