import Convolutions
import Tensors
import Testing

@testable import Networks

/// Hand-written derivatives against central differences, for every layer and loss.
@Suite struct GradientTests {
  /// A network and losses of it to differentiate.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let network: Network
    var losses = [LossTerm(.meanSquared)]
    var testDescription: String { name }
  }

  private static func make(
    _ name: String, _ input: Shape, @NetworkBuilder _ parts: () -> Sequential
  ) -> Case {
    do {
      return Case(name: name, network: try Network(input: input, parts))
    } catch {
      preconditionFailure("\(name): \(error)")
    }
  }

  static let convolutions: [Case] = {
    var cases: [Case] = []
    let spatial: [[Int]] = [[11], [7, 8], [5, 6, 5], [4, 5, 4, 5]]
    for extents in spatial {
      let rank = extents.count
      func add(_ name: String, @NetworkBuilder _ parts: () -> Sequential) {
        cases.append(make("\(rank)D \(name)", Shape([2] + extents), parts))
      }
      add("conv same") { Conv(3, kernel: 3, padding: .same) }
      add("conv stride") { Conv(3, kernel: 3, stride: 2, padding: .same) }
      add("conv dilation") { Conv(2, kernel: 2, padding: .same, dilation: 2) }
      add("conv groups") { Conv(4, kernel: 3, groups: 2, hasBias: false) }
      add("conv 1 → relu → conv") {
        Conv(3, kernel: 2)
        ReLU()
        Conv(2, kernel: 2)
      }
      add("depthwise") { DepthwiseConv(kernel: [3], multiplier: 2, stride: [2], padding: .same) }
      add("transposed") {
        ConvTransposed(3, kernel: [3], stride: [2], padding: .same)
        LeakyReLU(slope: 0.2)
      }
      add("transposed groups") { ConvTransposed(4, kernel: [2], stride: [2], groups: 2) }
      add("locally connected") { LocallyConnected(2, kernel: [2], stride: [2]) }
      add("max pooling") {
        Conv(2, kernel: 1)
        MaxPooling(2)
      }
      add("max pooling overlap") {
        Conv(2, kernel: 1)
        MaxPooling(3, stride: 2, padding: .same, includesPartial: true)
      }
      add("dilated pooling") {
        Conv(2, kernel: 1)
        Concatenation {
          MaxPooling(PoolingWindow(size: [2], stride: [1], padding: .same, dilation: [2]))
          AveragePooling(PoolingWindow(size: [2], stride: [1], padding: .same, dilation: [2]))
        }
      }
      add("average pooling") {
        Conv(2, kernel: 1)
        AveragePooling(3, stride: 2, padding: .same)
      }
      add("average pooling, padding counted") {
        Conv(2, kernel: 1)
        AveragePooling(
          3, stride: 2, padding: .symmetric([Int](repeating: 1, count: rank)),
          includesPartial: true, countsPadding: true)
      }
      add("global pooling") {
        Conv(2, kernel: 1)
        Concatenation {
          GlobalMaxPooling()
          GlobalAveragePooling()
        }
      }
      add("up-sampling") {
        Conv(2, kernel: 1)
        UpSampling([2], interpolation: .linear)
        UpSampling([2], interpolation: .nearest)
      }
      add("padding and cropping") {
        Conv(2, kernel: 1)
        ZeroPadding(before: [2], after: [1])
        Cropping(before: [1], after: [0])
      }
      add("batch normalisation") {
        Conv(3, kernel: 2)
        BatchNormalization()
        ReLU()
      }
      add("layer normalisation") {
        Conv(3, kernel: 2)
        LayerNormalization()
      }
      add("group normalisation") {
        Conv(4, kernel: 2)
        GroupNormalization(groups: 2)
      }
      add("local response") {
        Conv(6, kernel: 1)
        LocalResponseNormalization(size: 4, alpha: 0.5)
      }
      add("shortcut without parameters") {
        Conv(2, kernel: 1)
        Residual {
          Conv(4, kernel: 3, stride: 2, padding: .same)
        } shortcut: {
          SubsampleAndPadChannels(stride: 2, channels: 4)
        }
      }
      add("fixed filters") {
        Conv(2, kernel: 1)
        FixedFilters(bank(rank), padding: .same)
        Magnitude()
      }
      add("phase") {
        Conv(4, kernel: 1)
        Phase()
      }
      add("channel maximum") {
        Conv(6, kernel: 1)
        MaxOverGroups(3)
      }
      add("softmax") {
        Conv(4, kernel: 1)
        Softmax()
      }
      add("crop to match") {
        Conv(2, kernel: 1)
        CropSkip()
      }
      add("dense") {
        Flatten()
        Dense(4)
        Sigmoid()
        Reshape([2, -1])
      }
    }
    return cases
  }()

  /// Two random filters, an even and an odd one as far as the layers can tell.
  private static func bank(_ rank: Int) -> Tensor<Float> {
    var source = RandomSource(seed: 3)
    return .normal(shape: Shape([2, 1] + [Int](repeating: 3, count: rank)), using: &source)
  }

  /// The convolution of an image, and the middle of the image, side by side.
  struct CropSkip: NetworkPart {
    func append(
      to graph: inout NetworkGraph, after input: NetworkGraph.Reference
    ) throws(FiltersmithError) -> NetworkGraph.Reference {
      let small = try graph.add(Conv(3, kernel: 2), to: input)
      let middle = try graph.add(CropToMatch(), to: input, small)
      return try graph.add(Concatenate(), to: middle, small)
    }
  }

  static let functions: [Case] = {
    let layers: [(String, any FunctionLayer)] = [
      ("relu", ReLU()), ("leaky relu", LeakyReLU(slope: 0.3)), ("elu", ELU(alpha: 1.3)),
      ("gelu", GELU()), ("gelu by tanh", GELU(isApproximate: true)), ("silu", SiLU()),
      ("sigmoid", Sigmoid()), ("tanh", Tanh()), ("softplus", Softplus()),
    ]
    return layers.map { name, layer in
      make(name, [2, 5, 6]) {
        Conv(3, kernel: 2)
        BatchNormalization()
        [layer]
        Conv(2, kernel: 2)
      }
    }
  }()

  static let losses: [Case] = {
    let all: [(String, Loss)] = [
      ("softmax cross-entropy", .softmaxCrossEntropy()),
      ("weighted softmax cross-entropy", .softmaxCrossEntropy(classWeights: [1, 0.2, 3])),
      ("categorical", .ofSoftmax(.categoricalCrossEntropy(classWeights: [1, 2, 0.5]))),
      ("binary cross-entropy", .binaryCrossEntropy(positiveWeight: 2)),
      ("weighted binary", .ofSigmoid(.weightedBinaryCrossEntropy(positiveWeight: 3))),
      ("mean squared", .meanSquared), ("mean absolute", .meanAbsolute),
      ("huber", .huber(delta: 0.4)), ("dice", .ofSigmoid(.dice)),
      ("soft dice", .ofSoftmax(.softDice)),
      ("sum", .sum([WeightedLoss(0.3, .meanSquared), WeightedLoss(2, .ofSigmoid(.dice))])),
    ]
    return all.flatMap { name, loss in
      [
        Case(
          name: name, network: make(name, [2, 4, 5]) { Conv(3, kernel: 2) }.network,
          losses: [LossTerm(loss, weight: 0.7)]),
        Case(
          name: "\(name) of features",
          network: make(name, [4]) { Dense(3) }.network, losses: [LossTerm(loss)]),
      ]
    }
  }()

  /// Derivatives of the loss by parameters and inputs.
  struct Derivatives<Scalar: ConvolutionScalar> {
    let loss: Double
    let parameters: Weights<Scalar>
    let input: Tensor<Scalar>
  }

  private static func target<Scalar>(
    _ term: LossTerm, _ network: Network, _ batch: Int
  ) throws -> LossTarget<Scalar> {
    let shape = network.shapes[try term.outputName(of: network)] ?? []
    var source = RandomSource(seed: 9)
    switch term.loss {
    case .softmaxCrossEntropy, .ofSoftmax:
      let positions = batch * shape.dropFirst().reduce(1, *)
      let channels = shape[0]
      // One position in eight does not count.
      return .classes(
        (0..<positions).map { $0 % 8 == 5 ? -1 : Int32(source.integer(below: channels)) })
    case .meanSquared, .meanAbsolute, .huber:
      return .values(.normal(shape: Shape([batch]) + shape, using: &source))
    default:
      return .values(
        Tensor(shape: Shape([batch]) + shape) { _ in Scalar(source.integer(below: 2)) })
    }
  }

  private static func derivatives<Scalar: ConvolutionScalar>(
    _ golden: Case, _ weights: Weights<Scalar>, _ input: Tensor<Scalar>
  ) throws -> Derivatives<Scalar> {
    let batch = input.shape[0]
    let plan = try golden.network.trainingPlan(
      batch: batch, losses: golden.losses, inputGradients: true, as: Scalar.self)
    var weights = weights
    var gradients = try Weights<Scalar>(zerosFor: golden.network)
    let loss = try plan.step(
      inputs: [input],
      targets: try golden.losses.map { try target($0, golden.network, batch) },
      weights: &weights, gradients: &gradients, random: RandomSource(seed: 5))
    return Derivatives(loss: loss, parameters: gradients, input: try plan.inputGradient())
  }

  private static func start(
    _ golden: Case
  ) throws -> (weights: Weights<Double>, input: Tensor<Double>) {
    var source = RandomSource(seed: 17)
    var weights = try Weights<Double>(initialFor: golden.network, seed: 11)
    for slot in weights.slots where !slot.name.hasSuffix("variance") {
      let noise = Tensor<Double>.normal(shape: slot.shape, deviation: 0.3, using: &source)
      try weights.set(slot.name, to: try weights.tensor(slot.name) + noise)
    }
    // Both start from numbers that single precision holds.
    weights = weights.converted(to: Float.self).converted(to: Double.self)
    let shape = Shape([3]) + golden.network.inputs[0].shape
    return (weights, Tensor(Tensor<Float>.normal(shape: shape, using: &source)))
  }

  @Test(arguments: convolutions + functions + losses)
  func agreeWithDifferences(_ golden: Case) throws {
    let (weights, input) = try Self.start(golden)
    let derivatives = try Self.derivatives(golden, weights, input)
    var source = RandomSource(seed: 23)
    let step = 1e-6
    for slot in weights.slots {
      let parameter = golden.network.parameters.first { $0.name == slot.name }
      guard parameter?.isTrainable == true else { continue }
      let gradient = try derivatives.parameters.tensor(slot.name)
      let largest = max(gradient.elements.reduce(0) { max($0, abs($1)) }, 1e-3)
      for _ in 0..<min(6, slot.shape.elementCount) {
        let place = source.integer(below: slot.shape.elementCount)
        func loss(_ change: Double) throws -> Double {
          var tensor = try weights.tensor(slot.name)
          tensor.withUnsafeMutableElements { $0[place] += change }
          var changed = weights
          try changed.set(slot.name, to: tensor)
          return try Self.derivatives(golden, changed, input).loss
        }
        let difference = (try loss(step) - loss(-step)) / (2 * step)
        #expect(abs(gradient.elements[place] - difference) <= 1e-5 * largest, "\(slot.name)")
      }
    }
    let largest = max(derivatives.input.elements.reduce(0) { max($0, abs($1)) }, 1e-3)
    for _ in 0..<8 {
      let place = source.integer(below: input.count)
      func loss(_ change: Double) throws -> Double {
        var changed = input
        changed.withUnsafeMutableElements { $0[place] += change }
        return try Self.derivatives(golden, weights, changed).loss
      }
      let difference = (try loss(step) - loss(-step)) / (2 * step)
      #expect(abs(derivatives.input.elements[place] - difference) <= 1e-5 * largest, "input")
    }
  }

  @Test(arguments: convolutions + functions + losses)
  func singlePrecisionAgreesWithDouble(_ golden: Case) throws {
    let (weights, input) = try Self.start(golden)
    let exact = try Self.derivatives(golden, weights, input)
    let single = try Self.derivatives(
      golden, weights.converted(to: Float.self), Tensor<Float>(input))
    #expect(abs(single.loss - exact.loss) <= 1e-4 * max(abs(exact.loss), 1))
    for slot in weights.slots {
      let (left, right) = (
        try exact.parameters.tensor(slot.name), try single.parameters.tensor(slot.name)
      )
      let largest = max(left.elements.reduce(0) { max($0, abs($1)) }, 1e-3)
      let error = zip(left.elements, right.elements).reduce(0) {
        max($0, abs($1.0 - Double($1.1)))
      }
      #expect(error <= 1e-2 * largest, "\(slot.name)")
    }
    let largest = max(exact.input.elements.reduce(0) { max($0, abs($1)) }, 1e-3)
    let error = zip(exact.input.elements, single.input.elements).reduce(0) {
      max($0, abs($1.0 - Double($1.1)))
    }
    #expect(error <= 1e-2 * largest, "input")
  }
}
