import AllocationCounter
import Convolutions
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Plans that run again ask the system for next to nothing.
@Suite struct AllocationTests {
  /// The counter counts, and on its own thread only.
  @Test func allocationsAreCounted() throws {
    var kept: [UnsafeMutableRawPointer] = []
    kept.reserveCapacity(2)
    guard
      let count = countingAllocations({
        kept.append(.allocate(byteCount: 100, alignment: 8))
        kept.append(.allocate(byteCount: 5000, alignment: 64))
      })
    else { return }
    for block in kept { block.deallocate() }
    #expect(count.calls == 2)
    #expect(count.largeCalls == 1)
    #expect(count.bytes >= 5100)
    #expect(countingAllocations({})?.calls == 0)
  }

  /// Every kind of layer but convolutions, whose engines have tests of their own.
  private static func network() throws -> Network {
    try Network(input: [4, 16, 16]) {
      Residual {
        MaxPooling(3, stride: 1, padding: .same)
        BatchNormalization()
        ReLU()
        GroupNormalization(groups: 2)
      }
      AveragePooling(2)
      UpSampling([2], interpolation: .linear)
      Skip {
        LayerNormalization()
        SpatialDropout(0.1)
      }
      LocalResponseNormalization()
      MaxOverGroups(2)
      ZeroPadding(1)
      Cropping(before: [1], after: [1])
      Magnitude()
      LocallyConnected(3, kernel: [4], stride: [4])
      GELU()
      Concatenation {
        GlobalAveragePooling()
        GlobalMaxPooling()
        Flatten()
      }
      Dropout(0.2)
      Dense(20)
      LeakyReLU()
      Dense(5)
    }
  }

  private static let batch = 6

  private static func images() -> Tensor<Float> {
    var source = RandomSource(seed: 1)
    return .normal(shape: [batch, 4, 16, 16], using: &source)
  }

  /// A network that is run again and again.
  @Test func inference() throws {
    let network = try Self.network()
    let plan = try network.inferencePlan(
      try Weights<Float>(initialFor: network, seed: 0), batch: Self.batch)
    let inputs = [Self.images()]
    let expected = try plan.outputs(for: inputs)
    var outputs = [Tensor<Float>(zeros: [Self.batch, 5])]
    // The first run fills the pool of memory that is kept.
    try Threads.inTurn { () throws(FiltersmithError) in try plan.run(inputs, into: &outputs) }
    #expect(outputs == expected)
    let count = try countingAllocations { () throws(FiltersmithError) in
      try plan.run(inputs, into: &outputs)
    }
    #expect(outputs == expected)
    #expect(
      count.map { $0.calls <= 8 && $0.largeCalls == 0 } ?? true, "\(String(describing: count))")
    var wrong = [Tensor<Float>(zeros: [Self.batch, 4])]
    #expect(throws: FiltersmithError.self) { try plan.run(inputs, into: &wrong) }
    wrong = []
    #expect(throws: FiltersmithError.self) { try plan.run(inputs, into: &wrong) }
  }

  /// A step of training and of each optimiser.
  @Test(arguments: [
    Loss.softmaxCrossEntropy(classWeights: [1, 2, 3, 4, 5]), .ofSoftmax(.dice),
    .sum([WeightedLoss(1, .binaryCrossEntropy()), WeightedLoss(0.5, .ofSigmoid(.softDice))]),
  ])
  func training(_ loss: Loss) throws {
    let network = try Self.network()
    let plan: TrainingPlan<Float> = try network.trainingPlan(
      batch: Self.batch, losses: [LossTerm(loss), LossTerm(.meanSquared, weight: 0.1)])
    var weights = try Weights<Float>(initialFor: network, seed: 0)
    var gradients = try Weights<Float>(zerosFor: network)
    let inputs = [Self.images()]
    let targets = [LossTarget<Float>](
      repeating: .classes((0..<Self.batch).map { Int32($0 % 5) }), count: 2)
    for optimizer in [Optimizer.adam(), .sgd(momentum: 0.9), .rmsProp(momentum: 0.1)] {
      var state = try OptimizerState<Float>(for: optimizer, network: network)
      func step() throws(FiltersmithError) {
        try plan.step(
          inputs: inputs, targets: targets, weights: &weights, gradients: &gradients,
          random: RandomSource(seed: 1))
        try optimizer.step(
          network, weights: &weights, gradients: gradients, state: &state, learningRate: 0.01,
          weightDecay: 1e-4, clipping: .norm(1))
      }
      try Threads.inTurn { () throws(FiltersmithError) in try step() }
      let count = try countingAllocations { () throws(FiltersmithError) in try step() }
      #expect(
        count.map { $0.calls <= 8 && $0.largeCalls == 0 } ?? true, "\(String(describing: count))")
    }
  }
}
