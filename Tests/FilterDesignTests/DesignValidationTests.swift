import FilterDesign
import Numerics
import Synchronization
import Tensors
import Testing

@Suite("Impossible designs are refused in one sentence")
struct DesignValidationTests {
  struct Refusal: Sendable, CustomStringConvertible {
    var description: String
    var kind = FiltersmithError.Kind.argument
    var mentions: String
    var make: @Sendable () throws -> Void
  }

  private static func quadrature(
    support: [Int] = [9, 9], center: Double = 1, octaves: Double = 2,
    directions: [[Double]] = [[0, 1]], exponent: Double = 2,
    _ parameters: LeastSquaresParameters = LeastSquaresParameters()
  ) throws {
    _ = try QuadratureDesign(
      support: support, centerFrequency: center, octaves: octaves, directions: directions,
      angularExponent: exponent, parameters: parameters
    ).bank()
  }

  static let refusals: [Refusal] = [
    Refusal(description: "an even size", mentions: "[8, 9] must be odd") {
      try quadrature(support: [8, 9])
    },
    Refusal(description: "a single tap", mentions: "at least 3") {
      try quadrature(support: [1, 9])
    },
    Refusal(description: "five dimensions", mentions: "1 to 4") {
      try quadrature(support: [3, 3, 3, 3, 3])
    },
    Refusal(description: "no bandwidth", mentions: "0.0 octaves") { try quadrature(octaves: 0) },
    Refusal(description: "a negative bandwidth", mentions: "-1.0") { try quadrature(octaves: -1) },
    Refusal(description: "a bandwidth that is no number", mentions: "nan") {
      try quadrature(octaves: .nan)
    },
    Refusal(description: "a frequency beyond π", mentions: "3.2") { try quadrature(center: 3.2) },
    Refusal(description: "frequency 0", mentions: "center frequency") { try quadrature(center: 0) },
    Refusal(description: "a frequency that is no number", mentions: "nan") {
      try quadrature(center: .nan)
    },
    Refusal(description: "a grid smaller than the filter", mentions: "smaller than the kernel") {
      try quadrature(LeastSquaresParameters(grid: [7, 19]))
    },
    Refusal(description: "an even grid", mentions: "[20, 19] must be odd") {
      try quadrature(LeastSquaresParameters(grid: [20, 19]))
    },
    Refusal(description: "a grid of other rank", mentions: "[19]") {
      try quadrature(LeastSquaresParameters(grid: [19]))
    },
    Refusal(description: "no direction", mentions: "at least one direction") {
      try quadrature(directions: [])
    },
    Refusal(description: "a zero direction", mentions: "points nowhere") {
      try quadrature(directions: [[0, 1], [0, 0]])
    },
    Refusal(description: "a direction of other rank", mentions: "3 components") {
      try quadrature(directions: [[0, 1, 0]])
    },
    Refusal(description: "a direction that is no number", mentions: "not finite") {
      try quadrature(directions: [[.nan, 1]])
    },
    Refusal(description: "a negative angular exponent", mentions: "-1.0") {
      try quadrature(exponent: -1)
    },
    Refusal(description: "no signal-to-noise ratio", mentions: "nan") {
      try quadrature(LeastSquaresParameters(signalToNoise: .nan))
    },
    Refusal(description: "a negative DC weight", mentions: "DC weight -1.0") {
      try quadrature(LeastSquaresParameters(dcWeight: -1))
    },
    Refusal(description: "negative locality", mentions: "locality") {
      try quadrature(LeastSquaresParameters(locality: -1))
    },
    Refusal(description: "an exponent that is no number", mentions: "frequency exponent") {
      try quadrature(LeastSquaresParameters(frequencyExponent: .infinity))
    },
    Refusal(description: "spacing of other rank", mentions: "[1.0]") {
      try quadrature(LeastSquaresParameters(spacing: [1]))
    },
    Refusal(description: "spacing 0", mentions: "positive numbers") {
      try quadrature(LeastSquaresParameters(spacing: [0, 1]))
    },
    Refusal(description: "a band between all frequencies", mentions: "zero at every frequency") {
      try quadrature(center: 0.001, octaves: 0.01)
    },
    Refusal(description: "a huge kernel", kind: .limit, mentions: "limit") {
      try quadrature(support: [100_001, 100_001])
    },
    Refusal(description: "a kernel beyond counting", kind: .limit, mentions: "") {
      try quadrature(support: [Int.max, Int.max])
    },
    Refusal(description: "an order beyond sense", mentions: "between 0 and 8") {
      _ = try MonomialDesign(support: [5, 5], centerFrequency: 1, orders: [9]).bank()
    },
    Refusal(description: "no order", mentions: "at least one") {
      _ = try MonomialDesign(support: [5, 5], centerFrequency: 1, orders: []).bank()
    },
    Refusal(description: "a negative weight", mentions: "frequency weight holds -1.0") {
      _ = try KernelDesign(support: [3], frequencyWeight: .function(.constant(-1))).plan()
    },
    Refusal(description: "a weight that is no number", mentions: "spatial weight holds nan") {
      let weight = Tensor<Double>([0, .nan, 0])
      _ = try KernelDesign(support: [3], spatialWeight: .samples(weight)).plan()
    },
    Refusal(description: "a complex weight", mentions: "must be real") {
      _ = try KernelDesign(support: [3], frequencyWeight: .function(.riesz([1]))).plan()
    },
    Refusal(description: "a weight of another shape", kind: .shape, mentions: "[5]") {
      _ = try KernelDesign(support: [3], frequencyWeight: .samples(Tensor([1, 1, 1, 1, 1]))).plan()
    },
    Refusal(description: "no weight at all", kind: .numerical, mentions: "undetermined") {
      _ = try KernelDesign(
        support: [3], frequencyWeight: .function(.constant(0)), spatialWeight: .none
      ).plan()
    },
    Refusal(
      description: "an ideal of another shape", kind: .shape, mentions: "the design grid has [7]"
    ) {
      _ = try KernelDesign(support: [3]).plan().solve([.real(Tensor([1, 2, 3]))])
    },
    Refusal(description: "an ideal that is no number", mentions: "not finite") {
      _ = try KernelDesign(support: [3]).plan().solve([.function(.constant(.nan))])
    },
    Refusal(description: "no ideal", mentions: "no ideal") {
      _ = try KernelDesign(support: [3]).plan().solve([IdealResponse]())
    },
    Refusal(description: "too little memory", kind: .limit, mentions: "limit is 1 MB") {
      _ = try KernelDesign(support: [9, 9, 9]).plan(memoryLimit: 100_000)
    },
    Refusal(
      description: "too little memory for a factorisation", kind: .limit, mentions: "Cholesky"
    ) {
      _ = try KernelDesign(support: [9, 9, 9]).plan(method: .cholesky, memoryLimit: 1_000_000)
    },
  ]

