import Foundation
import ImageAnalysis
import Tensors
import Testing

@Suite struct SmoothingTests {
  static let step = Tensor<Float>(shape: [32, 40]) { $0[1] < 20 ? 0 : 1 }

  @Test("Bilateral filtering keeps a step and smooths its sides")
  func bilateral() throws {
    var random = RandomSource(seed: 2)
    let noisy =
      try Self.step
      + Tensor<Float>.normal(
        shape: Self.step.shape, deviation: 0.05, using: &random)
    let result = try BilateralFilter(spatialSigma: [2], rangeSigma: 0.2)(noisy)
    #expect(result[16, 20] - result[16, 19] > 0.85)
    var variance: Float = 0
    for y in 0..<32 { for x in 4..<16 { variance += result[y, x] * result[y, x] } }
    #expect((variance / Float(32 * 12)).squareRoot() < 0.025)
  }

  @Test("Bilateral weights are those of the formula, and a wide range gives a Gaussian")
  func bilateralFormula() throws {
    var random = RandomSource(seed: 3)
    let image = Tensor<Float>.normal(shape: [9, 8, 7], using: &random)
    let result = try BilateralFilter(spatialSigma: [1], rangeSigma: 0.7)(image)
    var (sum, weights) = (0.0, 0.0)
    for z in 2...6 {
      for y in 2...6 {
        for x in 1...5 {
          let square = Double((z - 4) * (z - 4) + (y - 4) * (y - 4) + (x - 3) * (x - 3))
          let difference = Double(image[z, y, x] - image[4, 4, 3])
          let weight = exp(-0.5 * square) * exp(-0.5 * difference * difference / 0.49)
          sum += weight * Double(image[z, y, x])
          weights += weight
        }
      }
    }
    #expect(abs(Double(result[4, 4, 3]) - sum / weights) < 1e-4)
  }

  @Test("Bilateral filtering fills a hole and ignores what is not known")
  func bilateralMask() throws {
    var torn = Self.step
    torn[16, 30] = .nan
    let result = try BilateralFilter(rangeSigma: 0.1)(MaskedImage(torn))
    #expect(abs(result[16, 30] - 1) < 1e-3)
    #expect(throws: FiltersmithError.self) { try BilateralFilter(rangeSigma: 0)(Self.step) }
  }

  @Test("Coherence-enhancing diffusion keeps the mean, and a constant")
  func diffusionMean() throws {
    let rings = try AdaptiveFilterTests.noisy(
      AdaptiveFilterTests.rings.sliced([60..<140, 50..<150]))
    let result = try CoherenceDiffusion(time: 3)(rings)
    #expect(abs(result.mean() - rings.mean()) < 1e-5)
    let flat = Tensor<Float>(repeating: 4, shape: [12, 12, 12])
    #expect(try CoherenceDiffusion(time: 1)(flat) == flat)
    #expect(try CoherenceDiffusion(time: 0)(rings) == rings)
    #expect(throws: FiltersmithError.self) { try CoherenceDiffusion(step: 1)(rings) }
  }

  @Test("Diffusion closes an interrupted line and does not blur across it")
  func diffusionAlong() throws {
    var stripes = Tensor<Float>(shape: [64, 64]) { 0.5 + 0.5 * sin(0.6 * Float($0[0])) }
    for y in 0..<64 { for x in 31..<33 { stripes[y, x] = 0.5 } }
    let result = try CoherenceDiffusion(time: 20)(stripes)
    // sin(0.6 · 29) is −0.99 nearly: a dark stripe.
    let dark = (24..<36).min { stripes[$0, 10] < stripes[$1, 10] } ?? 0
    #expect(result[dark, 32] < 0.35)
    #expect(abs(result[dark, 10] - stripes[dark, 10]) < 0.05)
  }

  @Test("With full leakage diffusion is the heat equation's Gaussian")
  func heat() throws {
    var impulse = Tensor<Float>(zeros: [41, 41])
    impulse[20, 20] = 1
    let result = try CoherenceDiffusion(time: 4.5, leakage: 1, step: 0.1)(impulse)
    let gaussian = try GaussianSmoothing(sigma: [3])(impulse)
    for index in [[20, 20], [20, 23], [24, 22], [14, 20]] {
      #expect(abs(result[index] - gaussian[index]) < 0.03 * gaussian[20, 20])
    }
  }

  @Test("Unsharp masking adds what the Gaussian takes away")
  func unsharp() throws {
    let image = LocalPhaseTests.wave([48, 48], frequency: [0, 0.5])
    let mask = UnsharpMask(sigma: [2], amount: 1.5)
    let gain = 1 + 1.5 * (1 - exp(-0.5 * 4 * 0.25))
    #expect(abs(Double(try mask(image)[24, 24]) - gain) < 2e-3)
    #expect(try UnsharpMask(amount: 1, threshold: 10)(image) == image)
  }

  @Test("A hole is neither sharpened nor seen by unsharp masking around it")
  func unsharpMask() throws {
    let flat = Tensor<Float>(repeating: 3, shape: [32, 32])
    var torn = flat
    for y in 12..<16 { for x in 14..<19 { torn[y, x] = .nan } }
    // Nothing is known to differ, so nothing is added; with zeros in the hole its rim would be.
    let result = try UnsharpMask(sigma: [2], amount: 2)(MaskedImage(torn))
    for value in result.elements { #expect(abs(value - 3) < 1e-4) }
    let zeros = try UnsharpMask(sigma: [2], amount: 2)(torn.map { $0.isNaN ? 0 : $0 })
    #expect(zeros[11, 16] > 3.5)
  }

  @Test("Diffusion continues stripes across a hole")
  func diffusionMask() throws {
    let stripes = Tensor<Float>(shape: [64, 64]) { 0.5 + 0.5 * sin(0.6 * Float($0[0])) }
    var torn = stripes
    for y in 20..<44 { for x in 30..<35 { torn[y, x] = .nan } }
    let masked = try MaskedImage(torn)
    let filled = try masked.filled()
    let result = try CoherenceDiffusion(time: 30)(masked)
    func error(_ image: Tensor<Float>) -> Double {
      var sum = 0.0
      for y in 20..<44 { for x in 30..<35 { sum += pow(Double(image[y, x] - stripes[y, x]), 2) } }
      return (sum / 120).squareRoot()
    }
    #expect(error(result) < 0.12, "\(error(result))")
    #expect(error(result) < 0.6 * error(filled), "\(error(result)) of \(error(filled))")
  }

  @Test("Spacing widens a Gaussian in samples where they are dense")
  func spacing() throws {
    var impulse = Tensor<Float>(zeros: [31, 31])
    impulse[15, 15] = 1
    let result = try GaussianSmoothing(sigma: [2], spacing: [2, 1])(impulse)
    #expect(abs(result[16, 15] - result[15, 17]) < 1e-6)
    let (values, certainty) = try GaussianSmoothing(sigma: [2])(MaskedImage(impulse.map { $0 + 1 }))
    #expect(abs(values[0, 0] - 1) < 1e-4)
    #expect(certainty[0, 0] < 0.5)
  }

  @Test("Holes fill with what is around them, however wide")
  func filling() throws {
    var torn = Tensor<Float>(shape: [40, 40]) { Float($0[0]) }
    for y in 5..<35 { for x in 5..<35 { torn[y, x] = .nan } }
    let filled = try MaskedImage(torn).filled()
    #expect(filled.isFinite)
    #expect(filled[2, 2] == 2)
    // The middle is between what lies on both sides.
    #expect(filled[20, 20] > 10 && filled[20, 20] < 30)
  }
}
