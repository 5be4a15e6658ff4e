import Tensors
import TestSupport
import Testing

@testable import Convolutions

/// Overlap-save where there are many tiles: remainders, odd numbers of tiles, strides, groups.
@Suite struct TiledFourierTests {
  static let convolutions: [Convolution] = {
    var convolutions: [Convolution] = []
    func add(_ make: () throws -> Convolution) {
      do { convolutions.append(try make()) } catch { preconditionFailure("\(error)") }
    }
    add { try Convolution(input: [1, 1, 301, 310], kernel: [1, 1, 9, 15], border: .mirror) }
    add { try Convolution(input: [1, 1, 290, 333], kernel: [3, 1, 31, 8], border: .wrap) }
    add { try Convolution(input: [3, 2, 150, 161], kernel: [4, 2, 9, 7], border: .zero) }
    add {
      try Convolution(
        input: [1, 4, 240, 231], kernel: [6, 2, 7, 5], border: .constant(0.5), stride: [2, 3],
        dilation: [3, 2], groups: 2)
    }
    add { try Convolution(input: [1, 1, 9001], kernel: [2, 1, 130], border: .full) }
    add { try Convolution(input: [1, 1, 45, 50, 61], kernel: [2, 1, 5, 6, 5], border: .valid) }
    add { try Convolution(input: [1, 1, 12, 20, 30, 31], kernel: [2, 1, 3, 5, 3, 3]) }
    add {
      try Convolution(
        input: [2, 1, 150, 140], kernel: [2, 1, 11, 11],
        padding: .explicit(before: [-3, 4], after: [6, -5]))
    }
    return convolutions
  }()

  @Test func manyTilesAgreeWithTheWholeInDoublePrecision() throws {
    for convolution in Self.convolutions {
      var source = RandomSource(seed: 5)
      let input = Tensor<Float>.normal(shape: convolution.input, using: &source)
      let kernel = Tensor<Float>.normal(shape: convolution.kernel, using: &source)
      let gradient = Tensor<Float>.normal(shape: convolution.output, using: &source)
      let plan = try convolution.plan(.tiledFourier, for: LinearMap.allCases, kernel: kernel)
      let exact = try convolution.plan(
        .fourier, for: LinearMap.allCases, kernel: Tensor<Double>(kernel))
      let note = Comment(rawValue: plan.explanation.description)
      let output = try exact.forward(Tensor<Double>(input))
      #expect(try relativeError(plan.forward(input), output) <= 1e-5, note)
      #expect(
        try relativeError(plan.forward(input, kernel: kernel), output) <= 1e-5, note)
      #expect(
        try relativeError(
          plan.inputGradient(gradient), exact.inputGradient(Tensor<Double>(gradient))) <= 1e-5,
        note)
      #expect(
        try relativeError(
          plan.kernelGradient(input: input, outputGradient: gradient),
          exact.kernelGradient(
            input: Tensor<Double>(input), outputGradient: Tensor<Double>(gradient))) <= 1e-5, note)
      guard convolution.kernel[0] % 2 == 0 else { continue }
      #expect(
        try relativeError(plan.pairMagnitudes(input), exact.pairMagnitudes(Tensor<Double>(input)))
          <= 1e-5, note)
    }
  }

  @Test func everyInstructionSet() throws {
    let convolution = Self.convolutions[2]
    var source = RandomSource(seed: 6)
    let input = Tensor<Float>.normal(shape: convolution.input, using: &source)
    let kernel = Tensor<Float>.normal(shape: convolution.kernel, using: &source)
    let gradient = Tensor<Float>.normal(shape: convolution.output, using: &source)
    let plan = try convolution.plan(.tiledFourier, for: LinearMap.allCases, kernel: kernel)
    let exact = try convolution.plan(
      .fourier, for: LinearMap.allCases, kernel: Tensor<Double>(kernel))
    let output = try exact.forward(Tensor<Double>(input))
    let magnitudes = try exact.pairMagnitudes(Tensor<Double>(input))
    let kernelGradient = try exact.kernelGradient(
      input: Tensor<Double>(input), outputGradient: Tensor<Double>(gradient))
    try forEachSIMDLevel { level throws in
      let note = Comment(rawValue: "\(level)")
      #expect(try relativeError(plan.forward(input), output) <= 1e-5, note)
      #expect(try relativeError(plan.pairMagnitudes(input), magnitudes) <= 1e-5, note)
      #expect(
        relativeError(
          try plan.kernelGradient(input: input, outputGradient: gradient), kernelGradient) <= 1e-5,
        note)
    }
  }

  /// Sums of many tiles are taken in an order that depends on the shapes alone.
  @Test func bitsOfManyTilesDoNotDependOnThreads() throws {
    let convolution = Self.convolutions[2]
    var source = RandomSource(seed: 7)
    let input = Tensor<Float>.normal(shape: convolution.input, using: &source)
    let kernel = Tensor<Float>.normal(shape: convolution.kernel, using: &source)
    let gradient = Tensor<Float>.normal(shape: convolution.output, using: &source)
    let plan = try convolution.plan(.tiledFourier, for: LinearMap.allCases, kernel: kernel)
    func results() throws -> [Tensor<Float>] {
      [
        try plan.forward(input), try plan.inputGradient(gradient),
        try plan.kernelGradient(input: input, outputGradient: gradient),
      ]
    }
    try expectSameForThreads(2, 5) { try results() }
  }

  /// A large 4D bank needs little more than its spectra.
  @Test func scratchIsBounded() throws {
    let convolution = try Convolution(
      input: [1, 1, 20, 32, 64, 64], kernel: [24, 1, 7, 7, 7, 7], border: .mirror)
    // Every thread has blocks of its own, and tests beside this one change how many threads there are.
    let before = Threads.count
    let assessment = TiledFourierEngine.assess(convolution, kernel: nil)
    let threads = max(before, Threads.count, 2)
    guard case .estimate(_, let scratch) = assessment else {
      Issue.record("declined: \(assessment)")
      return
    }
    #expect(scratch <= threads * 64 << 20)
  }
}
