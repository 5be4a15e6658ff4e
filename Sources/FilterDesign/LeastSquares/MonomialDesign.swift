import Numerics
import Tensors

/// A bank of monomial filters: R(ρ) times the monomials of û of orders 0, 1 and 2.
///
/// Order 0 is R, order 1 the D filters R û_i, order 2 the D(D+1)/2 filters R û_i û_j. Even orders
/// give real even kernels, odd orders imaginary odd ones. The filters of one order are
/// rotations of each other, which gives a local tensor from few filters: T = q1 q1ᵀ + Q2 Q2ᵀ.
///
/// H. Knutsson, C.-F. Westin, M. Andersson, *Representing Local Structure Using Tensors II*
/// (SCIA 2011).
public struct MonomialDesign: BankFamily {
  /// Taps per axis, odd.
  public var support: [Int]
  /// ρ0, in rad/sample (in radians per unit of ``LeastSquaresParameters/spacing``).
  public var centerFrequency: Double
  /// B, the relative bandwidth: the full width at half amplitude.
  public var octaves: Double
  /// The orders of the monomials, customarily 0, 1 and 2.
  public var orders: [Int]
  /// The shape of the pass-band along the radius.
  public var radialProfile: QuadratureDesign.RadialProfile
  /// Weights, grid and spacing.
  public var parameters: LeastSquaresParameters

  /// All monomials of the given orders.
  public init(
    support: [Int], centerFrequency: Double, octaves: Double = 2, orders: [Int] = [0, 1, 2],
    radialProfile: QuadratureDesign.RadialProfile = .logNormal,
    parameters: LeastSquaresParameters = LeastSquaresParameters()
  ) {
    self.support = support
    self.centerFrequency = centerFrequency
    self.octaves = octaves
    self.orders = orders
    self.radialProfile = radialProfile
    self.parameters = parameters
  }

  /// The name of the family.
  public var family: String { "monomial" }

  /// One multi-index per filter, in the bank's order: the exponent of û along each axis.
  ///
  /// In 2D `[0, 0]`, then `[1, 0]` (y) and `[0, 1]` (x), then `[2, 0]`, `[1, 1]` and `[0, 2]`.
  public var exponents: [[Int]] {
    orders.flatMap { GaussianDerivativeDesign.orders(total: $0, dimensions: support.count) }
  }

  /// The names of the filters: `0`, then `x`, `y`, `xx`, `xy`, … as the exponents say.
  public var labels: [String] {
    let axes = Array(["t", "z", "y", "x"].suffix(support.count))
    // Named x before y before z before t, as is customary; the exponents are in axis order.
    return exponents.map { exponents in
      let name = ["x", "y", "z", "t"].map { letter in
        String(repeating: letter, count: axes.firstIndex(of: letter).map { exponents[$0] } ?? 0)
      }.joined()
      return name.isEmpty ? "0" : name
    }
  }

  /// Checks every parameter.
  public func validate() throws(FiltersmithError) {
    let design = try parameters.kernelDesign(support: support)
    try DesignCheck.centerFrequency(centerFrequency, spacing: design.spacing)
    try DesignCheck.octaves(octaves)
    guard !orders.isEmpty, Set(orders).count == orders.count else {
      throw FiltersmithError(
        .argument,
        "orders \(orders) of the monomial filters must be at least one, and each only once")
    }
    guard orders.allSatisfy({ $0 >= 0 && $0 <= 8 }) else {
      throw FiltersmithError(
        .argument, "orders \(orders) of the monomial filters must lie between 0 and 8")
    }
  }

  /// The ideals of the filters' transforms, one function per multi-index.
  public func ideals() -> [FrequencyFunction] {
    let radial = RadialBand.function(
      radialProfile, centerFrequency: centerFrequency, octaves: octaves)
    return exponents.map { radial * .monomial($0) }
  }

  /// Makes one filter per monomial.
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
    let labels = labels
    let targets = ideals().enumerated().map { index, function in
      DesignTarget(ideal: .function(function), name: "the filter \(labels[index])")
    }
    let solution = try parameters.solution(
      support: support, of: targets, method: method, memoryLimit: memoryLimit, progress: progress)
    let bank = try FilterBank(
      kernels: .complex(solution.kernels), design: .monomial(self), labels: labels,
      qualities: solution.qualities)
    return (bank, solution.report)
  }
}

extension MonomialDesign {
  private enum Key: String, CodingKey {
    case support, centerFrequency, octaves, orders, radialProfile
  }

  /// Reads the parameters; weights, bandwidth, orders and profile that are missing take their customary
  /// values.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self.init(
      support: try container.decode([Int].self, forKey: .support),
      centerFrequency: try container.decode(Double.self, forKey: .centerFrequency),
      octaves: try container.decodeIfPresent(Double.self, forKey: .octaves) ?? 2,
      orders: try container.decodeIfPresent([Int].self, forKey: .orders) ?? [0, 1, 2],
      radialProfile: try container.decodeIfPresent(
        QuadratureDesign.RadialProfile.self, forKey: .radialProfile) ?? .logNormal,
      parameters: try LeastSquaresParameters(from: decoder))
  }

  /// Writes all parameters side by side.
  public func encode(to encoder: any Encoder) throws {
    try parameters.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(support, forKey: .support)
    try container.encode(centerFrequency, forKey: .centerFrequency)
    try container.encode(octaves, forKey: .octaves)
    try container.encode(orders, forKey: .orders)
    try container.encode(radialProfile, forKey: .radialProfile)
  }
}
