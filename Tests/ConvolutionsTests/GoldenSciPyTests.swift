import DataFiles
import Tensors
import TestSupport
import Testing

@testable import Convolutions

/// SciPy's own results, where `../shared` holds them; skipped otherwise.
@Suite(
  .enabled(
    if: SharedData.has("conformance/golden-scipy"),
    "needs ../shared/data/conformance/golden-scipy"))
struct GoldenSciPyTests {
  /// One call of SciPy in our words.
  struct Case: CustomTestStringConvertible {
    let name: String
    let image: String
    let kernel: String
    let border: Border
    var reflects = true
    var center: [Int]?
    var testDescription: String { name }
  }

  static let modes: [(String, Border)] = [
    ("reflect", .symmetric), ("constant", .constant(0.5)), ("nearest", .nearest),
    ("mirror", .mirror), ("wrap", .wrap),
  ]

  static let cases: [Case] = {
    var cases: [Case] = []
    for (mode, border) in modes {
      for (operation, reflects) in [("correlate", false), ("convolve", true)] {
        cases.append(
          Case(
            name: "nd_\(operation)_\(mode)", image: "in_rand17x23", kernel: "in_kernel5x3",
            border: border, reflects: reflects))
      }
    }
    for (operation, reflects) in [("correlate", false), ("convolve", true)] {
      cases.append(
        Case(
          name: "nd_\(operation)_even_reflect", image: "in_rand17x23", kernel: "in_kernel4x4",
          border: .symmetric, reflects: reflects))
      for (part, border) in [("full", Border.full), ("same", .zero), ("valid", .valid)] {
        cases.append(
          Case(
            name: "sg_\(operation)2d_\(part)", image: "in_rand17x23", kernel: "in_kernel5x3",
            border: border, reflects: reflects))
      }
    }
    for (part, border) in [("full", Border.full), ("same", .zero), ("valid", .valid)] {
      cases.append(
        Case(
          name: "sg_fftconvolve_\(part)", image: "in_rand17x23", kernel: "in_kernel4x4",
          border: border, center: part == "same" ? [1, 1] : nil))
    }
    cases.append(
      Case(
        name: "nd3_convolve_wrap", image: "in_vol32x32x30", kernel: "in_kernel3x5x3", border: .wrap)
    )
    // Half of the files are kept; the others are named in the index only.
    return cases.filter { SharedData.has("conformance/golden-scipy/\($0.name).npy") }
  }()

  private func array(_ name: String) throws -> Tensor<Double> {
    let url = try #require(SharedData.url("conformance/golden-scipy/\(name).npy"))
    return try NPYFile.read(url.path).asDouble()
  }

  @Test(arguments: cases)
  func agreesWithSciPy(_ golden: Case) throws {
    let (image, kernel) = (try array(golden.image), try array(golden.kernel))
    let expected = try array(golden.name)
    for algorithm in [Algorithm.automatic, .direct, .fourier] {
      let result =
        golden.reflects
        ? try image.convolved(
          with: kernel, border: golden.border, center: golden.center, algorithm: algorithm)
        : try image.correlated(
          with: kernel, border: golden.border, center: golden.center, algorithm: algorithm)
      #expect(relativeError(result, expected) < 1e-12)
    }
  }

  @Test func thereAreCases() {
    #expect(Self.cases.count >= 10)
  }
}
