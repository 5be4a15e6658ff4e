import Tensors
import TestSupport
import Testing

@testable import Convolutions

/// The algorithms for layers on layers: more channels and filters than fit one block, boxes and tiles
/// that do not divide the image.
@Suite struct LayerTests {
  static let algorithms: [Algorithm] = [.blocked, .planar, .matrixProduct, .winograd]

  static let layers: [Convolution] = {
    var layers: [Convolution] = []
    func add(_ make: () throws -> Convolution) {
      do { layers.append(try make()) } catch { preconditionFailure("\(error)") }
    }
    add { try Convolution(input: [2, 19, 14, 15], kernel: [37, 19, 3, 3], padding: .same) }
    add { try Convolution(input: [1, 17, 13, 11], kernel: [18, 17, 3, 3], border: .mirror) }
    add { try Convolution(input: [1, 16, 9, 30], kernel: [33, 16, 5, 5], border: .wrap) }
    add {
      try Convolution(
        input: [3, 3, 29, 31], kernel: [20, 3, 7, 7], padding: .same, stride: [2, 2])
    }
    add {
      try Convolution(input: [2, 40, 9, 9], kernel: [50, 20, 1, 1], padding: .same, groups: 2)
    }
    add {
      try Convolution(
        input: [1, 24, 12, 12], kernel: [17, 24, 1, 1], padding: .valid, stride: [2, 3])
    }
    add { try Convolution(input: [2, 5, 400], kernel: [21, 5, 9], padding: .same) }
    add {
      try Convolution(input: [1, 2, 70_000], kernel: [2, 2, 5], border: .symmetric, dilation: [3])
    }
    add { try Convolution(input: [1, 12, 7, 8, 9], kernel: [17, 12, 3, 3, 3], padding: .same) }
    add { try Convolution(input: [1, 4, 5, 6, 5, 7], kernel: [6, 4, 3, 3, 3, 3], padding: .same) }
    add { try Convolution(input: [1, 40, 50, 60], kernel: [3, 40, 3, 3], border: .nearest) }
    add {
      try Convolution(input: [2, 6, 31, 33], kernel: [12, 1, 3, 3], padding: .same, groups: 6)
    }
    add { try Convolution(input: [1, 1, 300, 310], kernel: [4, 1, 3, 3], border: .constant(2)) }
    add { try Convolution(input: [2, 18, 10, 13], kernel: [17, 18, 5, 5], padding: .same) }
    add { try Convolution(input: [1, 3, 5, 12, 9], kernel: [20, 3, 2, 5, 5], border: .symmetric) }
    // Errors grow with the number of channels summed.
    add { try Convolution(input: [1, 512, 8, 8], kernel: [16, 512, 3, 3], padding: .same) }
    add { try Convolution(input: [1, 16, 8, 8], kernel: [512, 16, 5, 5], padding: .same) }
    // Winograd's larger tiles with as many channels as they take, and their kernel's gradient over a batch.
    add { try Convolution(input: [1, 128, 12, 12], kernel: [16, 128, 5, 5], padding: .same) }
    add { try Convolution(input: [1, 129, 12, 12], kernel: [16, 129, 5, 5], padding: .same) }
    add { try Convolution(input: [40, 9, 15, 14], kernel: [20, 9, 5, 5], padding: .same) }
    // Kernels larger than their images, several boxes, and more blocks of filters than one group.
    add { try Convolution(input: [3, 70, 9, 13], kernel: [90, 70, 3, 3], padding: .same) }
    add {
      try Convolution(input: [2, 128, 6, 6], kernel: [160, 64, 3, 3], padding: .same, groups: 2)
    }
    add { try Convolution(input: [1, 256, 30, 9], kernel: [80, 256, 1, 1], padding: .same) }
    add { try Convolution(input: [2, 70, 40, 45], kernel: [20, 70, 1, 1], padding: .same) }
    add { try Convolution(input: [1, 9, 80, 120], kernel: [17, 9, 3, 2], border: .valid) }
    // One tap on planes shorter than a vector, whole vectors and a few numbers more: read where they lie.
    for (channels, filters, count, groups) in [
      (3, 1, 15, 1), (7, 3, 16, 1), (19, 10, 17, 1), (6, 40, 48, 2), (300, 21, 49, 1),
      (1, 5, 33, 1),
      (64, 70, 320, 1), (40, 64, 1024, 1),
    ] {
      add {
        try Convolution(
          input: [2, channels, count], kernel: [filters, channels / groups, 1], padding: .valid,
          groups: groups)
      }
    }
    // Weights that exceed a second-level cache are asked for ahead.
    add { try Convolution(input: [1, 310, 7, 6], kernel: [100, 310, 3, 3], padding: .same) }
    // Rows shorter than a vector, a little longer, and in boxes; strides along all axes.
    for columns in [1, 5, 7, 9, 17] {
      add {
        try Convolution(
          input: [2, 6, 11, columns], kernel: [12, 1, 3, 3], padding: .same, groups: 6)
      }
    }
    // Planes of their own: rows of every number of vectors, with and without one that overlaps.
    for (rows, columns) in [
      (1, 1), (2, 3), (3, 4), (5, 8), (4, 11), (7, 16), (9, 17), (56, 56), (6, 64), (10, 65),
      (3, 131), (200, 190),
    ] {
      add {
        try Convolution(
          input: [2, 5, rows, columns], kernel: [5, 1, 3, 3], padding: .same, groups: 5)
      }
    }
    add {
      try Convolution(
        input: [2, 5, 60, 200], kernel: [5, 1, 3, 3], border: .mirror, stride: [2, 3], groups: 5)
    }
    add {
      try Convolution(
        input: [1, 3, 9, 14, 23], kernel: [6, 1, 3, 2, 5], padding: .same, stride: [1, 2, 2],
        dilation: [2, 1, 3], groups: 3)
    }
    add { try Convolution(input: [2, 3, 300], kernel: [3, 1, 9], padding: .same, groups: 3) }
    add { try Convolution(input: [1, 2, 260, 270], kernel: [9, 2, 3, 3], border: .wrap) }
    return layers
  }()

