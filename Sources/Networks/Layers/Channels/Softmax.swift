import Convolutions
import Numerics
import SIMDLoops
import Tensors

/// e^x / Σ e^x over the channels, at every position.
///
/// `[channels, spatial…]` or `[features]`; the shape is unchanged.
public struct Softmax: Layer {
  /// `softmax`.
  public static let kind = "softmax"
  /// Probabilities from logits.
  public init() {}

  /// The input's shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try single(inputs)
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    SoftmaxPlan<Scalar>(batch: context.batch, channels: context.channels, run: context.run)
  }
}

/// e^x / Σ e^x over the channels at every position.
struct SoftmaxPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let batch: Int
  let channels: Int
  let run: Int

  var backwardReads: BackwardReads { .output }
  var canRunInPlace: Bool { true }
  var canPassGradientInPlace: Bool { true }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, output, channels, run) = (pass.inputs[0], pass.output, channels, run)
    if Scalar.self == Float.self {
      return forEachPart(batch * run, of: max(1, 32768 / channels)) { part in
        forEachPlace(of: part, channels: channels, run: run) { start, positions in
          loss_softmax(positions, floats(input.pointer + start), floats(output.pointer + start))
        }
      }
    }
    forEachPart(batch * run, of: 1024) { part in
      for position in part {
        let start = position / run * channels * run + position % run
        var largest = -Scalar.infinity
        for channel in 0..<channels { largest = max(largest, input[start + channel * run]) }
        var sum: Scalar = 0
        for channel in 0..<channels {
          let value = Scalar.exp(input[start + channel * run] - largest)
          output[start + channel * run] = value
          sum += value
        }
        for channel in 0..<channels { output[start + channel * run] /= sum }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    guard let target = pass.inputGradients[0] else { return }
    let (output, gradient, channels, run) = (pass.output, pass.outputGradient, channels, run)
    if Scalar.self == Float.self {
      return forEachPart(batch * run, of: max(1, 32768 / channels)) { part in
        forEachPlace(of: part, channels: channels, run: run) { start, positions in
          loss_softmax_gradients(
            positions, floats(output.pointer + start), floats(gradient.pointer + start),
            floats(target.pointer + start))
        }
      }
    }
    forEachPart(batch * run, of: 1024) { part in
      for position in part {
        let start = position / run * channels * run + position % run
        var product: Scalar = 0
        for channel in 0..<channels {
          product += gradient[start + channel * run] * output[start + channel * run]
        }
        for channel in 0..<channels {
          let place = start + channel * run
          target[place] = output[place] * (gradient[place] - product)
        }
      }
    }
  }
}

/// Splits positions of arrays `[batch, channels, run]` where a sample ends, for loops over their channels.
///
/// - Parameter body: Is given the index of a first number, and where the numbers from there on are.
@inline(__always)
func forEachPlace(
  of part: Range<Int>, channels: Int, run: Int, _ body: (Int, LossPositions) -> Void
) {
  var position = part.lowerBound
  while position < part.upperBound {
    let (sample, place) = position.quotientAndRemainder(dividingBy: run)
    let count = min(part.upperBound - position, run - place)
    body(
      sample * channels * run + place,
      LossPositions(channels: channels, step: run, count: count))
    position += count
  }
}
