import Convolutions
import Numerics
import Tensors

/// What training makes small: a function of an output and its target, averaged over the batch.
///
/// Outputs are `[batch, channels]` or `[batch, channels, spatial…]`; losses of pixels are averaged over
/// the pixels. Logits are outputs without a final softmax or sigmoid.
public indirect enum Loss: Sendable, Hashable, Codable {
  /// −log softmax(y)ₜ of logits, with a weight per class; the mean is weighted too, as in PyTorch.
  case softmaxCrossEntropy(classWeights: [Double]? = nil)
  /// −Σ t log y of probabilities over the channels, with a weight per class.
  case categoricalCrossEntropy(classWeights: [Double]? = nil)
  /// −(β t log σ(y) + (1 − t) log(1 − σ(y))) of logits.
  case binaryCrossEntropy(positiveWeight: Double = 1)
  /// −(β t log y + (1 − t) log(1 − y)) of probabilities.
  case weightedBinaryCrossEntropy(positiveWeight: Double = 1)
  /// (y − t)².
  case meanSquared
  /// |y − t|.
  case meanAbsolute
  /// (y − t)²/2 where |y − t| ≤ δ, δ (|y − t| − δ/2) elsewhere (Huber 1964).
  case huber(delta: Double = 1)
  /// 1 − 2 Σ t y / (Σ y + Σ t) of probabilities, sums over the pixels of a channel; 0 where both are
  /// empty.
  case dice
  /// 1 − (2 t y + 1) / (y + t + 1) of probabilities, pixel by pixel.
  case softDice
  /// Another loss of the output's sigmoid.
  case ofSigmoid(Loss)
  /// Another loss of the output's softmax over the channels.
  case ofSoftmax(Loss)
  /// Several losses of the same output, each times a weight.
  case sum([WeightedLoss])
}

/// A loss and its weight in a sum.
public struct WeightedLoss: Sendable, Hashable, Codable {
  /// The factor.
  public var weight: Double
  /// The loss.
  public var loss: Loss

  /// A loss times a weight.
  public init(_ weight: Double, _ loss: Loss) {
    self.weight = weight
    self.loss = loss
  }
}

/// A loss of one of a network's outputs.
public struct LossTerm: Sendable, Hashable, Codable {
  /// The loss.
  public var loss: Loss
  /// The output's name; the network's only or first output if none is given.
  public var output: String?
  /// The factor.
  public var weight: Double

  /// A loss of an output, times a weight.
  public init(_ loss: Loss, of output: String? = nil, weight: Double = 1) {
    self.loss = loss
    self.output = output
    self.weight = weight
  }

  /// The name of the output in a network.
  ///
  /// - Throws: ``FiltersmithError`` when the network has no such output.
  func outputName(of network: Network) throws(FiltersmithError) -> String {
    guard let output else { return network.outputs.first ?? "" }
    guard network.outputs.contains(output) else {
      throw FiltersmithError(
        .argument,
        "a loss is given for '\(output)'; the network's outputs are "
          + network.outputs.joined(separator: ", "))
    }
    return output
  }
}

/// What an output should have been.
public enum LossTarget<Scalar: ConvolutionScalar>: Sendable {
  /// The number of the right class, per sample or per pixel `[batch, spatial…]`; −1 does not count.
  case classes([Int32])
  /// Numbers of the output's shape, `[batch, channels, spatial…]`: probabilities or values.
  case values(Tensor<Scalar>)
}

/// The extents that losses run over.
struct LossShape: Sendable {
  let batch: Int
  let channels: Int
  /// Pixels of a channel.
  let run: Int
  var count: Int { batch * channels * run }
  /// Samples, or pixels of all samples.
  var positions: Int { batch * run }

  init(output: Shape, batch: Int) {
    self.batch = batch
    channels = output.first ?? 1
    run = output.dropFirst().reduce(1, *)
  }
}

