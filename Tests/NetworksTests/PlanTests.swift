import Convolutions
import DataFiles
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Plans of whole networks: memory, fusion, folding, threads, and known answers.
@Suite struct PlanTests {
  private func branching() throws -> Network {
    try Network(input: [2, 12, 11]) {
      Conv(6, kernel: 3, padding: .same)
      BatchNormalization()
      ReLU()
      Residual {
        Conv(6, kernel: 3, padding: .same, hasBias: false)
        BatchNormalization()
        LeakyReLU(slope: 0.1)
        Conv(6, kernel: 1)
        BatchNormalization()
      }
      ReLU()
      Skip {
        MaxPooling(3, stride: 1, padding: .same)
        Dropout(0.4)
        Conv(3, kernel: 3, padding: .same)
        Sigmoid()
      }
      Concatenation {
        Sequential([])
        AveragePooling(3, stride: 1, padding: .same)
      }
      Conv(4, kernel: 2, stride: 2)
      Flatten()
      Dense(7)
      Tanh()
      Dense(3)
    }
  }

  /// Weights whose running statistics are not those of a network that has seen nothing.
  private func weights(_ network: Network) throws -> Weights<Float> {
    var weights = try Weights<Float>(initialFor: network, seed: 4)
    var source = RandomSource(seed: 8)
    for slot in weights.slots {
      let noise = Tensor<Float>.uniform(shape: slot.shape, in: 0.1..<0.9, using: &source)
      if !slot.name.hasSuffix("weight") {
        try weights.set(slot.name, to: weights.tensor(slot.name) + noise)
      }
    }
    return weights
  }

  private func images(_ network: Network, batch: Int) -> Tensor<Float> {
    var source = RandomSource(seed: 2)
    return .normal(shape: Shape([batch]) + network.inputs[0].shape, using: &source)
  }

  /// Pieces that are in use at the same time lie apart.
  @Test func memoryIsNotShared() throws {
    let network = try branching()
    for purpose in [
      NetworkSchedule<Float>.Purpose.inference,
      .training(outputs: network.outputs, inputGradients: true),
    ] {
      let memory = try NetworkSchedule<Float>(network, batch: 3, for: purpose).memory
      for (index, piece) in memory.pieces.enumerated() {
        #expect(piece.offset >= 0 && piece.offset + piece.count <= memory.count)
        for other in memory.pieces[..<index] where other.times.overlaps(piece.times) {
          let isApart =
            other.offset + other.count <= piece.offset
            || piece.offset + piece.count <= other.offset
          #expect(isApart)
        }
      }
      let all = memory.pieces.reduce(0) { $0 + $1.count }
      #expect(memory.count < all)
    }
  }

  /// Folded and fused inference agrees with the frozen network run as in training, which keeps every
  /// layer.
  @Test func foldingChangesNothing() throws {
    let network = try Network(input: [2, 12, 11]) {
      Conv(6, kernel: 3, padding: .same)
      BatchNormalization()
      ReLU()
      DepthwiseConv(kernel: [3], padding: .same)
      BatchNormalization()
      Residual {
        Conv(6, kernel: 3, padding: .same, hasBias: false)
        BatchNormalization()
        ReLU()
      }
      Flatten()
      Dense(5)
      BatchNormalization()
      Dense(3)
    }
    let weights = try weights(network)
    let folded = try network.foldingBatchNormalizations(weights)
    #expect(folded.network.nodes.count { $0.layer is BatchNormalization } == 0)
    let images = images(network, batch: 4)
    let plan = try network.inferencePlan(weights, batch: 4)
    let output = try plan.outputs(for: images)[0]
    let frozen = try network.freezing(network.nodes.map(\.name))
    let training: TrainingPlan<Float> = try frozen.trainingPlan(
      batch: 4, losses: [LossTerm(.meanSquared)])
    var (changed, gradients) = (weights, try Weights<Float>(zerosFor: network))
    var expected: [Float] = []
    try training.step(
      inputs: [images], targets: [.values(output)], weights: &changed, gradients: &gradients,
      random: RandomSource(seed: 0)
    ) { expected = Array($0[0]) }
    #expect(changed == weights)
    let largest = expected.reduce(0) { max($0, abs($1)) }
    #expect(zip(output.elements, expected).allSatisfy { abs($0 - $1) <= 1e-5 * largest })
  }

  @Test func bitsDoNotDependOnThreads() throws {
    let network = try branching()
    let images = images(network, batch: 5)
    let plan: TrainingPlan<Float> = try network.trainingPlan(
      batch: 5, losses: [LossTerm(.softmaxCrossEntropy())])
    func results() throws -> [Weights<Float>] {
      var weights = try weights(network)
      var gradients = try Weights<Float>(zerosFor: network)
      try plan.step(
        inputs: [images], targets: [.classes([0, 1, 2, 1, 0])], weights: &weights,
        gradients: &gradients, random: RandomSource(seed: 6))
      return [weights, gradients]
    }
    try expectSameForThreads(2, 3, 8) { try results() }
  }

  @Test func frozenPartsDoNotChange() throws {
    let network = try branching().freezing(through: "relu1")
    let plan: TrainingPlan<Float> = try network.trainingPlan(
      batch: 2, losses: [LossTerm(.meanSquared)])
    let start = try weights(network)
    var (weights, gradients) = (start, try Weights<Float>(zerosFor: network))
    var state = try OptimizerState<Float>(for: .adam(), network: network)
    try plan.step(
      inputs: [images(network, batch: 2)], targets: [.values(Tensor(zeros: [2, 3]))],
      weights: &weights, gradients: &gradients, random: RandomSource(seed: 0))
    try Optimizer.adam().step(
      network, weights: &weights, gradients: gradients, state: &state, learningRate: 0.1,
      weightDecay: 0.1)
    for name in weights.names {
      let isFrozen = ["conv1.", "batchNormalization1."].contains { name.hasPrefix($0) }
      #expect(try (weights.tensor(name) == start.tensor(name)) == isFrozen, "\(name)")
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let network = try branching()
    let plan = try network.inferencePlan(try weights(network), batch: 2)
    #expect(throws: FiltersmithError.self) { try plan.outputs(for: Tensor(zeros: [1, 2, 12, 11])) }
    let other = try Network(input: [2, 12, 11]) { Conv(1, kernel: 1) }
    #expect(throws: FiltersmithError.self) {
      try other.inferencePlan(try weights(network), batch: 1)
    }
    #expect(throws: FiltersmithError.self) {
      let _: TrainingPlan<Float> = try network.trainingPlan(
        batch: 1, losses: [LossTerm(.meanSquared, of: "nothing")])
    }
    #expect(throws: FiltersmithError.self) {
      let _: TrainingPlan<Float> = try network.trainingPlan(
        batch: 1, losses: [LossTerm(.softmaxCrossEntropy(classWeights: [1]))])
    }
  }

  /// A network of convolutions runs on any extents with the same weights.
  @Test func anyExtents() throws {
    let network = try Network(input: [1, 8, 8]) {
      Conv(3, kernel: 3, padding: .same)
      ReLU()
      UpSampling([2])
      Conv(2, kernel: 3, padding: .same)
    }
    let weights = try weights(network)
    let resized = try network.resized(to: [1, 20, 31])
    let output = try resized.inferencePlan(weights).outputs(for: Tensor(zeros: [1, 1, 20, 31]))
    #expect(output[0].shape == [1, 2, 40, 62])
    #expect(throws: FiltersmithError.self) { try branching().resized(to: [2, 30, 30]) }
  }
}
