import Convolutions
import Tensors

/// A layer ready to run on batches of one size: its computation and the derivative of it.
///
/// A plan owns no memory: inputs, outputs, parameters and what is kept for the backward pass are lent
/// to each pass by the network's plan. All arrays are row-major, `[batch, channels, spatial…]`. The
/// bits of results do not depend on the number of threads.
public protocol LayerPlan<Scalar>: Sendable {
  associatedtype Scalar: ConvolutionScalar

  /// Which values of the forward pass the backward pass reads again.
  var backwardReads: BackwardReads { get }

  /// How many values the forward pass of training keeps for the backward pass.
  var savedCount: Int { get }

  /// Whether the output may take the place of the first input, if nothing else reads that.
  var canRunInPlace: Bool { get }

  /// Whether the first input's gradient may take the place of the output's.
  var canPassGradientInPlace: Bool { get }

  /// Whether the output is the first input itself under another shape.
  var isView: Bool { get }

  /// The same plan with an activation applied to its output, or `nil` where that gains nothing.
  ///
  /// The network's plan multiplies the output's gradient by the activation's derivative itself.
  func fusing(_ activation: Activation) -> Self?

  /// The same plan for parameters that will not change any more, packed as it reads them.
  func fixing(_ parameters: [UnsafePointer<Scalar>]) -> Self

  /// Computes the output.
  func forward(_ pass: ForwardPass<Scalar>)

  /// Computes the gradients that are wanted, overwriting what was there.
  func backward(_ pass: BackwardPass<Scalar>)
}

extension LayerPlan {
  /// Most need neither inputs nor output again.
  public var backwardReads: BackwardReads { [] }
  /// Most keep nothing.
  public var savedCount: Int { 0 }
  /// Most write to memory of their own.
  public var canRunInPlace: Bool { false }
  /// Most read the output's gradient more than once.
  public var canPassGradientInPlace: Bool { false }
  /// Most compute something.
  public var isView: Bool { false }
  /// Most leave activations to a separate step.
  public func fusing(_ activation: Activation) -> Self? { nil }
  /// Most read parameters as they are.
  public func fixing(_ parameters: [UnsafePointer<Scalar>]) -> Self { self }
}

/// Values of the forward pass that a backward pass reads.
public struct BackwardReads: OptionSet, Sendable {
  /// One bit per value.
  public let rawValue: Int
  /// A set from its bits.
  public init(rawValue: Int) { self.rawValue = rawValue }
  /// What the layer read.
  public static let inputs = BackwardReads(rawValue: 1)
  /// The layer's output.
  public static let output = BackwardReads(rawValue: 2)
}

/// The position of a layer in the network when it is planned.
public struct LayerContext: Sendable {
  /// The shapes of its inputs, without the batch axis.
  public let inputs: [Shape]
  /// The shape of its output, without the batch axis.
  public let output: Shape
  /// The number of samples that run at a time.
  public let batch: Int
  /// Whether derivatives with respect to the layer's inputs will be computed.
  public let needsInputGradients: Bool
  /// Whether derivatives with respect to the layer's parameters will be computed.
  public let needsParameterGradients: Bool

  /// The number of output channels, or features.
  var channels: Int { output.first ?? 1 }
  /// The number of values in one output channel of one sample.
  var run: Int { output.dropFirst().reduce(1, *) }
  /// The number of values in the output of a batch.
  var outputCount: Int { batch * output.elementCount }
  /// The number of values in an input of a batch.
  func inputCount(_ index: Int = 0) -> Int { batch * inputs[index].elementCount }
}

/// Arrays that a plan lends to a layer for one pass.
public struct LentArrays<Scalar: ConvolutionScalar>: Sendable {
  /// The addresses of all arrays of a step of the network.
  let addresses: SharedPointer<UnsafeMutablePointer<Scalar>>
  /// Which of them are lent.
  let places: [Int]

  /// How many there are.
  public var count: Int { places.count }
  /// The start of one.
  public subscript(_ index: Int) -> SharedPointer<Scalar> {
    SharedPointer(addresses[places[index]])
  }
}