extension Loss {
  /// Checks what can be checked before there are targets.
  ///
  /// - Throws: ``FiltersmithError`` that names what does not fit.
  func check(output: Shape) throws(FiltersmithError) {
    switch self {
    case .softmaxCrossEntropy(let weights?), .categoricalCrossEntropy(let weights?):
      guard weights.count == output.first, weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
        throw FiltersmithError(
          .argument,
          "class weights \(weights) for an output \(output) of \(output.first ?? 0) classes; "
            + "one number of at least 0 per class was expected")
      }
    case .binaryCrossEntropy(let weight), .weightedBinaryCrossEntropy(let weight):
      guard weight > 0, weight.isFinite else {
        throw FiltersmithError(
          .argument, "the weight of positives is \(weight); a positive number was expected")
      }
    case .huber(let delta):
      guard delta > 0, delta.isFinite else {
        throw FiltersmithError(.argument, "Huber's δ is \(delta); a positive number was expected")
      }
    case .ofSigmoid(let inner), .ofSoftmax(let inner): try inner.check(output: output)
    case .sum(let terms):
      guard !terms.isEmpty else {
        throw FiltersmithError(.argument, "a sum of losses has no terms")
      }
      for term in terms { try term.loss.check(output: output) }
    default: break
    }
  }

  /// Checks a target.
  ///
  /// - Throws: ``FiltersmithError`` that names what does not fit.
  func check<Scalar>(
    _ target: LossTarget<Scalar>, output: Shape, batch: Int
  ) throws(FiltersmithError) {
    let shape = LossShape(output: output, batch: batch)
    switch target {
    case .classes(let classes):
      guard classes.count == shape.positions else {
        throw FiltersmithError(
          .shape,
          "an output \(output) in batches of \(batch) needs \(shape.positions) class labels; "
            + "\(classes.count) were given")
      }
      let bound = Int32(max(shape.channels, 2))
      if let wrong = classes.first(where: { $0 >= bound || $0 < -1 }) {
        throw FiltersmithError(
          .shape, "class label \(wrong) for an output \(output) of \(shape.channels) channels")
      }
    case .values(let tensor):
      guard tensor.count == shape.count else {
        throw FiltersmithError(
          .shape,
          "an output \(Shape([batch]) + output) needs a target of its shape; \(tensor.shape) was "
            + "given")
      }
    }
  }

  /// The loss, and `weight` times its derivative added to a gradient.
  func evaluate<Scalar: ConvolutionScalar>(
    _ output: SharedPointer<Scalar>, _ target: LossTarget<Scalar>, _ shape: LossShape,
    weight: Double, addingGradientTo gradient: SharedPointer<Scalar>?
  ) -> Double {
    switch self {
    case .sum(let terms):
      return terms.reduce(0) { sum, term in
        let part = term.loss.evaluate(
          output, target, shape, weight: weight * term.weight, addingGradientTo: gradient)
        return sum + term.weight * part
      }
    case .ofSigmoid(let inner):
      return through(
        output, shape, gradient,
        plan: ElementwisePlan<Scalar>(count: shape.count, function: .sigmoid)
      ) { inner.evaluate($0, target, shape, weight: weight, addingGradientTo: $1) }
    case .ofSoftmax(let inner):
      return through(
        output, shape, gradient,
        plan: SoftmaxPlan<Scalar>(batch: shape.batch, channels: shape.channels, run: shape.run)
      ) { inner.evaluate($0, target, shape, weight: weight, addingGradientTo: $1) }
    default:
      return withDenseTarget(target, shape) { dense in
        let pass = LossPass(
          output: output, target: dense, shape: shape, weight: weight, gradient: gradient)
        switch self {
        case .softmaxCrossEntropy(let weights): return pass.softmaxCrossEntropy(weights)
        case .categoricalCrossEntropy(let weights): return pass.categoricalCrossEntropy(weights)
        case .dice: return pass.dice()
        default: return pass.mean(of: self)
        }
      }
    }
  }

  /// Has a loss read what a function makes of the output, and takes its gradient back through it.
  private func through<Scalar: ConvolutionScalar>(
    _ output: SharedPointer<Scalar>, _ shape: LossShape, _ gradient: SharedPointer<Scalar>?,
    plan: some LayerPlan<Scalar>,
    _ inner: (_ output: SharedPointer<Scalar>, _ gradient: SharedPointer<Scalar>?) -> Double
  ) -> Double {
    withScratch(Scalar.self, count: 2 * shape.count) { scratch in
      let (values, derivatives) = (SharedPointer(scratch), SharedPointer(scratch + shape.count))
      plan.forward(
        ForwardPass(
          inputs: [output], output: values, parameters: [], saved: nil, isTraining: false,
          random: RandomSource(seed: 0)))
      derivatives.pointer.update(repeating: 0, count: shape.count)
      let loss = inner(values, gradient == nil ? nil : derivatives)
      guard let gradient else { return loss }
      plan.backward(
        BackwardPass(
          inputs: [output], output: values, parameters: [], saved: nil,
          outputGradient: derivatives, inputGradients: [derivatives], parameterGradients: [],
          isTraining: false))
      add(derivatives, to: gradient, count: shape.count)
      return loss
    }
  }

  /// The loss of one number and its derivative, of losses that are a mean over all numbers.
  @inline(__always)
  fileprivate func number(_ y: Double, _ t: Double) -> (value: Double, derivative: Double) {
    switch self {
    case .binaryCrossEntropy(let positive):
      // log(1 + e^−|y|) never overflows.
      let soft = Double.log(onePlus: Double.exp(-abs(y)))
      let (negativeLog, complementLog) = (soft + max(-y, 0), soft + max(y, 0))
      let sigmoid = 1 / (1 + Double.exp(-y))
      return (
        positive * t * negativeLog + (1 - t) * complementLog,
        -positive * t * (1 - sigmoid) + (1 - t) * sigmoid
      )
    case .weightedBinaryCrossEntropy(let positive):
      let (yes, no) = (max(y, smallestProbability), max(1 - y, smallestProbability))
      return (
        -(positive * t * Double.log(yes) + (1 - t) * Double.log(no)),
        -(positive * t / yes - (1 - t) / no)
      )
    case .meanSquared: return ((y - t) * (y - t), 2 * (y - t))
    case .meanAbsolute: return (abs(y - t), y > t ? 1 : y < t ? -1 : 0)
    case .huber(let delta):
      let difference = y - t
      return abs(difference) <= delta
        ? (difference * difference / 2, difference)
        : (delta * (abs(difference) - delta / 2), difference > 0 ? delta : -delta)
    case .softDice:
      let sum = y + t + 1
      return (1 - (2 * t * y + 1) / sum, -(2 * t * sum - (2 * t * y + 1)) / (sum * sum))
    default: preconditionFailure("\(self) is not a mean over numbers")
    }
  }
}

