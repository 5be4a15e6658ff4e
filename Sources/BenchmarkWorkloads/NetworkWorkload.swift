import Convolutions
import Networks
import Tensors

/// A network that is timed: a step of its training, or its predictions for a batch.
public struct NetworkWorkload: Sendable {
  /// The name on the command line.
  public let name: String
  /// What it is, in a few words.
  public let summary: String
  /// Samples at a time.
  public let batch: Int
  /// Whether a step of training is timed: forward, backward, Adam.
  public let isTraining: Bool
  /// What a step of training makes small.
  private let loss: Loss
  private let make: @Sendable () throws(FiltersmithError) -> Network

  init(
    _ name: String, _ summary: String, batch: Int, isTraining: Bool,
    loss: Loss = .softmaxCrossEntropy(),
    _ make: @escaping @Sendable () throws(FiltersmithError) -> Network
  ) {
    self.name = name
    self.summary = summary
    self.batch = batch
    self.isTraining = isTraining
    self.loss = loss
    self.make = make
  }

  /// All networks that are timed, and single layers and losses.
  public static let all = networks + elements

  private static let networks: [NetworkWorkload] = [
    NetworkWorkload(
      "train-two-convolutions", "5 × 5 convolutions of 32 and 64 filters on 28², batch 64",
      batch: 64, isTraining: true
    ) { () throws(FiltersmithError) in
      try Network(input: [1, 28, 28]) {
        for filters in [32, 64] {
          Conv(filters, kernel: 5, padding: .same)
          ReLU()
          MaxPooling(2)
        }
        Flatten()
        Dense(10)
      }
    },
    model("train-lecture", "lecture", [3, 32, 32], batch: 64, isTraining: true),
    model("train-resnet20", "resnet20", [3, 32, 32], batch: 64, isTraining: true),
    model("train-unet", "unet-same", [1, 256, 256], batch: 1, isTraining: true),
    model("train-unet3d", "unet3d", [1, 64, 64, 64], batch: 1, isTraining: true),
    model("infer-vgg16", "vgg16", [3, 224, 224], batch: 1, isTraining: false),
    model("infer-resnet18", "resnet18", [3, 224, 224], batch: 1, isTraining: false),
    model("infer-lecture", "lecture", [3, 32, 32], batch: 1, isTraining: false),
  ]

  private static func model(
    _ name: String, _ model: String, _ input: Shape, batch: Int, isTraining: Bool
  ) -> NetworkWorkload {
    let extents = input.dropFirst().map(String.init).joined(separator: " × ")
    return NetworkWorkload(
      name, "\(model) on \(extents), batch \(batch)", batch: batch, isTraining: isTraining
    ) { () throws(FiltersmithError) in
      try Model.named(model).network(input: input)
    }
  }

  /// How long a network took.
  public struct Measurement: Sendable, Codable {
    /// The workload's name.
    public let workload: String
    /// The median of the timed runs.
    public let milliseconds: Double
    /// Samples per second.
    public let samplesPerSecond: Double
    /// Operations of the definition per nanosecond; a step of training counts three times the
    /// forward pass.
    public let gigaflops: Double
    /// The number of the network's parameters.
    public let parameters: Int
    /// The bytes of activations, gradients and what layers keep.
    public let memory: Int
    /// How many threads worked.
    public let threads: Int
  }

  /// Runs the workload and times it.
  ///
  /// - Parameter rounds: How many runs are timed after one that is not; as many as fit two seconds
  ///   unless given.
  /// - Throws: ``FiltersmithError`` when there is not enough memory.
  public func measure(rounds: Int? = nil) throws(FiltersmithError) -> Measurement {
    let network = try make()
    let weights = try Weights<Float>(initialFor: network, seed: 0)
    let inputs = network.inputs.map { Workload.noise(Shape([batch]) + $0.shape, seed: 1) }
    let (times, memory) =
      isTraining
      ? try trainingTimes(network, weights, inputs, rounds)
      : try inferenceTimes(network, weights, inputs, rounds)
    let seconds = Stopwatch.median(times)
    let operations = Double(2 * network.multiplyAdds * batch * (isTraining ? 3 : 1))
    return Measurement(
      workload: name, milliseconds: 1000 * seconds, samplesPerSecond: Double(batch) / seconds,
      gigaflops: operations / seconds / 1e9, parameters: network.parameterCount, memory: memory,
      threads: Threads.count)
  }

  private func inferenceTimes(
    _ network: Network, _ weights: Weights<Float>, _ inputs: [Tensor<Float>], _ rounds: Int?
  ) throws(FiltersmithError) -> (times: [Double], memory: Int) {
    let plan = try network.inferencePlan(weights, batch: batch)
    // What fails, fails here and not while the time is taken.
    var outputs = try plan.outputs(for: inputs)
    let times = Stopwatch.times(rounds: rounds, budget: 2) {
      try? plan.run(inputs, into: &outputs)
    }
    return (times, plan.memory)
  }

  private func trainingTimes(
    _ network: Network, _ start: Weights<Float>, _ inputs: [Tensor<Float>], _ rounds: Int?
  ) throws(FiltersmithError) -> (times: [Double], memory: Int) {
    let plan: TrainingPlan<Float> = try network.trainingPlan(
      batch: batch, losses: [LossTerm(loss)], inputGradients: network.parameterCount == 0)
    var (weights, gradients) = (start, try Weights<Float>(zerosFor: network))
    let optimizer = Optimizer.adam()
    var state = try OptimizerState<Float>(for: optimizer, network: network)
    let source = RandomSource(seed: 3)
    let targets = [target(network.outputShapes[0])]
    // What fails, fails here and not while the time is taken.
    try plan.step(
      inputs: inputs, targets: targets, weights: &weights, gradients: &gradients, random: source)
    try optimizer.step(
      network, weights: &weights, gradients: gradients, state: &state, learningRate: 1e-4)
    let times = Stopwatch.times(rounds: rounds, budget: 2) {
      _ = try? plan.step(
        inputs: inputs, targets: targets, weights: &weights, gradients: &gradients,
        random: source)
      try? optimizer.step(
        network, weights: &weights, gradients: gradients, state: &state, learningRate: 1e-4)
    }
    return (times, plan.memory)
  }

  /// Random classes, or random numbers for a loss of numbers.
  private func target(_ shape: Shape) -> LossTarget<Float> {
    var source = RandomSource(seed: 2)
    guard case .softmaxCrossEntropy = loss else {
      return .values(.uniform(shape: Shape([batch]) + shape, using: &source))
    }
    return .classes(
      (0..<batch * shape.dropFirst().reduce(1, *)).map { _ in
        Int32(source.integer(below: shape[0]))
      })
  }

  /// The workload of a name, if there is one.
  public static func named(_ name: String) -> NetworkWorkload? { all.first { $0.name == name } }
}
