import FilterDesign
import Numerics
import Tensors
import Testing

/// Whether a number rounds to the digits printed.
func rounds(_ value: Double, to printed: String) -> Bool {
  let parts = printed.lowercased().split(separator: "e")
  let decimals = parts[0].split(separator: ".").last.map(\.count) ?? 0
  let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
  guard let expected = Double(printed) else { return false }
  // A hair more than half a unit, as the printed number may have been rounded either way.
  return abs(value - expected) <= 0.5000001 * Double.pow(10, exponent - decimals)
}

/// A row of the table of designs that were recovered from published filters.
struct KnownAnswer: Sendable, CustomStringConvertible {
  var name: String
  var directions: [[Double]]
  var taps: Int
  var grid: Int
  var centerFrequency: Double
  var octaves = 2.0
  var dcWeight = 1000.0
  var weightedPercent: String
  var cost: String
  var centerTap: Double?
  var energy: String?
  var ripplePercent: String?

  var description: String { "\(name), n = \(taps), ρ0 = \(centerFrequency)" }

  private static let half = 0.5.squareRoot()
  private static let root = 2.0.squareRoot()

  static let table: [KnownAnswer] = [
    KnownAnswer(
      name: "1D, +1", directions: [[1]], taps: 15, grid: 31, centerFrequency: .pi / 4,
      weightedPercent: "38.126", cost: "2.08602e-2", centerTap: 0.2916362, energy: "0.182583"),
    KnownAnswer(
      name: "2D, 0°", directions: [[0, 1]], taps: 11, grid: 23, centerFrequency: .pi / 3,
      weightedPercent: "11.4219", cost: "1.4788e-3", centerTap: 0.10566780, energy: "0.0470461",
      ripplePercent: "1.84"),
    KnownAnswer(
      name: "2D, 45°", directions: [[half, half]], taps: 11, grid: 23, centerFrequency: .pi / 3,
      weightedPercent: "9.90444", cost: "1.2658e-3", centerTap: 0.10566780, energy: "0.0473199"),
    KnownAnswer(
      name: "2D, 0°", directions: [[0, 1]], taps: 9, grid: 19, centerFrequency: .pi * root / 3,
      weightedPercent: "12.4911", cost: "1.86009e-3", centerTap: 0.16559559, energy: "0.0837769",
      ripplePercent: "2.03"),
    KnownAnswer(
      name: "2D, 45°", directions: [[half, half]], taps: 9, grid: 19,
      centerFrequency: .pi * root / 3, weightedPercent: "11.330", cost: "1.7009e-3"),
    KnownAnswer(
      name: "2D, 0°", directions: [[0, 1]], taps: 9, grid: 19, centerFrequency: 2 * .pi / 3,
      weightedPercent: "9.16596", cost: "9.25393e-4", centerTap: 0.21096075, energy: "0.111279",
      ripplePercent: "3.70"),
    KnownAnswer(
      name: "2D, 45°", directions: [[half, half]], taps: 9, grid: 19, centerFrequency: 2 * .pi / 3,
      weightedPercent: "8.418", cost: "8.538e-4"),
    // All six directions of the half icosahedron are alike on a cubic grid.
    KnownAnswer(
      name: "3D", directions: [], taps: 9, grid: 19, centerFrequency: .pi / 3,
      weightedPercent: "6.60127", cost: "2.84027e-4", centerTap: 0.04510404, energy: "0.0126928",
      ripplePercent: "1.73"),
    KnownAnswer(
      name: "3D", directions: [], taps: 7, grid: 15, centerFrequency: .pi * root / 3,
      weightedPercent: "7.7678", cost: "5.00246e-4", centerTap: 0.08721198, energy: "0.0298243",
      ripplePercent: "1.86"),
    KnownAnswer(
      name: "3D", directions: [], taps: 7, grid: 15, centerFrequency: 2 * .pi / 3,
      weightedPercent: "6.257", cost: "2.7100e-4", centerTap: 0.12981494, energy: "0.0532658",
      ripplePercent: "0.43"),
    KnownAnswer(
      name: "3D, 1.7 octaves, DC weight 10", directions: [], taps: 7, grid: 15,
      centerFrequency: .pi / 3, octaves: 1.7, dcWeight: 10, weightedPercent: "13.6697",
      cost: "1.29822e-3", centerTap: 0.03432265),
    KnownAnswer(
      name: "4D", directions: [[half, half, 0, 0]], taps: 5, grid: 11,
      centerFrequency: .pi * root / 3, weightedPercent: "9.01703", cost: "5.06907e-4",
      centerTap: 0.05044861, energy: "0.0111007"),
  ]