/// Probabilities are not taken to be smaller, so that logarithms stay finite.
private let smallestProbability = 1e-12

/// An output, its target as numbers, and where the gradient goes.
private struct LossPass<Scalar: ConvolutionScalar>: Sendable {
  let output: SharedPointer<Scalar>
  let target: SharedPointer<Scalar>
  let shape: LossShape
  let weight: Double
  let gradient: SharedPointer<Scalar>?

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func softmaxCrossEntropy(_ classWeights: [Double]?) -> Double {
    let normalizer = normalizer(classWeights)
    let (channels, run) = (shape.channels, shape.run)
    return sumOverParts(shape.positions, of: 512) { part in
      var total = 0.0
      for position in part {
        let start = position / run * channels * run + position % run
        var largest = -Scalar.infinity
        for channel in 0..<channels { largest = max(largest, output[start + channel * run]) }
        var sum = 0.0
        for channel in 0..<channels {
          sum += Double(Scalar.exp(output[start + channel * run] - largest))
        }
        let logSum = Double(largest) + Double.log(sum)
        var mass = 0.0
        for channel in 0..<channels {
          let share = Double(target[start + channel * run]) * (classWeights?[channel] ?? 1)
          if share != 0 { total += share * (logSum - Double(output[start + channel * run])) }
          mass += share
        }
        guard let gradient, mass != 0 else { continue }
        for channel in 0..<channels {
          let place = start + channel * run
          let share = Double(target[place]) * (classWeights?[channel] ?? 1)
          let probability = Double(Scalar.exp(output[place] - Scalar(logSum)))
          gradient[place] += Scalar(weight * (mass * probability - share) / normalizer)
        }
      }
      return total
    } / normalizer
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func categoricalCrossEntropy(_ classWeights: [Double]?) -> Double {
    let normalizer = normalizer(classWeights)
    return sumOverParts(shape.count, of: 8192) { part in
      var total = 0.0
      for place in part where target[place] != 0 {
        let share =
          Double(target[place]) * (classWeights?[place / shape.run % shape.channels] ?? 1)
        let probability = max(Double(output[place]), smallestProbability)
        total -= share * Double.log(probability)
        gradient?[place] -= Scalar(weight * share / probability / normalizer)
      }
      return total
    } / normalizer
  }

  /// The mass of all targets: the number of positions that count, or the sum of their weights.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  private func normalizer(_ classWeights: [Double]?) -> Double {
    let total = sumOverParts(shape.batch * shape.channels, of: 64) { part in
      var sum = 0.0
      for plane in part {
        sum +=
          Sums.sum(target.pointer + plane * shape.run, shape.run)
          * (classWeights?[plane % shape.channels] ?? 1)
      }
      return sum
    }
    return total > 0 ? total : 1
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func mean(of loss: Loss) -> Double {
    let count = Double(shape.count)
    return sumOverParts(shape.count, of: 4096) { part in
      var total = 0.0
      for place in part {
        let (value, derivative) = loss.number(Double(output[place]), Double(target[place]))
        total += value
        gradient?[place] += Scalar(weight * derivative / count)
      }
      return total
    } / count
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func dice() -> Double {
    let (run, planes) = (shape.run, shape.batch * shape.channels)
    return sumOverParts(planes, of: 1) { part in
      var total = 0.0
      for plane in part {
        let (values, truth) = (output.pointer + plane * run, target.pointer + plane * run)
        let product = Sums.product(values, truth, run)
        let sum = Sums.sum(values, run) + Sums.sum(truth, run)
        guard sum > 0 else { continue }
        total += 1 - 2 * product / sum
        guard let gradient else { continue }
        let (linear, constant) = (2 / sum, 2 * product / (sum * sum))
        for place in 0..<run {
          gradient[plane * run + place] -= Scalar(
            weight / Double(planes) * (linear * Double(truth[place]) - constant))
        }
      }
      return total
    } / Double(planes)
  }
}

/// Lends a target as numbers of the output's shape: classes become 0 and 1.
///
/// Of an output of one channel class 1 is the channel's; positions that do not count are zero in all
/// channels.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func withDenseTarget<Scalar: ConvolutionScalar>(
  _ target: LossTarget<Scalar>, _ shape: LossShape, _ body: (SharedPointer<Scalar>) -> Double
) -> Double {
  switch target {
  case .values(let tensor):
    return tensor.withUnsafeElements { body(SharedPointer(reading: $0)) }
  case .classes(let classes):
    return withScratch(Scalar.self, count: shape.count) { dense in
      dense.update(repeating: 0, count: shape.count)
      let (channels, run) = (shape.channels, shape.run)
      for (position, label) in classes.enumerated() {
        let start = position / run * channels * run + position % run
        if channels == 1 {
          dense[start] = label > 0 ? 1 : 0
        } else if label >= 0 {
          dense[start + Int(label) * run] = 1
        }
      }
      return body(SharedPointer(dense))
    }
  }
}

/// A sum over parts that do not depend on the number of threads, in their order.
private func sumOverParts(
  _ count: Int, of size: Int, _ body: @Sendable (Range<Int>) -> Double
) -> Double {
  let parts = (count + size - 1) / size
  return withScratch(Double.self, count: parts) { sums in
    let shared = SharedPointer(sums)
    parallelFor(parts) { part in
      shared[part] = body(part * size..<min((part + 1) * size, count))
    }
    return (0..<parts).reduce(0) { $0 + sums[$1] }
  }
}
