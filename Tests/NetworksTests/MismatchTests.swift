import Convolutions
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Networks, weights, gradients, states, plans and targets that do not belong together are refused with a
/// sentence, and nothing is changed.
@Suite struct MismatchTests {
  /// Small networks that differ in kinds of layers, in widths, and in nothing but their names.
  private static func networks() throws -> [Network] {
    var networks: [Network] = []
    for width in [1, 2, 3, 5] {
      networks.append(try Network(input: [width]) { Dense(3) })
      networks.append(try Network(input: [2]) { Dense(width) })
      networks.append(try Network(input: [2]) { Dense(width, hasBias: false) })
      networks.append(
        try Network(input: [width, 4, 4]) {
          Conv(2, kernel: 3, padding: .same)
          BatchNormalization()
          ReLU()
        })
      networks.append(
        try Network(input: [1, 4, 4]) {
          Conv(width, kernel: 3)
          Flatten()
          Dense(2)
        })
      var graph = NetworkGraph()
      let input = try graph.input("input", [width])
      let output = try graph.add(Dense(3), to: input, name: "other")
      networks.append(try graph.network(outputs: [output]))
    }
    return networks
  }

  private static let optimizers: [Optimizer] = [
    .sgd(), .sgd(momentum: 0.9), .rmsProp(), .rmsProp(momentum: 0.5), .adam(), .adamW(),
  ]

  @Test func randomMismatchesThrow() throws {
    let networks = try Self.networks()
    var source = RandomSource(seed: 18)
    func one<Element>(_ list: [Element]) -> Element { list[source.integer(below: list.count)] }
    var tried = 0
    while tried < 2000 {
      let (network, other) = (one(networks), one(networks))
      let doFit =
        network.parameters.map { [$0.name, $0.description.shape.description] }
        == other.parameters.map { [$0.name, $0.description.shape.description] }
      guard !doFit else { continue }
      tried += 1
      let own = try Weights<Float>(initialFor: network, seed: 1)
      let foreign = try Weights<Float>(initialFor: other, seed: 2)
      let optimizer = one(Self.optimizers)
      var (weights, gradients) = (own, own)
      let kind = source.integer(below: 6)
      let refused: FiltersmithError?
      switch kind {
      case 0, 1:
        // A step of training with weights or gradients of another network.
        let output = network.outputShapes[0]
        let plan: TrainingPlan<Float> = try network.trainingPlan(
          batch: 2, losses: [LossTerm(.meanSquared)])
        if kind == 0 { weights = foreign } else { gradients = foreign }
        let before = (weights, gradients)
        refused = refusal {
          try plan.step(
            inputs: [Tensor(zeros: [2] + network.inputs[0].shape)],
            targets: [.values(Tensor(zeros: [2] + output))], weights: &weights,
            gradients: &gradients, random: RandomSource(seed: 1))
        }
        #expect(before == (weights, gradients))
      case 2, 3, 4:
        // A step of an optimiser with a part of another network, or with another optimiser's state.
        var state = try OptimizerState<Float>(for: optimizer, network: network)
        if kind == 2 { weights = foreign }
        if kind == 3 { gradients = foreign }
        if kind == 4 {
          let moments = optimizer.momentCount
          state =
            moments > 0
            ? OptimizerState(steps: 3, moments: Array(repeating: foreign, count: moments))
            : OptimizerState(steps: 3, moments: [own])
        }
        let before = (weights, gradients, state)
        refused = refusal {
          try optimizer.step(
            network, weights: &weights, gradients: gradients, state: &state, learningRate: 0.1)
        }
        #expect(before == (weights, gradients, state))
      default:
        refused = refusal {
          _ = try network.inferencePlan(foreign)
        }
      }
      #expect(
        refused != nil, "kind \(kind): \(network.nodes.map(\.name)), \(other.nodes.map(\.name))")
    }
  }

  /// As many numbers in another order of axes are another target.
  @Test func targetsHaveTheOutputsShape() throws {
    let network = try Network(input: [1, 2, 2]) { Conv(1, kernel: 1) }
    let plan: TrainingPlan<Float> = try network.trainingPlan(
      batch: 1, losses: [LossTerm(.meanSquared)])
    var weights = try Weights<Float>(initialFor: network, seed: 1)
    var gradients = try Weights<Float>(zerosFor: network)
    for shape: Shape in [[2, 2, 2, 1], [1, 4], [4], [1, 1, 4, 1], [1, 1, 2, 2, 1], [1, 2, 2]] {
      let refused = refusal {
        try plan.step(
          inputs: [Tensor(zeros: [1, 1, 2, 2])], targets: [.values(Tensor(zeros: shape))],
          weights: &weights, gradients: &gradients, random: RandomSource(seed: 1))
      }
      #expect(refused?.message.contains("\(shape)") == true, "\(shape)")
    }
  }

  @Test func gradientsOfInputsMustBePlanned() throws {
    let network = try Network(input: [2]) { Dense(2) }
    let plain: TrainingPlan<Float> = try network.trainingPlan(
      batch: 1, losses: [LossTerm(.meanSquared)])
    #expect(refusal { _ = try plain.inputGradient() } != nil)
    let full: TrainingPlan<Float> = try network.trainingPlan(
      batch: 1, losses: [LossTerm(.meanSquared)], inputGradients: true)
    #expect(refusal { _ = try full.inputGradient(1) } != nil)
  }
}

