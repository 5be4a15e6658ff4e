import Convolutions
import Numerics
import Tensors

/// √(even² + odd²) of neighbouring channels: the magnitude of quadrature responses.
///
/// `[2 · filters, spatial…]` → `[filters, spatial…]`.
public struct Magnitude: Layer {
  /// `magnitude`.
  public static let kind = "magnitude"
  /// Magnitudes of channel pairs.
  public init() {}

  /// `[filters, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try halvingChannels(inputs)
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    PolarPlan<Scalar>(
      pairs: context.batch * context.channels, run: context.run, part: .magnitude)
  }
}

/// atan2(odd, even) of neighbouring channels, in radians: the local phase.
///
/// `[2 · filters, spatial…]` → `[filters, spatial…]`.
public struct Phase: Layer {
  /// `phase`.
  public static let kind = "phase"
  /// Phases of channel pairs.
  public init() {}

  /// `[filters, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try halvingChannels(inputs)
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    PolarPlan<Scalar>(pairs: context.batch * context.channels, run: context.run, part: .phase)
  }
}

extension Layer {
  fileprivate func halvingChannels(_ inputs: [Shape]) throws(FiltersmithError) -> Shape {
    let input = try single(inputs)
    guard input.rank > 0, input[0] % 2 == 0 else {
      throw FiltersmithError(
        .shape, "\(Self.kind) takes pairs of channels (even, odd); its input is \(input)")
    }
    return input.replacing(axis: 0, with: input[0] / 2)
  }
}

/// Magnitude or phase of neighbouring channels.
struct PolarPlan<Scalar: ConvolutionScalar>: LayerPlan {
  enum Part: Sendable { case magnitude, phase }
  /// Pairs of channels in the batch.
  let pairs: Int
  let run: Int
  let part: Part

  var backwardReads: BackwardReads { .inputs }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, output, run, part) = (pass.inputs[0], pass.output, run, part)
    parallelFor(pairs, grain: max(1, 4096 / max(run, 1))) { pair in
      let (even, odd) = (input.pointer + 2 * pair * run, input.pointer + (2 * pair + 1) * run)
      let target = output.pointer + pair * run
      switch part {
      case .magnitude:
        Rows.magnitude(even, odd, into: target, run)
      case .phase:
        for place in 0..<run { target[place] = Scalar.atan2(y: odd[place], x: even[place]) }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    guard let target = pass.inputGradients[0] else { return }
    let (input, gradient, run, part) = (pass.inputs[0], pass.outputGradient, run, part)
    parallelFor(pairs, grain: max(1, 4096 / max(run, 1))) { pair in
      let first = 2 * pair * run
      let (even, odd) = (input.pointer + first, input.pointer + first + run)
      let (evenTarget, oddTarget) = (target.pointer + first, target.pointer + first + run)
      let g = gradient.pointer + pair * run
      switch part {
      case .magnitude: Rows.magnitudeGradient(even, odd, g, into: evenTarget, oddTarget, run)
      case .phase:
        for place in 0..<run {
          let square = even[place] * even[place] + odd[place] * odd[place]
          // There is no derivative at zero; none is passed on.
          let factor = square > 0 ? g[place] / square : 0
          (evenTarget[place], oddTarget[place]) = (-factor * odd[place], factor * even[place])
        }
      }
    }
  }
}