  /// What one layer gives in double precision by the direct algorithm.
  struct Expected {
    let convolution: Convolution
    let input: Tensor<Float>
    let kernel: Tensor<Float>
    let gradient: Tensor<Float>
    let output: Tensor<Double>
    let inputGradient: Tensor<Double>
    let kernelGradient: Tensor<Double>

    init(_ convolution: Convolution) throws {
      var source = RandomSource(seed: 3)
      self.convolution = convolution
      input = .normal(shape: convolution.input, using: &source)
      kernel = .normal(shape: convolution.kernel, using: &source)
      gradient = .normal(shape: convolution.output, using: &source)
      let plan = try convolution.plan(
        .direct, for: LinearMap.allCases, kernel: Tensor<Double>(kernel))
      output = try plan.forward(Tensor<Double>(input))
      inputGradient = try plan.inputGradient(Tensor<Double>(gradient))
      kernelGradient = try plan.kernelGradient(
        input: Tensor<Double>(input), outputGradient: Tensor<Double>(gradient))
    }

    func check(_ algorithm: Algorithm, _ note: Comment) throws {
      guard let plan = try? convolution.plan(algorithm, for: LinearMap.allCases, kernel: kernel)
      else { return }
      let note = Comment(rawValue: "\(note.rawValue) \(plan.explanation)")
      #expect(try relativeError(plan.forward(input), output) <= 1e-5, note)
      #expect(try relativeError(plan.inputGradient(gradient), inputGradient) <= 1e-5, note)
      let sums = try plan.kernelGradient(input: input, outputGradient: gradient)
      #expect(relativeError(sums, kernelGradient) <= 1e-5, note)
    }
  }