/// Numbers that describe a layer are refused where they are out of their domain, before any arithmetic or
/// memory.
@Suite struct LayerOptionTests {
  private static let hostile = [Int.min, -1, 0, 1 << 31, 1 << 40, 1 << 62, Int.max]

  /// Why a graph refuses a layer; `nil` if it does not.
  private func message(_ input: Shape, _ layer: some Layer) -> String? {
    do throws(FiltersmithError) {
      var graph = NetworkGraph()
      _ = try graph.add(layer, to: try graph.input("input", input))
      return nil
    } catch {
      return error.message
    }
  }

  @Test(arguments: hostile)
  func wholeNumbers(_ number: Int) {
    #expect(message([4], Dense(number))?.contains("units") == true)
    #expect(message([4, 8, 8], Conv(number, kernel: 3)) != nil)
    #expect(message([4, 8, 8], Conv(4, kernel: number)) != nil)
    #expect(message([4, 8, 8], Conv(4, kernel: 3, stride: number)) != nil || number > 0)
    #expect(message([4, 8, 8], Conv(4, kernel: 3, dilation: number)) != nil)
    #expect(message([4, 8, 8], Conv(4, kernel: 3, groups: number)) != nil)
    #expect(message([4, 8, 8], ConvTransposed(number, kernel: [3])) != nil)
    #expect(message([4, 8, 8], ConvTransposed(4, kernel: [3], stride: [number])) != nil)
    #expect(message([4, 8, 8], ConvTransposed(4, kernel: [3], groups: number)) != nil)
    #expect(message([4, 8, 8], DepthwiseConv(kernel: [3], multiplier: number)) != nil)
    #expect(message([4, 8, 8], LocallyConnected(number, kernel: [3])) != nil)
    #expect(message([4, 8, 8], MaxPooling(number)) != nil)
    #expect(message([4, 8, 8], UpSampling([number])) != nil)
    #expect(message([4, 8, 8], GroupNormalization(groups: number)) != nil)
    #expect(message([4, 8, 8], MaxOverGroups(number)) != nil)
    #expect(message([4, 8, 8], LocalResponseNormalization(size: number)) != nil)
    #expect(message([4, 8, 8], SubsampleAndPadChannels(stride: 2, channels: number)) != nil)
    if number != 0 {
      #expect(message([4, 8, 8], ZeroPadding(number)) != nil)
      #expect(message([4, 8, 8], Cropping(before: [number], after: [number])) != nil)
      #expect(message([4, 8, 8], Reshape([number, 1 << 30, 1 << 30])) != nil)
    }
    // A little negative padding crops.
    if number > 0 || number == .min {
      #expect(message([4, 8, 8], Conv(1, kernel: 3, padding: .symmetric([number]))) != nil)
      #expect(message([4, 8, 8], MaxPooling(2, padding: .symmetric([number]))) != nil)
    }
  }

