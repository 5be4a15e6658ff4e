import Convolutions
import Tensors

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
  /// Mean and 1 / deviation of every channel.
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

extension BatchNormalization {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    BatchNormalizationPlan<Scalar>(
      batch: context.batch, channels: context.channels, run: context.run, momentum: momentum,
      epsilon: epsilon)
  }
}

/// Segments of each sample brought to mean 0 and variance 1: layer and group normalisation.
struct SegmentNormalizationPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let batch: Int
  /// Numbers in a sample.
  let length: Int
  /// Numbers that share mean and variance.
  let segment: Int
  /// Neighbouring numbers that share scale and shift.
  let spread: Int
  let epsilon: Double

  private var segments: Int { batch * length / segment }
  var backwardReads: BackwardReads { .inputs }
  /// Mean and 1 / deviation of every segment.
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

extension LayerNormalization {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    let length = context.output.elementCount
    return SegmentNormalizationPlan<Scalar>(
      batch: context.batch, length: length, segment: length, spread: 1, epsilon: epsilon)
  }
}

extension GroupNormalization {
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

  /// The channels for which a channel is summed.
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

extension LocalResponseNormalization {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    LocalResponsePlan<Scalar>(
      batch: context.batch, channels: context.channels, run: context.run, layer: self)
  }
}
