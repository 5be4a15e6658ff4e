import Convolutions
import Tensors

/// A network with its weights, ready to run on batches of one size.
///
/// Batch normalisations are folded into the convolutions before them, biases and activations run in the
/// same pass as their layer, kernels are packed as their algorithm reads them, and memory is reused as
/// soon as what it held is no longer needed. Plans are shared freely between threads.
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
    try MemoryLimit.check(
      schedule.memory.count, of: Scalar.self, for: "a plan for batches of \(batch)")
    let folded = self.weights
    folded.values.withUnsafeBufferPointer { values in
      schedule.fix {
        UnsafePointer(SharedPointer(reading: values).pointer + folded.slots[$0].offset)
      }
    }
    self.schedule = schedule
  }

  /// The bytes that a run needs in addition to the weights.
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
  public func outputs(for inputs: [Tensor<Scalar>]) throws(FiltersmithError) -> [Tensor<Scalar>] {
    var outputs = schedule.outputs.map {
      Tensor<Scalar>(zeros: Shape([batch]) + schedule.values[$0].shape)
    }
    try run(inputs, into: &outputs)
    return outputs
  }

  /// Computes the network's outputs for a batch, overwriting tensors that the caller keeps.
  ///
  /// A plan that runs again and again this way allocates no memory. A tensor whose elements are shared
  /// with a copy of it gets memory of its own first, as always.
  ///
  /// - Parameters:
  ///   - inputs: One tensor `[batch, channels, spatial…]` per input of the network.
  ///   - outputs: One tensor `[batch, …]` per output of the network.
  /// - Throws: ``FiltersmithError`` when a tensor has another shape; the outputs then stay as they are.
  @_specialize(where Scalar == Float)
  public func run(
    _ inputs: [Tensor<Scalar>], into outputs: inout [Tensor<Scalar>]
  ) throws(FiltersmithError) {
    try network.check(inputs, batch: batch)
    guard outputs.count == schedule.outputs.count else {
      throw FiltersmithError(
        .shape,
        "the network has \(schedule.outputs.count) outputs; \(outputs.count) tensors were given for "
          + "them")
    }
    for (index, value) in schedule.outputs.enumerated() {
      try schedule.values[value].shape.check(
        outputs[index].shape, batch: batch, "output '\(network.outputs[index])'")
    }
    withScratch(Scalar.self, count: schedule.memory.count) { block in
      weights.values.withUnsafeBufferPointer { values in
        schedule.withAddresses(
          in: block, inputs, weights.slots, weights: SharedPointer(reading: values)
        ) { addresses in
          schedule.withOutputs(&outputs, addresses) {
            for index in schedule.steps.indices {
              schedule.steps[index].plan.forward(
                schedule.forwardPass(
                  index, addresses, isTraining: false, random: RandomSource(seed: 0)))
            }
          }
        }
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
      try input.shape.check(tensor.shape, batch: batch, "input '\(input.name)'")
    }
  }
}

extension Shape {
  /// Checks the shape of a tensor that holds a batch of this shape.
  fileprivate func check(
    _ given: Shape, batch: Int, _ name: @autoclosure () -> String
  ) throws(FiltersmithError) {
    guard given.first == batch, given.dropFirst().elementsEqual(self) else {
      throw FiltersmithError(
        .shape, "\(name()) expects \(Shape([batch]) + self); \(given) was given")
    }
  }
}