  @Test(arguments: [-1e-3, Double.nan, .infinity, -.infinity, 7])
  func numbers(_ number: Double) {
    #expect(message([4, 8, 8], BatchNormalization(momentum: number))?.contains("momentum") == true)
    #expect(message([4, 8, 8], BatchNormalization(epsilon: number))?.contains("epsilon") == true)
    #expect(message([4, 8, 8], LayerNormalization(epsilon: number)) != nil)
    #expect(message([4, 8, 8], GroupNormalization(groups: 2, epsilon: number)) != nil)
    #expect(message([4], Dropout(number))?.contains("rate") == true)
    #expect(message([4, 8, 8], SpatialDropout(number)) != nil)
    if number != 7 {
      #expect(message([4, 8, 8], LocalResponseNormalization(alpha: number)) != nil)
      #expect(message([4, 8, 8], LocalResponseNormalization(beta: number)) != nil)
    }
    if !number.isFinite {
      #expect(message([4], LeakyReLU(slope: number)) != nil)
      #expect(message([4], ELU(alpha: number)) != nil)
    }
  }

  /// Extents that are each allowed, of a network that no machine holds.
  @Test func enormousNetworks() throws {
    #expect(message([1 << 30], Dense(1 << 30))?.contains("numbers") == true)
    #expect(message([1 << 20, 8], Conv(1 << 30, kernel: 3)) != nil)
    #expect(message([4, 1 << 20], UpSampling([1 << 30])) != nil)
    let large = try Network(input: [1 << 19]) { Dense(1 << 20) }
    #expect(large.parameterCount == (1 << 39) + (1 << 20))
    #expect(large.multiplyAdds == 1 << 39)
    let refused = refusal {
      _ = try Weights<Float>(zerosFor: large)
    }
    #expect(refused?.kind == .limit)
    #expect(
      refusal {
        _ = try OptimizerState<Float>(for: .adam(), network: large)
      }?.kind == .limit)
  }

  /// Such a network's file is compared with the weights' header before there is memory for it.
  @Test func enormousNetworksFromFiles() throws {
    let small = try Network(input: [2]) { Dense(2) }
    try withScratchFolder { folder in
      let path = folder + "/weights.safetensors"
      try Weights<Float>(initialFor: small, seed: 1).write(to: path)
      let large = try Network(
        json: small.json().replacing("\"units\" : 2", with: "\"units\" : 1073741824"))
      #expect(large.parameterCount == 3 << 30)
      let refused = refusal {
        _ = try Weights<Float>(contentsOf: path, for: large)
      }
      #expect(refused?.kind == .format)
      #expect(refused?.message.contains("dense1.weight") == true)
    }
    for units in ["4611686018427387904", "1099511627776", "-1"] {
      let text = try small.json().replacing("\"units\" : 2", with: "\"units\" : \(units)")
      #expect(refusal { _ = try Network(json: text) } != nil)
    }
  }

  @Test func windowsInThePadding() {
    let padding = Padding.explicit(before: [3, 0], after: [0, 0])
    #expect(message([1, 8, 8], MaxPooling(2, padding: padding))?.contains("padding") == true)
    #expect(message([1, 8, 8], AveragePooling(2, padding: padding)) != nil)
    #expect(message([1, 8, 8], MaxPooling(2, padding: .symmetric([1, 1]))) == nil)
    // Taps on both sides of a small image.
    let wide = PoolingWindow(
      size: [2], stride: [1], padding: .symmetric([2, 2]), dilation: [4])
    #expect(message([1, 2, 2], MaxPooling(wide)) != nil)
  }
}
