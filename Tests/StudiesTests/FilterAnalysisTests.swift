import FilterDesign
import Foundation
import Tensors
import Testing

@testable import Studies

@Suite struct FilterAnalysisTests {
  private static let set = QuadratureSet(
    support: 11, centerFrequencies: [.pi / 4, .pi / 2], octaves: 1.5, directions: 4)

  /// The fit finds the parameters that a kernel was designed with, whatever its phase.
  @Test(arguments: [0.0, 50, 90, -130, 180])
  func fitFindsTheDesign(_ phase: Double) throws {
    let family = try QuadratureFamily(support: 11, angularExponent: 6)
    let angle = 37.0 * .pi / 180
    let bank = try QuadratureDesign(
      support: [11, 11], centerFrequency: 1.13, octaves: 1.7,
      directions: [[sin(angle), cos(angle)]], angularExponent: 6
    ).bank()
    let (even, odd) = (bank.even.elements, try #require(bank.odd).elements)
    let norms = (even.dot(even).squareRoot(), odd.dot(odd).squareRoot())
    let (a, b) = (cos(phase * .pi / 180), sin(phase * .pi / 180))
    let fit = try family.fit(even.indices.map { a * even[$0] / norms.0 + b * odd[$0] / norms.1 })
    #expect(fit.residual < 1e-3)
    #expect(abs(fit.centerFrequency - 1.13) < 0.03)
    #expect(abs(fit.octaves - 1.7) < 0.1)
    #expect(abs(fit.direction - 37) < 1)
    #expect(abs((fit.phase - phase).remainder(dividingBy: 360)) < 1)
  }

  /// The designed bank, analysed, is itself.
  @Test func theBankIsItself() throws {
    let kernels = try BankSource.quadrature(Self.set).kernels(channels: 1)
    let analysis = try FilterAnalysis(
      arm: "bank", kernels: kernels, designed: kernels, start: kernels,
      family: try QuadratureFamily(support: 11, angularExponent: 6))
    #expect(analysis.meanResidual < 1e-3)
    #expect(analysis.meanMatch > 0.999)
    #expect(analysis.principalCosines.allSatisfy { $0 > 0.999 })
    #expect(analysis.meanChange == 0)
    #expect(analysis.pairs.count == Self.set.pairs)
    #expect(analysis.pairs.allSatisfy { $0.second == $0.first + 1 && $0.first % 2 == 0 })
    for (index, kernel) in analysis.kernels.enumerated() {
      #expect(abs(kernel.evenShare - (index % 2 == 0 ? 1 : 0)) < 1e-6)
      #expect(kernel.dc < 1e-3)
      #expect(kernel.colorShare == 1)
    }
  }

  /// A kernel over three channels that is colour times pattern is taken apart without a rest.
  @Test func coloursAreTakenApart() throws {
    let grey = try BankSource.quadrature(Self.set).kernels(channels: 1)
    let colored = try BankSource.quadrature(Self.set).kernels(channels: 3)
    let (plain, taken) = (KernelSet(grey), KernelSet(colored))
    #expect(taken.shares.allSatisfy { $0 > 1 - 1e-6 })
    for (first, second) in zip(plain.patterns, taken.patterns) {
      let cosine =
        first.dot(second) / (first.dot(first) * second.dot(second)).squareRoot()
      #expect(abs(abs(cosine) - 1) < 1e-5)
    }
  }

  @Test func subspacesKnowTheirAngle() {
    let (x, y) = ([1.0, 0, 0], [0, cos(0.3), sin(0.3)])
    let cosines = FilterAnalysis.principalCosines([x, [0, 1, 0]], [x, y])
    #expect(cosines.count == 2)
    #expect(abs(cosines[0] - 1) < 1e-12)
    #expect(abs(cosines[1] - cos(0.3)) < 1e-12)
  }

  @Test func combinedDerivativesAreOneConvolution() throws {
    let basis = DerivativeBasis(sigmas: [1], order: 1, pairs: 1)
    let kernels = try basis.kernels()
    let weights = try Tensor<Float>(
      shape: [2, 3, 1, 1], elements: [0.5, -1, 2, 0, 1, 0])
    let combined = try basis.combined(weights, channels: 1)
    let taps = kernels.shape[2] * kernels.shape[3]
    for tap in 0..<taps {
      let expected =
        0.5 * kernels.elements[tap] - kernels.elements[taps + tap]
        + 2 * kernels.elements[2 * taps + tap]
      #expect(abs(combined.elements[tap] - expected) < 1e-6)
      #expect(combined.elements[taps + tap] == kernels.elements[taps + tap])
    }
  }
}
