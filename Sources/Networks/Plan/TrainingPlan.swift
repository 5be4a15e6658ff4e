import Convolutions
import Fourier
import Tensors

/// A network ready to compute losses and their derivatives on batches of one size.
///
/// It owns the memory of a step: activations that the backward pass reads again, gradients, and what
/// layers keep. Its owner runs one step at a time.
///
/// ```swift
/// let plan = try network.trainingPlan(batch: 64, losses: [LossTerm(.softmaxCrossEntropy)])
/// var weights = try Weights<Float>(initialFor: network, seed: 0)
/// var gradients = try Weights<Float>(zerosFor: network)
/// let loss = try plan.step(
///   inputs: [images], targets: [.classes(labels)], weights: &weights, gradients: &gradients,
///   random: RandomSource(seed: 1))
/// ```
public struct TrainingPlan<Scalar: ConvolutionScalar>: ~Copyable, Sendable {
  /// What is learnt.
  public let network: Network
  /// The number of samples of a step.
  public let batch: Int
  /// What is minimised.
  public let losses: [LossTerm]
  private let schedule: NetworkSchedule<Scalar>
  private let block: AlignedBuffer<Scalar>
  private let kernels = KernelMemory<Scalar>()
  private let wantsInputGradients: Bool
  /// The value that each loss reads.
  private let lossPlaces: [Int]

  fileprivate init(
    _ network: Network, batch: Int, losses: [LossTerm], inputGradients: Bool
  ) throws(FiltersmithError) {
    let schedule = try Self.schedule(network, batch, losses, inputGradients)
    let block = try AlignedBuffer<Scalar>(count: schedule.memory.count)
    var places: [Int] = []
    for term in losses {
      let name = try term.outputName(of: network)
      places.append(schedule.valueOfName[name, default: 0])
    }
    self.network = network
    self.batch = batch
    self.losses = losses
    self.schedule = schedule
    self.block = block
    lossPlaces = places
    wantsInputGradients = inputGradients
  }

  private static func schedule(
    _ network: Network, _ batch: Int, _ losses: [LossTerm], _ inputGradients: Bool
  ) throws(FiltersmithError) -> NetworkSchedule<Scalar> {
    guard !losses.isEmpty else {
      throw FiltersmithError(.argument, "training needs at least one loss")
    }
    var names: [String] = []
    for term in losses {
      let name = try term.outputName(of: network)
      try term.loss.check(output: network.shapes[name] ?? [])
      names.append(name)
    }
    return try NetworkSchedule(
      network, batch: batch, for: .training(outputs: names, inputGradients: inputGradients))
  }

  /// The bytes that a step needs in addition to weights and their gradients.
  public var memory: Int { schedule.memory.count * MemoryLayout<Scalar>.stride }

  /// Computes the losses of a batch and their derivatives with respect to all parameters that learn.
  ///
  /// Running statistics in the weights are updated.
  ///
  /// - Parameters:
  ///   - inputs: One tensor `[batch, channels, spatial…]` per input of the network.
  ///   - targets: One per loss.
  ///   - weights: The network's.
  ///   - gradients: Receive the derivatives; those of parameters that do not learn stay as they are.
  ///   - random: The random numbers for dropout.
  ///   - observe: Called with the outputs, one run of values per output of the network.
  /// - Returns: The sum of the losses with their weights.
  /// - Throws: ``FiltersmithError`` when shapes do not fit, or weights or gradients are another network's;
  ///   both then stay as they are.
  @discardableResult
  public borrowing func step(
    inputs: [Tensor<Scalar>], targets: [LossTarget<Scalar>], weights: inout Weights<Scalar>,
    gradients: inout Weights<Scalar>, random: RandomSource,
    observe: ([UnsafeBufferPointer<Scalar>]) -> Void = { _ in }
  ) throws(FiltersmithError) -> Double {
    try network.check(inputs, batch: batch)
    try weights.check(fit: network)
    try gradients.check(fit: network, "the gradients")
    guard targets.count == losses.count else {
      throw FiltersmithError(
        .shape, "\(losses.count) losses need as many targets; \(targets.count) were given")
    }
    for index in losses.indices {
      try losses[index].loss.check(
        targets[index], output: schedule.values[lossPlaces[index]].shape, batch: batch)
    }
    let slots = weights.slots
    return weights.values.withUnsafeMutableBufferPointer { values in
      gradients.values.withUnsafeMutableBufferPointer { derivatives in
        schedule.withAddresses(
          in: block.pointer, inputs, slots, weights: SharedPointer(values),
          gradients: SharedPointer(derivatives)
        ) { addresses in
          for index in schedule.steps.indices {
            schedule.steps[index].plan.forward(
              schedule.forwardPass(
                index, addresses, isTraining: true, random: random.split(index), kernels: kernels))
          }
          observe(
            schedule.outputs.map {
              UnsafeBufferPointer(
                start: schedule.pointer($0, addresses).pointer, count: schedule.values[$0].count)
            })
          let loss = evaluateLosses(targets, addresses)
          for index in schedule.backwardSteps.indices {
            run(schedule.backwardSteps[index], addresses)
          }
          return loss
        }
      }
    }
  }

