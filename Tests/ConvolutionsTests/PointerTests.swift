import Tensors
import Testing

@testable import Convolutions

/// Runs on memory of the caller's give what runs on tensors give.
@Suite struct PointerTests {
  static let algorithms = Algorithm.allCases.filter { $0 != .measured }

  @Test(arguments: algorithms)
  func mapsOnPointers(_ algorithm: Algorithm) throws {
    let cases = [
      try Convolution(input: [2, 3, 12, 13], kernel: [5, 3, 3, 3], padding: .same),
      try Convolution(input: [2, 4, 9, 10], kernel: [4, 1, 3, 3], padding: .same, groups: 4),
    ]
    for convolution in cases {
      let data = CaseData(convolution, isSeparable: algorithm == .separable)
      try check(convolution, algorithm, data, Float.self)
      try check(convolution, algorithm, data, Double.self)
    }
  }

  private func check<Scalar: ConvolutionScalar>(
    _ convolution: Convolution, _ algorithm: Algorithm, _ data: CaseData, _: Scalar.Type
  ) throws {
    let (input, kernel) = (Tensor<Scalar>(data.input), Tensor<Scalar>(data.kernel))
    let gradient = Tensor<Scalar>(data.gradient)
    guard let plan = try? convolution.plan(algorithm, for: LinearMap.allCases, kernel: kernel)
    else { return }
    let bias = Tensor<Scalar>((0..<convolution.kernel[0]).map { Scalar($0) - 1.5 })
    var output = Tensor<Scalar>(zeros: convolution.output)
    var inputGradient = Tensor<Scalar>(zeros: convolution.input)
    var kernelGradient = Tensor<Scalar>(zeros: convolution.kernel)
    try kernel.withUnsafeElements { kernel in
      let kernel = try #require(kernel.baseAddress)
      try input.withUnsafeElements { input in
        let input = try #require(input.baseAddress)
        try gradient.withUnsafeElements { gradient in
          let gradient = try #require(gradient.baseAddress)
          try bias.withUnsafeElements { bias in
            let bias = try #require(bias.baseAddress)
            try output.withUnsafeMutableElements {
              plan.forward(
                input, prepared: plan.prepare(kernel, for: .forward), bias: bias,
                activation: .relu, into: try #require($0.baseAddress))
            }
          }
          try inputGradient.withUnsafeMutableElements {
            plan.inputGradient(
              gradient, prepared: plan.prepare(kernel, for: .inputGradient),
              into: try #require($0.baseAddress))
          }
          try kernelGradient.withUnsafeMutableElements {
            plan.kernelGradient(
              input: input, outputGradient: gradient, into: try #require($0.baseAddress))
          }
        }
      }
    }
    #expect(try output == plan.forward(input, bias: bias, activation: .relu))
    #expect(try inputGradient == plan.inputGradient(gradient))
    #expect(try kernelGradient == plan.kernelGradient(input: input, outputGradient: gradient))
  }

  /// A kernel prepared in the memory of another leaves nothing of it behind.
  @Test(arguments: algorithms)
  func kernelsArePreparedInPlace(_ algorithm: Algorithm) throws {
    let convolution = try Convolution(
      input: [1, 3, 12, 13], kernel: [18, 3, 3, 3], padding: .same)
    let data = CaseData(convolution, isSeparable: algorithm == .separable)
    let kernel = Tensor<Float>(data.kernel)
    let other = kernel.map { -2 * $0 }
    let plan = try convolution.plan(algorithm, for: LinearMap.allCases, kernel: kernel)
    func inPlace(_ map: LinearMap) throws -> PreparedKernel<Float> {
      var prepared = try plan.prepare(other, for: map)
      try kernel.withUnsafeElements {
        plan.prepare(try #require($0.baseAddress), for: map, into: &prepared)
      }
      return prepared
    }
    let (input, gradient) = (Tensor<Float>(data.input), Tensor<Float>(data.gradient))
    #expect(
      try plan.forward(input, prepared: inPlace(.forward)) == plan.forward(input), "\(algorithm)")
    var inputGradient = input
    try plan.inputGradient(gradient, prepared: inPlace(.inputGradient), into: &inputGradient)
    #expect(try inputGradient == plan.inputGradient(gradient), "\(algorithm)")
  }
}
