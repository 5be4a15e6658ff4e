import SIMDLoops
import Tensors
import TestSupport
import Testing

@testable import Convolutions

/// The SIMD loops of the direct algorithm: sizes that reach all their blocks, tiles and remainders,
/// with every instruction set the processor has.
@Suite struct StencilTests {
  /// Wider than what is read in place, several bands of rows, tall and wide kernels, dilation,
  /// channels, groups, volumes.
  static let cases: [Convolution] = {
    var cases: [Convolution] = []
    func add(_ make: () throws -> Convolution) {
      do { cases.append(try make()) } catch { preconditionFailure("\(error)") }
    }
    for border in ConvolutionCases.borders {
      add { try Convolution(input: [1, 1, 59, 251], kernel: [1, 1, 3, 3], border: border) }
      add { try Convolution(input: [1, 1, 31, 237], kernel: [2, 1, 8, 21], border: border) }
      add {
        try Convolution(
          input: [1, 2, 30, 240], kernel: [4, 1, 5, 4], border: border, dilation: [3, 2],
          groups: 2)
      }
      add { try Convolution(input: [2, 1, 9, 13, 17], kernel: [2, 1, 3, 5, 3], border: border) }
      add {
        try Convolution(input: [1, 1, 5, 6, 7, 20], kernel: [2, 1, 3, 3, 4, 5], border: border)
      }
      add { try Convolution(input: [1, 1, 3001], kernel: [1, 1, 41], border: border) }
    }
    for taps in [1, 2, 4, 5, 6, 7, 13] {
      add { try Convolution(input: [1, 1, 23, 43], kernel: [1, 1, taps, taps], border: .nearest) }
      add { try Convolution(input: [1, 1, 20, 1], kernel: [1, 1, taps, 1], border: .symmetric) }
      add { try Convolution(input: [1, 1, 5, 600], kernel: [1, 1, 1, 3 * taps], border: .wrap) }
    }
    add { try Convolution(input: [1, 1, 40, 5000], kernel: [1, 1, 3, 3], border: .zero) }
    return cases
  }()

  /// Filters 2k even and 2k + 1 odd, in every channel.
  static func quadraturePairs(_ shape: Shape) throws -> Tensor<Float> {
    var source = RandomSource(seed: 11)
    let kernel = Tensor<Float>.normal(shape: shape, using: &source)
    let size = shape.dropFirst(2).reduce(1, *)
    let values = kernel.elements
    let elements = values.indices.map { index in
      let (line, tap) = (index / size, index % size)
      let mirrored = values[line * size + size - 1 - tap]
      return line / shape[1] % 2 == 0 ? values[index] + mirrored : values[index] - mirrored
    }
    return try Tensor(shape: shape, elements: elements)
  }

  @Test func everyLevelAgreesWithPlainLoops() throws {
    for convolution in Self.cases {
      var source = RandomSource(seed: 7)
      let kernel = Tensor<Float>.normal(shape: convolution.kernel, using: &source)
      let input = Tensor<Float>.normal(shape: convolution.input, using: &source)
      let gradient = Tensor<Float>.normal(shape: convolution.output, using: &source)
      let plain = try convolution.plan(
        .plain, for: [.forward, .inputGradient], kernel: Tensor<Double>(kernel))
      let expected = try plain.forward(Tensor<Double>(input))
      let expectedGradient = try plain.inputGradient(Tensor<Double>(gradient))
      let plan = try convolution.plan(.direct, for: [.forward, .inputGradient], kernel: kernel)
      #expect(try plan.algorithm(for: .forward) == .direct)
      #expect(try plan.algorithm(for: .inputGradient) == .direct)
      try forEachSIMDLevel { level throws in
        let note = Comment(rawValue: "\(level): \(convolution)")
        #expect(try relativeError(plan.forward(input), expected) <= 3e-6, note)
        #expect(try relativeError(plan.inputGradient(gradient), expectedGradient) <= 3e-6, note)
      }
    }
  }

