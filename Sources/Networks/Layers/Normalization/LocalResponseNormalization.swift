import Convolutions
import Numerics
import Tensors

/// x / (k + α/n Σ x²)^β over n neighbouring channels (Krizhevsky and others 2012).
///
/// The shape is unchanged.
public struct LocalResponseNormalization: Layer {
  /// `localResponseNormalization`.
  public static let kind = "localResponseNormalization"

  /// n: the number of neighbouring channels that are summed.
  public var size: Int
  /// α.
  public var alpha: Double
  /// β.
  public var beta: Double
  /// k.
  public var bias: Double

  /// Local response normalisation across channels.
  public init(size: Int = 5, alpha: Double = 1e-4, beta: Double = 0.75, bias: Double = 1) {
    self.size = size
    self.alpha = alpha
    self.beta = beta
    self.bias = bias
  }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(size, named: "size")
    try check(alpha, named: "alpha", in: .notNegative)
    try check(beta, named: "beta", in: .notNegative)
    try check(bias, named: "bias", in: .notNegative)
  }

  /// The input's shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    return try singleImage(inputs)
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    LocalResponsePlan<Scalar>(
      batch: context.batch, channels: context.channels, run: context.run, layer: self)
  }
}

/// x s^−β with s = k + α/n Σ x² over neighbouring channels.
struct LocalResponsePlan<Scalar: ConvolutionScalar>: LayerPlan {
  let batch: Int
  let channels: Int
  let run: Int
  let layer: LocalResponseNormalization

  var backwardReads: BackwardReads { .inputs }
  /// s.
  var savedCount: Int { batch * channels * run }

  /// The channels that are summed for a channel.
  private func neighbors(_ channel: Int) -> Range<Int> {
    let before = (layer.size - 1) / 2
    return max(channel - before, 0)..<min(channel + layer.size - before, channels)
  }

  /// The channels whose sums include a channel.
  private func dependents(_ channel: Int) -> Range<Int> {
    let before = (layer.size - 1) / 2
    return max(channel + before + 1 - layer.size, 0)..<min(channel + before + 1, channels)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, output, run, channels) = (pass.inputs[0], pass.output, run, channels)
    let factor = Scalar(layer.alpha / Double(layer.size))
    let exponent = Scalar(-layer.beta)
    parallelFor(batch * channels) { row in
      let (sample, channel) = (row / channels, row % channels)
      withScratch(Scalar.self, count: run) { scratch in
        let sums = pass.saved.map { $0.pointer + row * run } ?? scratch
        sums.update(repeating: Scalar(layer.bias), count: run)
        for neighbor in neighbors(channel) {
          let values = input.pointer + (sample * channels + neighbor) * run
          for place in 0..<run { sums[place] += factor * values[place] * values[place] }
        }
        let (values, target) = (input.pointer + row * run, output.pointer + row * run)
        for place in 0..<run { target[place] = values[place] * Scalar.pow(sums[place], exponent) }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    guard let target = pass.inputGradients[0], let saved = pass.saved else { return }
    let (input, gradient, run, channels) = (pass.inputs[0], pass.outputGradient, run, channels)
    let exponent = Scalar(-layer.beta)
    let factor = Scalar(-2 * layer.beta * layer.alpha / Double(layer.size))
    parallelFor(batch * channels) { row in
      let (sample, channel) = (row / channels, row % channels)
      for place in row * run..<(row + 1) * run {
        target[place] = gradient[place] * Scalar.pow(saved[place], exponent)
      }
      for dependent in dependents(channel) {
        let start = (sample * channels + dependent) * run
        for place in 0..<run {
          let sum = saved[start + place]
          let product = gradient[start + place] * input[start + place]
          target[row * run + place] +=
            factor * input[row * run + place] * product * Scalar.pow(sum, exponent - 1)
        }
      }
    }
  }
}