  @Test func agreeWithEveryInstructionSet() throws {
    let expected = try Self.layers.map { try Expected($0) }
    try forEachSIMDLevel { level in
      for layer in expected {
        for algorithm in Self.algorithms { try layer.check(algorithm, "\(algorithm) \(level)") }
      }
    }
  }

  /// What is done to sums in the same pass, where planes are read where they lie.
  @Test func planesTakeBiasAndActivation() throws {
    let convolution = try Convolution(
      input: [2, 5, 21, 37], kernel: [5, 1, 3, 3], padding: .same, groups: 5)
    var source = RandomSource(seed: 7)
    let input: Tensor<Float> = .normal(shape: convolution.input, using: &source)
    let kernel: Tensor<Float> = .normal(shape: convolution.kernel, using: &source)
    let bias: Tensor<Float> = .normal(shape: [5], using: &source)
    for activation in [Activation.relu, .leakyReLU(slope: 0.2)] {
      let plain = try convolution.plan(.direct, kernel: kernel).forward(
        input, bias: bias, activation: activation)
      try forEachSIMDLevel { level in
        guard let plan = try? convolution.plan(.planar, kernel: kernel) else { return }
        let fused = try plan.forward(input, bias: bias, activation: activation)
        #expect(relativeError(fused, Tensor<Double>(plain)) <= 1e-6, "\(level) \(activation)")
      }
    }
  }

  /// Pairs of filters in one block, and in two; rows shorter than a vector; one tap, where nothing is copied.
  @Test(arguments: [2, 8, 10, 24]) func planarMagnitudes(filters: Int) throws {
    let convolutions = [
      try Convolution(input: [2, 3, 9, 40], kernel: [filters, 3, 3, 5], border: .mirror),
      try Convolution(input: [2, 3, 9, 5], kernel: [filters, 3, 3, 3], border: .mirror),
      try Convolution(input: [2, 5, 100], kernel: [filters, 5, 1], padding: .valid),
    ]
    for convolution in convolutions {
      var source = RandomSource(seed: 3)
      let kernel = Tensor<Float>.normal(shape: convolution.kernel, using: &source)
      let image = Tensor<Float>.normal(shape: convolution.input, using: &source)
      let plain = try convolution.plan(.plain, kernel: Tensor<Double>(kernel))
      let expected = try plain.pairMagnitudes(Tensor<Double>(image))
      try forEachSIMDLevel { level in
        let plan = try convolution.plan(.planar, kernel: kernel)
        let note = Comment(rawValue: "\(level): \(convolution)")
        #expect(try relativeError(plan.pairMagnitudes(image), expected) <= 1e-6, note)
      }
    }
  }

  /// Larger tiles where they need fewer products, and few enough are summed for their errors.
  @Test func winogradTiles() throws {
    func outputs(_ extent: Int, channels: Int, taps: Int = 5) throws -> Int {
      let convolution = try Convolution(
        input: [1, channels, extent, extent], kernel: [8, channels, taps, taps], padding: .same)
      return WinogradTile(convolution).outputs
    }
    #expect(try outputs(14, channels: 128) == 4)
    #expect(try outputs(14, channels: 129) == 2)
    #expect(try outputs(2, channels: 16) == 2)
    #expect(try outputs(3, channels: 16) == 4)
    #expect(try outputs(14, channels: 512, taps: 3) == 4)
  }

  /// Tiles stay in cache: the scratch of a large volume is far less than the volume itself.
  @Test func scratchIsBounded() throws {
    let large = try Convolution(
      input: [1, 16, 64, 64, 64], kernel: [16, 16, 3, 3, 3], padding: .same)
    let plan = try large.plan(.blocked)
    for choice in plan.explanation.choices {
      for candidate in choice.assessments where Self.algorithms.contains(candidate.algorithm) {
        guard case .estimate(_, let scratch) = candidate.assessment else { continue }
        #expect(scratch <= 64 << 20, "\(candidate.algorithm) \(choice.map)")
      }
    }
  }
}