  var dimensions: Int { name.first?.wholeNumberValue ?? 0 }

  func design() throws(FiltersmithError) -> QuadratureDesign {
    QuadratureDesign(
      support: Array(repeating: taps, count: dimensions), centerFrequency: centerFrequency,
      octaves: octaves,
      directions: directions.isEmpty
        ? try DirectionSets.isotropic(dimensions: dimensions) : directions,
      parameters: LeastSquaresParameters(
        grid: Array(repeating: grid, count: dimensions), dcWeight: dcWeight))
  }
}

@Suite("Designs reproduce the known answers")
struct KnownAnswerTests {
  @Test("quadrature filters", arguments: KnownAnswer.table)
  func quadrature(answer: KnownAnswer) throws {
    let bank = try answer.design().bank()
    #expect(bank.count == max(answer.directions.count, answer.directions.isEmpty ? 6 : 1))
    for quality in bank.qualities {
      #expect(rounds(100 * quality.weightedError, to: answer.weightedPercent), "\(quality)")
      #expect(rounds(quality.cost, to: answer.cost), "\(quality)")
      if let centerTap = answer.centerTap {
        #expect(abs(quality.centerTap - centerTap) < 1e-7, "\(quality)")
      }
      if let energy = answer.energy { #expect(rounds(quality.energy, to: energy), "\(quality)") }
      if let ripple = answer.ripplePercent {
        let measured = try #require(quality.phaseRipple)
        #expect(rounds(100 * measured, to: ripple), "\(quality)")
      }
      if answer.dcWeight == 1000 { #expect(quality.dc < 1e-7) }
    }
  }

  @Test("the printed row of a kernel")
  func kernelRow() throws {
    let bank = try QuadratureDesign(
      support: [9, 9], centerFrequency: .pi * 2.0.squareRoot() / 3, directions: [[0, 1]]
    ).bank()
    let row: [Complex<Double>] = [
      Complex(0.165596, 0), Complex(-0.040741, 0.113935), Complex(-0.036609, -0.015025),
      Complex(-0.006105, -0.009373), Complex(0.000107, -0.002408),
    ]
    let kernel = try bank.complexKernels.selected(axis: 0, at: 0)
    for (x, expected) in row.enumerated() {
      #expect((kernel[4, 4 + x] - expected).length < 1e-6)
      // f(−x) = conj f(x), to the bit.
      #expect(kernel[4, 4 - x] == kernel[4, 4 + x].conjugate)
    }
  }

  @Test(
    "monomials",
    arguments: [
      (2, 11, Double.pi / 3, ["9.275", "11.453", "10.051", "6.876"]),
      (3, 7, Double.pi * 2.0.squareRoot() / 3, ["5.975", "8.421", "6.974", "4.681"]),
    ])
  func monomials(dimensions: Int, taps: Int, centerFrequency: Double, percent: [String]) throws {
    let design = MonomialDesign(
      support: Array(repeating: taps, count: dimensions), centerFrequency: centerFrequency)
    let bank = try design.bank()
    #expect(bank.count == 1 + dimensions + dimensions * (dimensions + 1) / 2)
    for (label, quality) in zip(bank.labels, bank.qualities) {
      let kind: Int
      switch (label, label.count) {
      case ("0", _): kind = 0
      case (_, 1): kind = 1
      default: kind = Set(label).count == 1 ? 2 : 3
      }
      #expect(rounds(100 * quality.weightedError, to: percent[kind]), "\(label) \(quality)")
      #expect(quality.leakage == nil && quality.phaseRipple == nil)
    }
    #expect(
      dimensions == 3
        || bank.labels == ["0", "y", "x", "yy", "xy", "xx"])
  }
}
