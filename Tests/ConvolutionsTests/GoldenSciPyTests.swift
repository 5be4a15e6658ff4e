import Tensors
import TestSupport
import Testing

@testable import Convolutions

/// Convolutions and correlations give SciPy's numbers.
@Suite struct GoldenSciPyTests {
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
            name: "nd_\(operation)_\(mode)", image: "in_random", kernel: "in_kernel5x3",
            border: border, reflects: reflects))
      }
    }
    for (operation, reflects) in [("correlate", false), ("convolve", true)] {
      cases.append(
        Case(
          name: "nd_\(operation)_even_reflect", image: "in_random", kernel: "in_kernel4x4",
          border: .symmetric, reflects: reflects))
      for (part, border) in [("full", Border.full), ("same", .zero), ("valid", .valid)] {
        cases.append(
          Case(
            name: "sg_\(operation)2d_\(part)", image: "in_random", kernel: "in_kernel5x3",
            border: border, reflects: reflects))
      }
    }
    for (part, border) in [("full", Border.full), ("same", .zero), ("valid", .valid)] {
      cases.append(
        Case(
          name: "sg_fftconvolve_\(part)", image: "in_random", kernel: "in_kernel4x4",
          border: border, center: part == "same" ? [1, 1] : nil))
    }
    cases.append(
      Case(
        name: "nd3_convolve_wrap", image: "in_volume", kernel: "in_kernel3x5x3", border: .wrap)
    )
    return cases
  }()

  @Test(arguments: ReferenceArrays.all, cases)
  func agreesWithSciPy(_ arrays: ReferenceArrays, _ golden: Case) throws {
    // Half of the other pictures' files are kept.
    guard arrays.has(golden.name) else { return }
    let (image, kernel) = (try arrays(golden.image), try arrays(golden.kernel))
    let expected = try arrays(golden.name)
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
}