  @Test(
    arguments: [
      ([1, 1, 40, 251], [8, 1, 9, 9]), ([2, 1, 21, 33], [6, 1, 4, 5]),
      ([1, 1, 20, 31], [2, 1, 5, 4]),
      ([1, 2, 12, 25], [4, 2, 3, 3]), ([1, 2, 12, 25], [4, 1, 6, 6]),
      ([1, 1, 7, 9, 20], [4, 1, 3, 4, 5]),
      ([1, 1, 4, 5, 6, 7], [6, 1, 3, 3, 3, 3]), ([1, 1, 300], [2, 1, 15]),
    ] as [(Shape, Shape)])
  func pairsShareSumsAndDifferences(_ input: Shape, _ kernelShape: Shape) throws {
    let groups = input[1] / kernelShape[1]
    for border in [Border.mirror, .constant(2), .valid] {
      if border == .valid, zip(input, kernelShape).dropFirst(2).contains(where: { $0 < $1 }) {
        continue
      }
      let convolution = try Convolution(
        input: input, kernel: kernelShape, border: border, groups: groups)
      let kernel = try Self.quadraturePairs(kernelShape)
      let jobs = kernel.withUnsafeElements { elements in
        elements.baseAddress.map { StencilKernel.jobs(for: $0, convolution: convolution) } ?? []
      }
      #expect(jobs.allSatisfy { $0.pairs > 0 }, "all of the filters are pairs")
      var source = RandomSource(seed: 4)
      let image = Tensor<Float>.normal(shape: convolution.input, using: &source)
      let bias = Tensor<Float>((0..<kernelShape[0]).map { Float($0) - 1.5 })
      let plain = try convolution.plan(
        .plain, for: [.forward, .inputGradient], kernel: Tensor<Double>(kernel))
      let expected = try plain.forward(Tensor<Double>(image))
      let activated = try plain.forward(
        Tensor<Double>(image), bias: Tensor<Double>(bias), activation: .leakyReLU(slope: 0.25))
      let magnitudes = try plain.pairMagnitudes(Tensor<Double>(image))
      let plan = try convolution.plan(.direct, for: [.forward, .inputGradient], kernel: kernel)
      try forEachSIMDLevel { level throws in
        let note = Comment(rawValue: "\(level): \(convolution)")
        #expect(try relativeError(plan.forward(image), expected) <= 3e-6, note)
        #expect(try relativeError(plan.pairMagnitudes(image), magnitudes) <= 3e-6, note)
        #expect(
          relativeError(
            try plan.forward(image, bias: bias, activation: .leakyReLU(slope: 0.25)), activated)
            <= 3e-6, note)
      }
    }
  }

  /// One coefficient that differs in its last bit is enough to make a pair two filters.
  @Test func symmetryIsExact() throws {
    let convolution = try Convolution(input: [1, 1, 20, 40], kernel: [2, 1, 5, 5])
    var kernel = try Self.quadraturePairs(convolution.kernel)
    kernel[1, 0, 1, 2] = kernel[1, 0, 1, 2].nextUp
    let jobs = kernel.withUnsafeElements { elements in
      elements.baseAddress.map { StencilKernel.jobs(for: $0, convolution: convolution) } ?? []
    }
    #expect(jobs.map(\.pairs) == [0, 0])
    var source = RandomSource(seed: 4)
    let image = Tensor<Float>.normal(shape: convolution.input, using: &source)
    let plain = try convolution.plan(
      .plain, for: [.forward, .inputGradient], kernel: Tensor<Double>(kernel))
    let plan = try convolution.plan(.direct, for: [.forward, .inputGradient], kernel: kernel)
    #expect(
      try relativeError(plan.pairMagnitudes(image), plain.pairMagnitudes(Tensor<Double>(image)))
        <= 3e-6)
  }

  /// ReLU gives 0 for −∞ and leaves what is no number.
  @Test func activationsOfExtremes() throws {
    let convolution = try Convolution(input: [1, 1, 1, 40], kernel: [1, 1, 1, 1])
    let kernel = Tensor<Float>(repeating: 1, shape: convolution.kernel)
    let plan = try convolution.plan(.direct, for: [.forward, .inputGradient], kernel: kernel)
    var image = Tensor<Float>(repeating: -1, shape: convolution.input)
    image[0, 0, 0, 3] = -.infinity
    image[0, 0, 0, 5] = .nan
    image[0, 0, 0, 37] = -.infinity
    try forEachSIMDLevel { level in
      let result = try plan.forward(image, activation: .relu).elements
      #expect(result[5].isNaN, "\(level)")
      #expect(result.enumerated().allSatisfy { $0.offset == 5 || $0.element == 0 }, "\(level)")
    }
  }

  @Test func bitsDoNotDependOnThreads() throws {
    let convolution = try Convolution(input: [1, 1, 130, 300], kernel: [4, 1, 7, 7])
    var source = RandomSource(seed: 4)
    let image = Tensor<Float>.normal(shape: convolution.input, using: &source)
    let kernels = [
      try Self.quadraturePairs(convolution.kernel),
      Tensor<Float>.normal(shape: convolution.kernel, using: &source),
    ]
    for kernel in kernels {
      let plan = try convolution.plan(.direct, kernel: kernel)
      try expectSameForThreads(2, 3, 8) { try plan.forward(image) }
    }
  }

  /// Rings of rows, planes and volumes; several boxes along every axis; sums over channels.
  @Test func separablePassesAgreeWithPlainLoops() throws {
    let shapes: [(Shape, Shape, [Int]?, Int)] = [
      ([1, 1, 230, 301], [1, 1, 9, 7], nil, 1), ([2, 2, 40, 90], [3, 2, 5, 21], nil, 1),
      ([1, 4, 33, 40], [4, 2, 3, 3], [2, 3], 2), ([1, 1, 200, 40], [1, 1, 61, 45], nil, 1),
      ([1, 1, 40, 30, 70], [1, 1, 9, 5, 11], nil, 1),
      ([1, 2, 12, 13, 14], [2, 2, 3, 4, 5], nil, 1),
      ([1, 1, 7, 30, 20, 33], [1, 1, 3, 5, 7, 9], nil, 1), ([1, 1, 20, 20], [1, 1, 1, 5], nil, 1),
    ]
    for (input, kernelShape, dilation, groups) in shapes {
      for border in [Border.mirror, .constant(-2), .valid, .full, .wrap] {
        guard
          let convolution = try? Convolution(
            input: input, kernel: kernelShape, border: border, dilation: dilation, groups: groups)
        else { continue }
        var source = RandomSource(seed: 7)
        let factors = kernelShape.dropFirst(2).map { taps in
          Tensor<Float>.normal(shape: [kernelShape[0], kernelShape[1], taps], using: &source)
        }
        let kernel = Tensor<Float>(shape: kernelShape) { index in
          factors.indices.reduce(1) { $0 * factors[$1][index[0], index[1], index[2 + $1]] }
        }
        let image = Tensor<Float>.normal(shape: convolution.input, using: &source)
        let gradient = Tensor<Float>.normal(shape: convolution.output, using: &source)
        let plan = try convolution.plan(
          .separable, for: [.forward, .inputGradient], kernel: kernel)
        let plain = try convolution.plan(
          .plain, for: [.forward, .inputGradient], kernel: Tensor<Double>(kernel))
        let expected = try plain.forward(Tensor<Double>(image))
        let expectedGradient = try plain.inputGradient(Tensor<Double>(gradient))
        #expect(try plan.algorithm(for: .inputGradient) == .separable)
        try forEachSIMDLevel { level throws in
          let note = Comment(rawValue: "\(level): \(convolution)")
          #expect(try relativeError(plan.forward(image), expected) <= 3e-6, note)
          #expect(try relativeError(plan.inputGradient(gradient), expectedGradient) <= 3e-6, note)
        }
      }
    }
  }
}
