import Filtersmith
import Foundation
import Testing

@Suite("filtersmith design and show")
struct DesignTests {
  static let figures = [
    "direction", "weightedError", "cost", "centerTap", "energy", "locality", "leakage",
    "phaseRipple", "dc",
  ]

  @Test("The customary design with every option spelt out gives the known answers")
  func quadrature() throws {
    try Command.inFreshFolder { command in
      let result = try command.run(
        "design quadrature --size 9 --dimensions 2 --center 1.4809609793861218 --octaves 2 "
          + "--directions 4 --grid 19 --snr 30 --dc-weight 1000 --locality 30 "
          + "--frequency-exponent -1 --cosine-exponent 1 --spatial-exponent 2 "
          + "--angular-exponent 2 --spacing 1,1 -o bank.npz --json --picture bank.png")
      expectSuccess(result)
      #expect(result.errors.isEmpty)
      #expect(try command.files() == ["bank.npz", "bank.png"])
      let reports = try filterReports(result.output)
      #expect(reports.count == 4)
      for report in reports {
        for figure in Self.figures { #expect(report[figure] != nil, "\(figure)") }
      }
      func number(_ filter: Int, _ figure: String) throws -> Double {
        try #require(reports[filter][figure] as? Double)
      }
      #expect(reports[0]["direction"] as? [Double] == [0, 1])
      #expect(abs(try number(0, "weightedError") - 0.124911) < 5e-7)
      #expect(abs(try number(1, "weightedError") - 0.11330) < 5e-6)
      #expect(abs(try number(0, "cost") - 1.86009e-3) < 5e-9)
      #expect(abs(try number(0, "centerTap") - 0.16559559) < 1e-7)
      #expect(abs(try number(0, "energy") - 0.0837769) < 5e-8)
      #expect(abs(try number(0, "phaseRipple") - 0.0203) < 5e-5)
      #expect(try Image(contentsOf: command.url("bank.png").path).width > 400)
    }
  }

  @Test("Everything but the size has customary values, and frequencies are expressions")
  func customary() throws {
    try Command.inFreshFolder { command in
      expectSuccess(
        try command.run("design quadrature --size 9 --center 1.0471975511965976 -o a.npz"))
      expectSuccess(
        try command.run("design quadrature --size 9 --center pi/3 -o b.npz --threads 1"))
      #expect(try Data(contentsOf: command.url("a.npz")) == Data(contentsOf: command.url("b.npz")))
    }
  }

  @Test("bank.npz holds what NumPy users expect, and the design makes the same bits again")
  func redesign() throws {
    try Command.inFreshFolder { command in
      expectSuccess(try command.run("design quadrature --size 7 --center 2pi/3 -o bank.npz"))
      let path = command.url("bank.npz").path
      let file = try NPZFile(contentsOf: path)
      #expect(try file.array("kernels").elementType == .complex128)
      #expect(try file.array("kernels").shape == [4, 7, 7])
      #expect(try file.array("directions").elementType == .float64)
      #expect(try file.array("directions").shape == [4, 2])
      let design = try BankDesign(json: try file.array("design").asText())
      #expect(design.family == "quadrature")
      let stored = try FilterBank(contentsOf: path)
      #expect(try design.bank() == stored)
    }
  }

  @Test("Sizes and directions per axis, directions of any length and sign")
  func perAxis() throws {
    try Command.inFreshFolder { command in
      let result = try command.run(
        "design quadrature --size 9,11 --direction 0,2 --direction -1,0 1,1 -1,1 -o bank.npz --json"
      )
      expectSuccess(result)
      let bank = try FilterBank(contentsOf: command.url("bank.npz").path)
      #expect(bank.support == [9, 11])
      #expect(
        bank.directions.map { $0.map { ($0 * 1e9).rounded() / 1e9 } } == [
          [0, 1], [-1, 0], [0.707106781, 0.707106781], [-0.707106781, 0.707106781],
        ])
    }
  }

