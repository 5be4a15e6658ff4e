import Convolutions
import Tensors

/// A network with its weights, ready to run on batches of one size.
///
/// Batch normalisations are folded into the convolutions before them, biases and activations run in
/// the same pass as their layer, kernels are brought into the form that their algorithm reads, and
/// memory is used again as soon as nobody needs what it held. Plans are shared freely between threads.
///
/// ```swift
/// let plan = try network.inferencePlan(weights, batch: 1)
/// let logits = try plan.outputs(for: image)[0]
/// ```
public struct InferencePlan<Scalar: ConvolutionScalar>: Sendable {
  /// The network that runs: without the batch normalisations that were folded.
  public let network: Network
  /// The number of samples that run at a time.
  public let batch: Int
  private let weights: Weights<Scalar>
  private let schedule: NetworkSchedule<Scalar>

  fileprivate init(
    _ network: Network, _ weights: Weights<Scalar>, batch: Int
  ) throws(FiltersmithError) {
    try weights.check(fit: network)
    (self.network, self.weights) = try network.foldingBatchNormalizations(weights)
    self.batch = batch
    var schedule = try NetworkSchedule<Scalar>(self.network, batch: batch, for: .inference)
    let folded = self.weights
    folded.values.withUnsafeBufferPointer { values in
      schedule.fix {
        UnsafePointer(SharedPointer(reading: values).pointer + folded.slots[$0].offset)
      }
    }
    self.schedule = schedule
  }

  /// The bytes that a run needs beside the weights.
  public var memory: Int { schedule.memory.count * MemoryLayout<Scalar>.stride }

  /// The network's outputs for a batch.
  ///
  /// - Parameter inputs: One tensor `[batch, channels, spatial…]` per input of the network.
  /// - Returns: One tensor `[batch, …]` per output.
  /// - Throws: ``FiltersmithError`` when an input has another shape.
  public func outputs(for inputs: Tensor<Scalar>...) throws(FiltersmithError) -> [Tensor<Scalar>] {
    try outputs(for: inputs)
  }

  /// The network's outputs for a batch.
  ///
  /// - Throws: ``FiltersmithError`` when an input has another shape.
  @_specialize(where Scalar == Float)
  public func outputs(for inputs: [Tensor<Scalar>]) throws(FiltersmithError) -> [Tensor<Scalar>] {
    try network.check(inputs, batch: batch)
    return withScratch(Scalar.self, count: schedule.memory.count) { base in
      run(inputs, in: base)
      return schedule.outputs.map { output in
        let value = schedule.values[output]
        return Tensor(uninitialized: Shape([batch]) + value.shape) { target in
          guard let start = target.baseAddress else { return }
          start.initialize(
            from: schedule.pointer(value.piece, in: base).pointer, count: value.count)
        }
      }
    }
  }

  @_specialize(where Scalar == Float)
  private func run(_ inputs: [Tensor<Scalar>], in base: UnsafeMutablePointer<Scalar>) {
    schedule.load(inputs, in: base)
    weights.values.withUnsafeBufferPointer { values in
      let parameters = SharedPointer(reading: values)
      for step in schedule.steps {
        step.plan.forward(
          schedule.forwardPass(
            step, in: base,
            parameters: { SharedPointer(parameters.pointer + weights.slots[$0].offset) },
            isTraining: false, random: RandomSource(seed: 0)))
      }
    }
  }
}

extension Network {
  /// A plan that computes outputs.
  ///
  /// - Throws: ``FiltersmithError`` when the weights are not this network's.
  public func inferencePlan<Scalar: ConvolutionScalar>(
    _ weights: Weights<Scalar>, batch: Int = 1
  ) throws(FiltersmithError) -> InferencePlan<Scalar> {
    try InferencePlan(self, weights, batch: batch)
  }

  /// Checks the tensors given to a plan.
  func check<Scalar>(
    _ tensors: [Tensor<Scalar>], batch: Int
  ) throws(FiltersmithError) {
    guard tensors.count == inputs.count else {
      throw FiltersmithError(
        .shape, "the network has \(inputs.count) inputs; \(tensors.count) were given")
    }
    for (input, tensor) in zip(inputs, tensors) {
      let expected = Shape([batch]) + input.shape
      guard tensor.shape == expected else {
        throw FiltersmithError(
          .shape, "input '\(input.name)' expects \(expected); \(tensor.shape) was given")
      }
    }
  }
}

extension NetworkSchedule {
  /// Copies inputs to where the first steps read them.
  func load(_ tensors: [Tensor<Scalar>], in base: UnsafeMutablePointer<Scalar>) {
    for (input, tensor) in zip(inputs, tensors) {
      let target = pointer(values[input].piece, in: base).pointer
      tensor.withUnsafeElements { source in
        guard let start = source.baseAddress else { return }
        target.update(from: start, count: source.count)
      }
    }
  }
}
