import DataFiles
import Foundation
import Numerics
import Tensors
import Testing

@testable import FilterDesign

@Suite struct BankFileTests {
  /// A path that is removed in the end.
  final class TemporaryFile {
    let path: String

    init(_ ending: String) {
      path =
        FileManager.default.temporaryDirectory
        .appendingPathComponent("bank-\(UUID().uuidString).\(ending)").path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  static func written(_ arrays: [(name: String, array: DataArray)]) throws -> TemporaryFile {
    let file = TemporaryFile("npz")
    try NPZFile.write(arrays, to: file.path)
    return file
  }

  @Test(arguments: BankDesignTests.designs) func everyFamilyRoundTrips(design: BankDesign) throws {
    let bank = try design.bank()
    let file = TemporaryFile("npz")
    try bank.write(to: file.path)
    let read = try FilterBank(contentsOf: file.path)
    #expect(read == bank)
    #expect(try read.design.bank() == bank)
  }

  @Test func qualitiesAndLabelsRoundTrip() throws {
    let quality = FilterQuality(
      weightedError: 0.1, cost: 1e-3, centerTap: 0.25, energy: 0.5, locality: 1.5, leakage: nil,
      phaseRipple: 0.01, dc: 1e-9)
    let bank = try FilterBank(
      kernels: .complex(Tensor(repeating: Complex(0.1, -0.2), shape: [2, 3, 3])),
      directions: [[0, 1], [1, 0]], labels: ["flach", "ÄÖ°"], qualities: [quality, quality])
    let file = TemporaryFile("npz")
    try bank.write(to: file.path)
    #expect(try FilterBank(contentsOf: file.path) == bank)
  }

  @Test func arraysAreAsDocumented() throws {
    let gabor = try GaborDesign(
      directions: [[0, 1], [1, 0], [0.6, 0.8]], centerFrequency: 1, sigmaAlong: 1, sigmaAcross: 1
    ).bank()
    let file = TemporaryFile("npz")
    try gabor.write(to: file.path)
    let arrays = try NPZFile(contentsOf: file.path)
    #expect(arrays.names == ["kernels", "directions", "labels", "design", "qualities"])
    #expect(try arrays.array("kernels").description == "complex128 [3, 7, 7]")
    #expect(try arrays.array("directions").description == "float64 [3, 2]")
    #expect(try arrays.array("labels").shape == [3])
    #expect(try arrays.array("design").shape == [])
    #expect(try arrays.array("design").asText().contains(#""family":"gabor""#))
    let smooth = try GaussianDesign(sigma: [1]).bank()
    try smooth.write(to: file.path)
    let plain = try NPZFile(contentsOf: file.path)
    #expect(try plain.array("kernels").description == "float64 [1, 9]")
    #expect(try plain.array("directions").description == "float64 [1, 0]")
  }

  @Test func kernelsAloneAreEnough() throws {
    let kernels = Tensor<Float>(shape: [2, 3, 3]) { Float($0[0] + $0[1] * $0[2]) }
    let single = try Self.written([("kernels", DataArray(kernels))])
    let bank = try FilterBank(contentsOf: single.path)
    #expect(bank.even.elements == kernels.elements.map(Double.init))
    #expect(bank.design == .custom && bank.directions.isEmpty && bank.labels == ["0", "1"])

    let bare = TemporaryFile("npy")
    try NPYFile.write(kernels, to: bare.path)
    #expect(try FilterBank(contentsOf: bare.path) == bank)

    let whole = try Self.written([
      ("kernels", DataArray(Tensor<Int16>(repeating: 2, shape: [1, 3])))
    ])
    #expect(try FilterBank(contentsOf: whole.path).even.elements == [2, 2, 2])
    let complex = try Self.written([
      ("kernels", DataArray(Tensor<Complex<Float>>(repeating: Complex(1, 2), shape: [1, 3])))
    ])
    #expect(try FilterBank(contentsOf: complex.path).odd?.elements == [2, 2, 2])
  }

  @Test func foreignFiles() throws {
    func fails(
      _ arrays: [(name: String, array: DataArray)], _ words: String,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let file = try Self.written(arrays)
      expectFailure(.format, naming: words, sourceLocation: sourceLocation) {
        () throws(FiltersmithError) in try FilterBank(contentsOf: file.path)
      }
    }
    let kernels = DataArray(Tensor<Double>(repeating: 1, shape: [2, 3]))
    try fails([], "'kernels'")
    try fails([("image", kernels)], "no array 'kernels', but image")
    try fails([("kernels", DataArray(text: "none"))], "text")
    try fails([("kernels", DataArray(Tensor<Double>([1, 2, 3])))], "[filters, support…]")
    try fails([("kernels", DataArray(Tensor<Double>(repeating: .nan, shape: [1, 3])))], "finite")
    let wide = DataArray(Tensor<Double>(repeating: 1, shape: [2, 2]))
    try fails([("kernels", kernels), ("directions", wide)], "direction")
    try fails([("kernels", kernels), ("directions", kernels)], "direction")
    try fails([("kernels", kernels), ("directions", DataArray(text: "north"))], "'directions'")
    try fails([("kernels", kernels), ("design", kernels)], "'design'")
    try fails([("kernels", kernels), ("design", DataArray(text: "{"))], "not JSON")
    try fails([("kernels", kernels), ("design", DataArray(text: "{}"))], "'family'")
    try fails([("kernels", kernels), ("labels", kernels)], "'labels'")
    try fails([("kernels", kernels), ("labels", DataArray(Tensor(["a"])))], "1 labels")
    try fails([("kernels", kernels), ("qualities", DataArray(text: "[1]"))], "'qualities'")

    let picture = TemporaryFile("npz")
    try Data("not an archive at all".utf8).write(to: URL(fileURLWithPath: picture.path))
    expectFailure(.format, naming: "not a filter bank") { () throws(FiltersmithError) in
      try FilterBank(contentsOf: picture.path)
    }
    expectFailure(.file, naming: "missing.npz") { () throws(FiltersmithError) in
      try FilterBank(contentsOf: "/nonexistent/missing.npz")
    }
    expectFailure(.file) { () throws(FiltersmithError) in
      try FilterBank(contentsOf: FileManager.default.temporaryDirectory.path)
    }
  }

  /// A file cut off anywhere is refused, never read as another bank.
  @Test func damagedFiles() throws {
    let bank = try GradientDesign(.sobel).bank()
    let whole = TemporaryFile("npz")
    try bank.write(to: whole.path)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: whole.path))
    let cut = TemporaryFile("npz")
    for length in stride(from: 0, to: bytes.count, by: 97) {
      try bytes.prefix(length).write(to: URL(fileURLWithPath: cut.path))
      #expect(throws: FiltersmithError.self) { try FilterBank(contentsOf: cut.path) }
    }
  }
}