  @Test("refusals", arguments: refusals)
  func refusal(_ refusal: Refusal) {
    let error = #expect(throws: FiltersmithError.self) { try refusal.make() }
    #expect(error?.kind == refusal.kind, "\(error?.message ?? "")")
    let message = error?.message ?? ""
    #expect(refusal.mentions.isEmpty || message.contains(refusal.mentions), "\(message)")
  }

  @Test("directions are scaled to unit length, huge and tiny ones too")
  func normalization() throws {
    let design = QuadratureDesign(
      support: [5, 5], centerFrequency: 1, directions: [[0, 3], [1e300, 1e300], [1e-300, 0]])
    let bank = try design.bank()
    let half = 0.5.squareRoot()
    #expect(bank.directions[0] == [0, 1] && bank.directions[2] == [1, 0])
    #expect(abs(bank.directions[1][0] - half) < 1e-15)
    // Three lines of the plane span, whatever the lengths they were given with.
    #expect(design.directionsSpan)
  }

  @Test("a bank can be made again from its description, to the bit")
  func codable() throws {
    let banks = [
      try QuadratureDesign(
        support: [7, 5], centerFrequency: 1.3, octaves: 1.5, directions: 3, angularExponent: 4,
        radialProfile: .logErf,
        parameters: LeastSquaresParameters(
          grid: [15, 13], signalToNoise: 20, dcWeight: 50, locality: 10, spacing: [1, 1.5])
      ).bank(),
      try MonomialDesign(support: [7], centerFrequency: 1, orders: [1, 3]).bank(),
    ]
    for bank in banks {
      let json = try bank.design.json()
      let design = try BankDesign(json: json)
      #expect(design == bank.design)
      #expect(try design.bank() == bank)
    }
    let short = try BankDesign(
      json: #"{"family":"quadrature","support":[9,9],"centerFrequency":1,"directions":[[0,1]]}"#)
    #expect(
      short
        == .quadrature(
          QuadratureDesign(support: [9, 9], centerFrequency: 1, directions: [[0, 1]])))
    #expect(throws: FiltersmithError.self) {
      try BankDesign(json: #"{"family":"quadrature","support":[9,9]}"#)
    }
  }

  @Test("progress runs from little to all")
  func progress() throws {
    let seen = Recorder()
    _ = try QuadratureDesign(support: [7, 7], centerFrequency: 1).bank { seen.add($0) }
    #expect(seen.values.count > 3)
    #expect(seen.values == seen.values.sorted() && seen.values.last == 1)
    #expect(seen.values.allSatisfy { $0 >= 0 && $0 <= 1 })
  }
}

/// Keeps what a progress handler was told.
private final class Recorder: Sendable {
  private let lock = Mutex<[Double]>([])
  var values: [Double] { lock.withLock { $0 } }
  func add(_ value: Double) { lock.withLock { $0.append(value) } }
}
