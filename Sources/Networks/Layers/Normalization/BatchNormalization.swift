import Convolutions
import Tensors

/// Every channel normalised to mean 0 and variance 1 over the batch, then scaled and shifted (Ioffe
/// and Szegedy 2015).
///
/// The shape is unchanged. Parameters: `scale` and `shift` `[channels]`, which are learnt, and `mean` and
/// `variance` `[channels]`, running statistics that inference uses.
public struct BatchNormalization: Layer {
  /// `batchNormalization`.
  public static let kind = "batchNormalization"

  /// How much of a running statistic a batch replaces (PyTorch's momentum; 1 − Keras').
  public var momentum: Double
  /// Added to the variance.
  public var epsilon: Double

  /// Batch normalisation.
  public init(momentum: Double = 0.1, epsilon: Double = 1e-5) {
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(momentum, named: "momentum", in: 0...1)
    try check(epsilon, named: "epsilon", in: 0...1)
  }

  /// The input's shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    return try single(inputs)
  }

  /// `scale`, `shift`, `mean`, `variance`.
  public func parameters(for inputs: [Shape]) -> [ParameterDescription] {
    let channels: Shape = [inputs[0][0]]
    return scaleAndShift(channels) + [
      ParameterDescription("mean", channels, .zeros, isTrainable: false),
      ParameterDescription("variance", channels, .ones, isTrainable: false),
    ]
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    BatchNormalizationPlan<Scalar>(
      batch: context.batch, channels: context.channels, run: context.run, momentum: momentum,
      epsilon: epsilon)
  }
}

/// The two parameters that normalised values are multiplied by and added to.
func scaleAndShift(_ shape: Shape) -> [ParameterDescription] {
  [ParameterDescription("scale", shape, .ones), ParameterDescription("shift", shape, .zeros)]
}

/// Batch normalisation, with an activation in the same pass.
struct BatchNormalizationPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let batch: Int
  let channels: Int
  let run: Int
  let momentum: Double
  let epsilon: Double
  var activation = Activation.identity

  var backwardReads: BackwardReads { .inputs }
  var canPassGradientInPlace: Bool { true }
  /// Mean and 1 / standard deviation of every channel.
  var savedCount: Int { 2 * channels }

  func fusing(_ activation: Activation) -> Self? {
    var fused = self
    fused.activation = activation
    return fused
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, output) = (pass.inputs[0], pass.output)
    let (scale, shift) = (pass.parameters[0], pass.parameters[1])
    let (means, variances) = (pass.parameters[2], pass.parameters[3])
    let (batch, channels, run) = (batch, channels, run)
    let count = Double(batch * run)
    parallelFor(channels, grain: max(1, 4096 / (batch * run))) { channel in
      var mean = Double(means[channel])
      var variance = Double(variances[channel])
      if pass.isTraining {
        mean = 0
        for sample in 0..<batch {
          mean += Sums.sum(input.pointer + (sample * channels + channel) * run, run)
        }
        mean /= count
        variance = 0
        for sample in 0..<batch {
          variance += Sums.squares(
            input.pointer + (sample * channels + channel) * run, from: Scalar(mean), run)
        }
        variance /= count
        let unbiased = count > 1 ? variance * count / (count - 1) : variance
        means[channel] += Scalar(momentum) * (Scalar(mean) - means[channel])
        variances[channel] += Scalar(momentum) * (Scalar(unbiased) - variances[channel])
      }
      let inverse = 1 / (variance + epsilon).squareRoot()
      if let saved = pass.saved {
        saved[channel] = Scalar(mean)
        saved[channels + channel] = Scalar(inverse)
      }
      let factor = scale[channel] * Scalar(inverse)
      let offset = shift[channel] - factor * Scalar(mean)
      for sample in 0..<batch {
        let start = (sample * channels + channel) * run
        Rows.scale(
          input.pointer + start, by: factor, offset: offset, activation,
          into: output.pointer + start, run)
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    let (input, gradient, target) = (pass.inputs[0], pass.outputGradient, pass.inputGradients[0])
    let (scale, batch, channels, run) = (pass.parameters[0], batch, channels, run)
    guard let saved = pass.saved else { return }
    let count = Double(batch * run)
    parallelFor(channels, grain: max(1, 4096 / (batch * run))) { channel in
      let (mean, inverse) = (saved[channel], saved[channels + channel])
      var (sum, product) = (0.0, 0.0)
      for sample in 0..<batch {
        let start = (sample * channels + channel) * run
        sum += Sums.sum(gradient.pointer + start, run)
        product += Sums.product(gradient.pointer + start, input.pointer + start, from: mean, run)
      }
      pass.parameterGradients[0]?[channel] = Scalar(product) * inverse
      pass.parameterGradients[1]?[channel] = Scalar(sum)
      guard let target else { return }
      let factor = scale[channel] * inverse
      // With fixed statistics the layer is linear.
      let offset = pass.isTraining ? Scalar(-sum / count) : 0
      let slope = pass.isTraining ? -Scalar(product / count) * inverse * inverse : 0
      for sample in 0..<batch {
        let start = (sample * channels + channel) * run
        Rows.combine(
          gradient.pointer + start, input.pointer + start, factor: factor, offset: offset,
          slope: slope, mean: mean, into: target.pointer + start, run)
      }
    }
  }
}