  @Test("One to four dimensions", arguments: [(1, 15, 1), (2, 9, 4), (3, 5, 6), (4, 5, 12)])
  func dimensions(dimensions: Int, size: Int, filters: Int) throws {
    try Command.inFreshFolder { command in
      expectSuccess(
        try command.run(
          "design quadrature --size \(size) --dimensions \(dimensions) --center pi/2 -o bank.npz "
            + "--picture bank.svg"))
      let bank = try FilterBank(contentsOf: command.url("bank.npz").path)
      #expect(bank.count == filters)
      #expect(bank.support == Shape(Array(repeating: size, count: dimensions)))
    }
  }

  /// Every family, and whether its kernels are complex.
  static let families: [(name: String, isComplex: Bool)] = [
    ("quadrature", true), ("monomial", true), ("gaussian", false), ("derivative", false),
    ("box", false), ("central-difference", false), ("sobel", false), ("prewitt", false),
    ("scharr", false), ("farid", false), ("roberts", false), ("laplacian", false), ("log", false),
    ("dog", false), ("gabor", true), ("loggabor", true), ("riesz", false), ("lowpass", false),
    ("highpass", false), ("bandpass", false), ("bandstop", false), ("savitzky-golay", false),
  ]

  @Test(
    "Every family needs no option, reports its filters, is shown and made again",
    arguments: families)
  func family(name: String, isComplex: Bool) throws {
    try Command.inFreshFolder { command in
      let result = try command.run("design \(name) -o bank.npz --json")
      expectSuccess(result)
      let bank = try FilterBank(contentsOf: command.url("bank.npz").path)
      #expect(bank.isComplex == isComplex)
      #expect(bank.design.family == name.replacing("-", with: ""))
      #expect(try bank.design.bank() == bank)
      let reports = try filterReports(result.output)
      #expect(reports.count == bank.count)
      for report in reports {
        #expect(Set(Self.figures).isSubset(of: report.keys))
        #expect(report["energy"] is Double)
      }
      expectSuccess(try command.run("show bank.npz -o bank.svg"))
      let picture = try String(contentsOf: command.url("bank.svg"), encoding: .utf8)
      #expect(picture.contains("<svg"))
    }
  }

  @Test("Ideals and weights of one's own: the library's answer for the same arrays")
  func custom() throws {
    try Command.inFreshFolder { command in
      let band = FrequencyFunction.logNormal(centerFrequency: .pi / 3, octaves: 2)
      let grid = FrequencyGrid(shape: [15, 15], order: .centered)
      let ideal = Tensor<Double>(shape: [15, 15]) { index in
        band(
          FrequencyVector([
            grid.frequencies(axis: 0)[index[0]], grid.frequencies(axis: 1)[index[1]],
          ])
        )
        .real
      }
      try command.store(ideal, as: "ideal.npy")
      try command.store(Tensor<Double>(repeating: 1, shape: [15, 15]), as: "weight.npy")
      let result = try command.run(
        "design custom --size 7 --ideal ideal.npy --frequency-weight weight.npy -o bank.npz --json")
      expectSuccess(result)
      let weights = Tensor<Double>(repeating: 1, shape: [15, 15])
      let plan = try KernelDesign(
        support: [7, 7], grid: [15, 15], frequencyWeight: .samples(weights)
      ).plan()
      let expected = try plan.solve([DesignTarget(ideal: .real(ideal))])
      let bank = try FilterBank(contentsOf: command.url("bank.npz").path)
      #expect(bank.complexKernels == expected.kernels)
      #expect(bank.qualities == expected.qualities)
    }
  }

  @Test("Pictures as PNG, SVG and PDF by the name's ending", arguments: ["png", "svg", "pdf"])
  func show(ending: String) throws {
    try Command.inFreshFolder { command in
      expectSuccess(try command.run("design sobel -o bank.npz --picture first.\(ending)"))
      expectSuccess(try command.run("show bank.npz -o second.\(ending) --columns 1"))
      for name in ["first", "second"] {
        let bytes = try Data(contentsOf: command.url("\(name).\(ending)")).prefix(5)
        let starts = ["png": "\u{89}PNG", "svg": "<?xml", "pdf": "%PDF-"]
        let start = try #require(starts[ending])
        #expect(bytes.starts(with: start.unicodeScalars.map { UInt8($0.value) }))
      }
    }
  }
}