  /// The derivatives of the last step's losses with respect to an input of the network.
  ///
  /// - Throws: ``FiltersmithError`` when the plan was not made to compute them, or there is no such input.
  public borrowing func inputGradient(
    _ index: Int = 0
  ) throws(FiltersmithError) -> Tensor<Scalar> {
    guard wantsInputGradients, schedule.inputs.indices.contains(index) else {
      throw FiltersmithError(
        .argument,
        wantsInputGradients
          ? "input \(index) of a network with \(schedule.inputs.count) inputs"
          : "this plan was made without gradients of inputs; say trainingPlan(inputGradients: true)"
      )
    }
    let value = schedule.values[schedule.inputs[index]]
    let shape = Shape([batch]) + value.shape
    guard let gradient = value.gradient else { return Tensor(zeros: shape) }
    return Tensor(uninitialized: shape) { target in
      guard let start = target.baseAddress else { return }
      start.initialize(
        from: block.pointer + schedule.memory.pieces[gradient].offset, count: value.count)
    }
  }

  private borrowing func evaluateLosses(
    _ targets: [LossTarget<Scalar>], _ addresses: Addresses<Scalar>
  ) -> Double {
    for index in losses.indices where !lossPlaces[..<index].contains(lossPlaces[index]) {
      let value = schedule.values[lossPlaces[index]]
      guard let piece = value.gradient else { continue }
      addresses[piece].update(repeating: 0, count: value.count)
    }
    var total = 0.0
    for (index, term) in losses.enumerated() {
      let value = schedule.values[lossPlaces[index]]
      let loss = term.loss.evaluate(
        schedule.pointer(lossPlaces[index], addresses), targets[index],
        LossShape(output: value.shape, batch: batch), weight: term.weight,
        addingGradientTo: value.gradient.map { SharedPointer(addresses[$0]) })
      total += term.weight * loss
    }
    return total
  }

  private borrowing func run(
    _ backward: NetworkSchedule<Scalar>.BackwardStep, _ addresses: Addresses<Scalar>
  ) {
    let step = schedule.steps[backward.step]
    let value = schedule.values[step.output]
    guard let piece = value.gradient else { return }
    let gradient = SharedPointer(addresses[piece])
    differentiate(
      step.activation, schedule.pointer(step.output, addresses), gradient, count: value.count)
    step.plan.backward(
      schedule.backwardPass(backward, addresses, gradient: gradient, kernels: kernels))
    for (input, place) in backward.additions {
      guard let beside = backward.targets[input] else { continue }
      add(
        SharedPointer(addresses[beside]), to: SharedPointer(addresses[place]),
        count: schedule.values[step.inputs[input]].count)
    }
  }
}

/// Multiplies a gradient by an activation's derivative, which is computed from the activation's value.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func differentiate<Scalar: ConvolutionScalar>(
  _ activation: Activation, _ output: SharedPointer<Scalar>, _ gradient: SharedPointer<Scalar>,
  count: Int
) {
  let slope: Scalar
  switch activation {
  case .identity: return
  case .relu: slope = 0
  case .leakyReLU(let given): slope = Scalar(given)
  }
  forEachPart(count) { part in
    let gradients = gradient.pointer + part.lowerBound
    Rows.rectifierGradient(
      output.pointer + part.lowerBound, gradients, slope: slope, into: gradients, part.count)
  }
}

extension Network {
  /// A plan that computes losses and their derivatives.
  ///
  /// - Parameters:
  ///   - batch: The number of samples of a step.
  ///   - losses: What is minimised.
  ///   - inputGradients: Whether the derivatives with respect to the inputs are computed too.
  /// - Throws: ``FiltersmithError`` when a loss does not fit its output, or there is not enough
  ///   memory.
  public func trainingPlan<Scalar: ConvolutionScalar>(
    batch: Int, losses: [LossTerm], inputGradients: Bool = false,
    as precision: Scalar.Type = Float.self
  ) throws(FiltersmithError) -> TrainingPlan<Scalar> {
    try TrainingPlan(self, batch: batch, losses: losses, inputGradients: inputGradients)
  }
}
