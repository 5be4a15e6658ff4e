import Convolutions
import Numerics
import Tensors

/// e^x / Σ e^x over the channels at every position.
struct SoftmaxPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let batch: Int
  let channels: Int
  let run: Int

  var backwardReads: BackwardReads { .output }
  var canRunInPlace: Bool { true }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, output, channels, run) = (pass.inputs[0], pass.output, channels, run)
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

extension Softmax {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    SoftmaxPlan<Scalar>(batch: context.batch, channels: context.channels, run: context.run)
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

extension Magnitude {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    PolarPlan<Scalar>(
      pairs: context.batch * context.channels, run: context.run, part: .magnitude)
  }
}

extension Phase {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    PolarPlan<Scalar>(pairs: context.batch * context.channels, run: context.run, part: .phase)
  }
}

/// The largest of neighbouring channels.
struct GroupMaximumPlan<Scalar: ConvolutionScalar>: LayerPlan {
  /// Output channels in the batch.
  let groups: Int
  let size: Int
  let run: Int

  /// Which channel of its group won, at every position.
  var savedCount: Int { groups * run }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, output, size, run) = (pass.inputs[0], pass.output, size, run)
    parallelFor(groups) { group in
      let target = output.pointer + group * run
      let winners = pass.saved.map { $0.pointer + group * run }
      target.update(from: input.pointer + group * size * run, count: run)
      winners?.update(repeating: 0, count: run)
      for member in 1..<max(size, 1) {
        let values = input.pointer + (group * size + member) * run
        for place in 0..<run where values[place] > target[place] {
          target[place] = values[place]
          winners?[place] = Scalar(member)
        }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    guard let target = pass.inputGradients[0], let winners = pass.saved else { return }
    let (gradient, size, run) = (pass.outputGradient, size, run)
    parallelFor(groups) { group in
      for member in 0..<size {
        let row = target.pointer + (group * size + member) * run
        for place in 0..<run {
          let won = winners[group * run + place] == Scalar(member)
          row[place] = won ? gradient[group * run + place] : 0
        }
      }
    }
  }
}

extension MaxOverGroups {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    GroupMaximumPlan<Scalar>(
      groups: context.batch * context.channels, size: size, run: context.run)
  }
}
