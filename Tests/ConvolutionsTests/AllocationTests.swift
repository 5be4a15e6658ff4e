import Tensors
import TestSupport
import Testing

@testable import Convolutions

/// Plans that run again ask the system for nothing but, for some algorithms, a few small pieces.
@Suite struct AllocationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let input: Shape
    let kernel: Shape
    var stride = 1
    var groups = 1
    let algorithms: [Algorithm]
  }

  static let cases = [
    // Transforms whose extents are powers of two: for others FFTW itself asks for memory.
    Case(
      testDescription: "bank", input: [1, 1, 54, 54], kernel: [8, 1, 11, 11],
      algorithms: [
        .direct, .plain, .tiledFourier, .fourier, .separable, .lowRank, .matrixProduct, .planar,
      ]),
    Case(
      testDescription: "large bank", input: [1, 1, 256, 256], kernel: [8, 1, 11, 11],
      algorithms: [
        .direct, .plain, .tiledFourier, .separable, .lowRank, .matrixProduct, .planar,
      ]),
    Case(
      testDescription: "volume", input: [1, 1, 24, 24, 24], kernel: [2, 1, 5, 5, 5],
      algorithms: [
        .direct, .plain, .tiledFourier, .separable, .lowRank, .matrixProduct, .planar,
      ]),
    Case(
      testDescription: "layer", input: [4, 32, 28, 28], kernel: [32, 32, 3, 3],
      algorithms: [
        .blocked, .planar, .winograd, .matrixProduct, .plain, .direct, .tiledFourier,
      ]),
    Case(
      testDescription: "strided layer", input: [4, 32, 28, 28], kernel: [32, 32, 3, 3], stride: 2,
      algorithms: [.blocked, .planar, .matrixProduct, .plain, .tiledFourier]),
    Case(
      testDescription: "depthwise layer", input: [4, 32, 28, 28], kernel: [32, 1, 5, 5], groups: 32,
      algorithms: [.blocked, .planar, .matrixProduct, .plain, .direct, .tiledFourier]),
  ]

  @Test func everyAlgorithmIsCounted() {
    let counted = Set(Self.cases.flatMap(\.algorithms))
    #expect(counted == Set(AgreementTests.algorithms).subtracting([.automatic]))
  }

  @Test(arguments: cases, LinearMap.allCases)
  func reusedPlansAllocateNothing(_ test: Case, _ map: LinearMap) throws {
    let convolution = try Convolution(
      input: test.input, kernel: test.kernel, padding: .same,
      stride: [Int](repeating: test.stride, count: test.input.rank - 2), groups: test.groups)
    var source = RandomSource(seed: 1)
    // A kernel of ones is an outer product.
    let kernels = [
      Tensor<Float>.normal(shape: test.kernel, using: &source),
      Tensor<Float>(repeating: 1, shape: test.kernel),
    ]
    let input = Tensor<Float>.normal(shape: convolution.input, using: &source)
    let gradient = Tensor<Float>.normal(shape: convolution.output, using: &source)
    var (output, inputGradient, kernelGradient) = (gradient, input, kernels[0])
    for algorithm in test.algorithms {
      let kernel = kernels[algorithm == .separable ? 1 : 0]
      let plan = try convolution.plan(algorithm, for: [.forward, map], kernel: kernel)
      func run() throws(FiltersmithError) {
        switch map {
        case .forward: try plan.forward(input, into: &output)
        case .inputGradient: try plan.inputGradient(gradient, into: &inputGradient)
        case .kernelGradient:
          try plan.kernelGradient(input: input, outputGradient: gradient, into: &kernelGradient)
        }
      }
      // The first run fills the store of scratch memory.
      try run()
      guard let count = try countingAllocations(run) else { return }
      let name = "\(test.testDescription), \(algorithm), \(map)"
      #expect(count.calls <= 8, "\(name): \(count.calls) pieces of memory")
      #expect(count.largeCalls == 0, "\(name)")
    }
  }
}
