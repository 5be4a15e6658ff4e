import Tensors
import TestSupport
import Testing

@testable import Convolutions

/// Every algorithm × case × map against the definition.
///
/// A new algorithm is tested by its name in ``Algorithm``.
@Suite struct AgreementTests {
  /// Measuring takes one of the others.
  static let algorithms = Algorithm.allCases.filter { $0 != .measured }
  /// Those that decline `Double`.
  static let singlePrecision: Set<Algorithm> = [.blocked, .planar, .tiledFourier, .winograd]

  @Test(arguments: algorithms)
  func inDoublePrecision(_ algorithm: Algorithm) throws {
    try checkAll(algorithm, Double.self, tolerance: 1e-12)
  }

  @Test(arguments: algorithms)
  func inSinglePrecision(_ algorithm: Algorithm) throws {
    try checkAll(algorithm, Float.self, tolerance: 1e-5)
  }

  private func checkAll<Scalar: ConvolutionScalar>(
    _ algorithm: Algorithm, _: Scalar.Type, tolerance: Double
  ) throws {
    var checked = 0
    for data in CaseData.all(for: algorithm) {
      let (input, kernel) = (Tensor<Scalar>(data.input), Tensor<Scalar>(data.kernel))
      let gradient = Tensor<Scalar>(data.gradient)
      let plan: ConvolutionPlan<Scalar>
      do {
        plan = try data.convolution.plan(algorithm, for: LinearMap.allCases, kernel: kernel)
      } catch {
        #expect(error.kind == .argument)
        continue
      }
      checked += 1
      let taken = try plan.algorithm(for: .forward)
      #expect(
        algorithm == .automatic || taken == algorithm || (algorithm == .direct && taken == .plain))
      let note = Comment(rawValue: "\(algorithm): \(plan.explanation)")
      let output = try plan.forward(input, kernel: kernel)
      #expect(relativeError(output, data.output) <= tolerance, note)
      #expect(try plan.forward(input) == output, note)
      let inputGradient = try plan.inputGradient(gradient, kernel: kernel)
      #expect(relativeError(inputGradient, data.inputGradient) <= tolerance, note)
      let kernelGradient = try plan.kernelGradient(input: input, outputGradient: gradient)
      #expect(relativeError(kernelGradient, data.kernelGradient) <= tolerance, note)
    }
    let isComputed = Scalar.self == Float.self || !Self.singlePrecision.contains(algorithm)
    let fewest = algorithm == .winograd ? 10 : 40
    #expect(checked > (isComputed ? fewest : -1), "\(algorithm) declined nearly everything")
    #expect(isComputed || checked == 0)
  }

  /// ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ in both arguments, for borders without a constant part.
  @Test(arguments: algorithms)
  func gradientsAreAdjoint(_ algorithm: Algorithm) throws {
    for data in CaseData.all(for: algorithm) where data.convolution.border.fill == 0 {
      guard
        let plan = try? data.convolution.plan(
          algorithm, for: LinearMap.allCases, kernel: data.kernel)
      else { continue }
      let output = try plan.forward(data.input)
      let product = try (output * data.gradient).sum()
      let inInput = try (data.input * plan.inputGradient(data.gradient)).sum()
      let kernelGradient = try plan.kernelGradient(input: data.input, outputGradient: data.gradient)
      let inKernel = try (data.kernel * kernelGradient).sum()
      let scale = output.norm() * data.gradient.norm()
      #expect(abs(product - inInput) <= 1e-12 * scale)
      #expect(abs(product - inKernel) <= 1e-12 * scale)
    }
  }

  /// Bias, activation and pair magnitudes in the same pass equal those computed afterwards.
  @Test(arguments: algorithms)
  func epilogues(_ algorithm: Algorithm) throws {
    try checkEpilogues(algorithm, Double.self, tolerance: 1e-14)
    try checkEpilogues(algorithm, Float.self, tolerance: 1e-6)
  }

  private func checkEpilogues<Scalar: ConvolutionScalar>(
    _ algorithm: Algorithm, _: Scalar.Type, tolerance: Double
  ) throws {
    let activations: [Activation] = [.identity, .relu, .leakyReLU(slope: 0.1)]
    for data in CaseData.all(for: algorithm) {
      let (kernel, input) = (Tensor<Scalar>(data.kernel), Tensor<Scalar>(data.input))
      guard
        let plan = try? data.convolution.plan(algorithm, for: LinearMap.allCases, kernel: kernel)
      else { continue }
      let filters = data.convolution.kernel[0]
      let bias = Tensor<Scalar>((0..<filters).map { Scalar($0) - 0.5 })
      let plain = try Tensor<Double>(plan.forward(input))
      for activation in activations {
        let expected = Tensor<Double>(shape: plain.shape) {
          activation(plain[$0] + Double(bias[$0[1]]))
        }
        let result = try plan.forward(input, bias: bias, activation: activation)
        #expect(relativeError(result, expected) <= tolerance)
        var reused = Tensor<Scalar>(repeating: .nan, shape: plain.shape)
        try plan.forward(input, bias: bias, activation: activation, into: &reused)
        #expect(reused == result)
      }
      guard filters % 2 == 0 else { continue }
      let magnitudes = try plan.pairMagnitudes(input)
      let expected = Tensor<Double>(shape: magnitudes.shape) { index in
        var (even, odd) = (index, index)
        even[1] = 2 * index[1]
        odd[1] = 2 * index[1] + 1
        return (plain[even] * plain[even] + plain[odd] * plain[odd]).squareRoot()
      }
      #expect(relativeError(magnitudes, expected) <= tolerance)
    }
  }

  @Test(arguments: algorithms)
  func bitsDoNotDependOnThreads(_ algorithm: Algorithm) throws {
    let large = try Convolution(input: [2, 2, 41, 37], kernel: [3, 2, 5, 3], border: .mirror)
    let square = try Convolution(input: [2, 2, 41, 37], kernel: [3, 2, 3, 3], border: .mirror)
    let convolution = (try? large.plan(algorithm)) == nil ? square : large
    let data = CaseData(convolution, isSeparable: algorithm == .separable)
    let kernel = Tensor<Float>(data.kernel)
    let plan = try convolution.plan(algorithm, for: LinearMap.allCases, kernel: kernel)
    let (input, gradient) = (Tensor<Float>(data.input), Tensor<Float>(data.gradient))
    func results() throws -> [Tensor<Float>] {
      [
        try plan.forward(input), try plan.inputGradient(gradient),
        try plan.kernelGradient(input: input, outputGradient: gradient),
      ]
    }
    try expectSameForThreads(2, 3, 7) { try results() }
  }
}
