import Convolutions
import Tensors

/// Every sample normalised to mean 0 and variance 1 over all its values, then scaled and shifted
/// (Ba and others 2016).
///
/// The shape is unchanged. Parameters: `scale` and `shift` of the sample's shape.
public struct LayerNormalization: Layer {
  /// `layerNormalization`.
  public static let kind = "layerNormalization"

  /// Added to the variance.
  public var epsilon: Double

  /// Layer normalisation.
  public init(epsilon: Double = 1e-5) { self.epsilon = epsilon }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(epsilon, named: "epsilon", in: 0...1)
  }

  /// The input's shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    return try single(inputs)
  }

  /// `scale` and `shift`.
  public func parameters(for inputs: [Shape]) -> [ParameterDescription] {
    scaleAndShift(inputs[0])
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    let length = context.output.elementCount
    return SegmentNormalizationPlan<Scalar>(
      batch: context.batch, length: length, segment: length, spread: 1, epsilon: epsilon)
  }
}

/// Groups of channels normalised to mean 0 and variance 1 in every sample, then scaled and shifted
/// per channel (Wu and He 2018).
///
/// The shape is unchanged. Parameters: `scale` and `shift` `[channels]`.
public struct GroupNormalization: Layer {
  /// `groupNormalization`.
  public static let kind = "groupNormalization"

  /// Into how many groups the channels are split.
  public var groups: Int
  /// Added to the variance.
  public var epsilon: Double

  /// Group normalisation.
  public init(groups: Int, epsilon: Double = 1e-5) {
    self.groups = groups
    self.epsilon = epsilon
  }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(groups, named: "groups")
    try check(epsilon, named: "epsilon", in: 0...1)
  }

  /// The input's shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    let input = try single(inputs)
    guard groups > 0, input[0] % groups == 0 else {
      throw FiltersmithError(
        .argument, "\(groups) groups do not divide the \(input[0]) channels of \(input)")
    }
    return input
  }

  /// `scale` and `shift`.
  public func parameters(for inputs: [Shape]) -> [ParameterDescription] {
    scaleAndShift([inputs[0][0]])
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    let length = context.output.elementCount
    return SegmentNormalizationPlan<Scalar>(
      batch: context.batch, length: length, segment: length / groups, spread: context.run,
      epsilon: epsilon)
  }
}

/// Segments of each sample normalised to mean 0 and variance 1: layer and group normalisation.
struct SegmentNormalizationPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let batch: Int
  /// The number of values in a sample.
  let length: Int
  /// The number of values that share mean and variance.
  let segment: Int
  /// The number of neighbouring values that share scale and shift.
  let spread: Int
  let epsilon: Double

  private var segments: Int { batch * length / segment }
  var backwardReads: BackwardReads { .inputs }
  /// Mean and 1 / standard deviation of every segment.
  var savedCount: Int { 2 * segments }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, output) = (pass.inputs[0], pass.output)
    let (scale, shift) = (pass.parameters[0], pass.parameters[1])
    let (length, segment, spread, segments) = (length, segment, spread, segments)
    parallelFor(segments) { index in
      let start = index * segment
      let values = input.pointer + start
      let mean = Scalar(Sums.sum(values, segment) / Double(segment))
      let variance = Sums.squares(values, from: mean, segment) / Double(segment)
      let inverse = Scalar(1 / (variance + epsilon).squareRoot())
      if let saved = pass.saved {
        saved[index] = mean
        saved[segments + index] = inverse
      }
      let first = start % length / spread
      for piece in 0..<segment / spread {
        let factor = scale[first + piece] * inverse
        let offset = shift[first + piece] - factor * mean
        for place in piece * spread..<(piece + 1) * spread {
          output[start + place] = factor * values[place] + offset
        }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    let (input, gradient, scale) = (pass.inputs[0], pass.outputGradient, pass.parameters[0])
    guard let saved = pass.saved else { return }
    let (length, segment, spread, segments) = (length, segment, spread, segments)
    if let target = pass.inputGradients[0] {
      parallelFor(segments) { index in
        let start = index * segment
        let (mean, inverse) = (saved[index], saved[segments + index])
        let first = start % length / spread
        var (sum, product) = (0.0, 0.0)
        for piece in 0..<segment / spread {
          let place = start + piece * spread
          let factor = Double(scale[first + piece])
          sum += factor * Sums.sum(gradient.pointer + place, spread)
          product +=
            factor
            * Sums.product(gradient.pointer + place, input.pointer + place, from: mean, spread)
        }
        let offset = Scalar(-sum / Double(segment))
        let slope = -Scalar(product / Double(segment)) * inverse * inverse
        for piece in 0..<segment / spread {
          let factor = scale[first + piece]
          for place in start + piece * spread..<start + (piece + 1) * spread {
            target[place] =
              inverse * (factor * gradient[place] + offset + slope * (input[place] - mean))
          }
        }
      }
    }
    let (scaleTarget, shiftTarget) = (pass.parameterGradients[0], pass.parameterGradients[1])
    guard scaleTarget != nil || shiftTarget != nil else { return }
    forEachPart(length / spread, of: max(1, 4096 / spread)) { part in
      for parameter in part {
        var (sum, product) = (0.0, 0.0)
        for sample in 0..<batch {
          let place = sample * length + parameter * spread
          let index = place / segment
          sum += Sums.sum(gradient.pointer + place, spread)
          product +=
            Double(saved[segments + index])
            * Sums.product(
              gradient.pointer + place, input.pointer + place, from: saved[index], spread)
        }
        scaleTarget?[parameter] = Scalar(product)
        shiftTarget?[parameter] = Scalar(sum)
      }
    }
  }
}
