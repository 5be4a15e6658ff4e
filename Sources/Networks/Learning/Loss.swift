import Convolutions
import Numerics
import Tensors

/// What training minimises: a function of an output and its target, averaged over the batch.
///
/// Outputs are `[batch, channels]` or `[batch, channels, spatial…]`; pixelwise losses are averaged over
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

/// The target of an output.
public enum LossTarget<Scalar: ConvolutionScalar>: Sendable {
  /// The number of the right class, per sample or per pixel `[batch, spatial…]`; −1 is ignored.
  case classes([Int32])
  /// Values of the output's shape, `[batch, channels, spatial…]`: probabilities or regression targets.
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
      guard tensor.shape == Shape([batch]) + output else {
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

  /// Applies a loss to a function of the output, and takes its gradient back through the function.
  private func through<Scalar: ConvolutionScalar>(
    _ output: SharedPointer<Scalar>, _ shape: LossShape, _ gradient: SharedPointer<Scalar>?,
    plan: some LayerPlan<Scalar>,
    _ inner: (_ output: SharedPointer<Scalar>, _ gradient: SharedPointer<Scalar>?) -> Double
  ) -> Double {
    withScratch(Scalar.self, count: 2 * shape.count) { scratch in
      let (values, derivatives) = (SharedPointer(scratch), SharedPointer(scratch + shape.count))
      plan.forward(from: output, into: values)
      derivatives.pointer.update(repeating: 0, count: shape.count)
      let loss = inner(values, gradient == nil ? nil : derivatives)
      guard let gradient else { return loss }
      plan.backward(from: output, to: values, derivatives)
      add(derivatives, to: gradient, count: shape.count)
      return loss
    }
  }

  /// The loss of one value and its derivative, for losses that are a mean over all values.
  @inline(__always)
  func number(_ y: Double, _ t: Double) -> (value: Double, derivative: Double) {
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