/// Arrays that receive derivatives, where they are wanted.
public struct LentGradients<Scalar: ConvolutionScalar>: Sendable {
  /// The addresses of all arrays of a step of the network.
  let addresses: SharedPointer<UnsafeMutablePointer<Scalar>>
  /// Which of them are lent.
  let places: [Int?]

  /// How many derivatives there are, wanted or not.
  public var count: Int { places.count }
  /// The start of one; `nil` where it is not wanted.
  public subscript(_ index: Int) -> SharedPointer<Scalar>? {
    places[index].map { SharedPointer(addresses[$0]) }
  }
}

/// What the forward pass of a layer works on.
public struct ForwardPass<Scalar: ConvolutionScalar>: Sendable {
  /// The inputs, in the node's order; they are only read, unless the output takes their place.
  public let inputs: LentArrays<Scalar>
  /// Receives the output.
  public let output: SharedPointer<Scalar>
  /// The parameters, in the layer's order; running statistics are changed in training.
  public let parameters: LentArrays<Scalar>
  /// Keeps ``LayerPlan/savedCount`` values for the backward pass; present in training only.
  public let saved: SharedPointer<Scalar>?
  /// Whether statistics are those of the batch, and dropout is active.
  public let isTraining: Bool
  /// Random numbers for this layer in this step only.
  public let random: RandomSource
  /// Memory for the kernels that the plan has not fixed; their own unless given.
  package let kernels: KernelMemory<Scalar>?
}

/// What the backward pass of a layer works on.
public struct BackwardPass<Scalar: ConvolutionScalar>: Sendable {
  /// The inputs, if the plan reads them again.
  public let inputs: LentArrays<Scalar>
  /// The output, if the plan reads it again.
  public let output: SharedPointer<Scalar>
  /// The parameters, in the layer's order.
  public let parameters: LentArrays<Scalar>
  /// What the forward pass kept.
  public let saved: SharedPointer<Scalar>?
  /// The derivative of the loss with respect to the output; the pass may overwrite it.
  public let outputGradient: SharedPointer<Scalar>
  /// Receive the derivatives with respect to the inputs; `nil` where they are not wanted.
  public let inputGradients: LentGradients<Scalar>
  /// Receive the derivatives with respect to the parameters; `nil` where they do not learn.
  public let parameterGradients: LentGradients<Scalar>
  /// Whether the forward pass ran as in training.
  public let isTraining: Bool
  /// Memory for prepared kernels; their own unless given.
  package let kernels: KernelMemory<Scalar>?
}

extension LayerPlan {
  /// Computes the output of a layer with one input, without parameters and with nothing to keep.
  func forward(from input: SharedPointer<Scalar>, into output: SharedPointer<Scalar>) {
    var address = input.pointer
    withUnsafeMutablePointer(to: &address) { address in
      let addresses = SharedPointer(address)
      forward(
        ForwardPass(
          inputs: LentArrays(addresses: addresses, places: [0]), output: output,
          parameters: LentArrays(addresses: addresses, places: []), saved: nil, isTraining: false,
          random: RandomSource(seed: 0), kernels: nil))
    }
  }

  /// Turns the derivative with respect to such a layer's output into that with respect to its input.
  func backward(
    from input: SharedPointer<Scalar>, to output: SharedPointer<Scalar>,
    _ gradient: SharedPointer<Scalar>
  ) {
    var table = (input.pointer, gradient.pointer)
    withUnsafeMutablePointer(to: &table) { table in
      let addresses = SharedPointer(
        UnsafeMutableRawPointer(table).assumingMemoryBound(to: UnsafeMutablePointer<Scalar>.self))
      backward(
        BackwardPass(
          inputs: LentArrays(addresses: addresses, places: [0]), output: output,
          parameters: LentArrays(addresses: addresses, places: []), saved: nil,
          outputGradient: gradient,
          inputGradients: LentGradients(addresses: addresses, places: [1]),
          parameterGradients: LentGradients(addresses: addresses, places: []), isTraining: false,
          kernels: nil))
    }
  }
}
