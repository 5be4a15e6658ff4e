import Convolutions
import Numerics
import SIMDLoops
import Tensors

/// Smaller probabilities are replaced by this one, so that logarithms stay finite.
let smallestProbability = 1e-12

/// An output, its target as values, and where the gradient goes.
struct LossPass<Scalar: ConvolutionScalar>: Sendable {
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
    if Scalar.self == Float.self {
      let factor = Float(weight / normalizer)
      return withWeights(classWeights) { weights in
        sumOverParts(shape.positions, of: max(1, 16384 / channels)) { part in
          var total = 0.0
          forEachPlace(of: part, channels: channels, run: run) { start, positions in
            total += loss_cross_entropy(
              positions, floats(output.pointer + start), floats(target.pointer + start),
              weights?.pointer, factor, gradient.map { floats($0.pointer + start) })
          }
          return total
        }
      } / normalizer
    }
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
    if Scalar.self == Float.self, let (function, parameter) = loss.loopArguments {
      let factor = Float(weight / count)
      return sumOverParts(shape.count, of: 4096) { part in
        let start = part.lowerBound
        return loss_numbers(
          function, parameter, floats(output.pointer + start), floats(target.pointer + start),
          factor, gradient.map { floats($0.pointer + start) }, part.count)
      } / count
    }
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

/// Lends class weights, if there are any, as the loops in single precision read them.
private func withWeights(
  _ classWeights: [Double]?, _ body: (ReadOnlyPointer<Float>?) -> Double
) -> Double {
  guard let classWeights else { return body(nil) }
  return withScratch(Float.self, count: classWeights.count) { weights in
    for (index, weight) in classWeights.enumerated() { weights[index] = Float(weight) }
    return body(ReadOnlyPointer(weights))
  }
}

extension Loss {
  /// A loss that is a mean over numbers as the loops in single precision know it, and its parameter.
  fileprivate var loopArguments: (NumberLoss, Float)? {
    switch self {
    case .binaryCrossEntropy(let positive): (LOSS_BINARY_OF_LOGITS, Float(positive))
    case .weightedBinaryCrossEntropy(let positive): (LOSS_BINARY, Float(positive))
    case .meanSquared: (LOSS_SQUARED, 0)
    case .meanAbsolute: (LOSS_ABSOLUTE, 0)
    case .huber(let delta): (LOSS_HUBER, Float(delta))
    case .softDice: (LOSS_SOFT_DICE, 0)
    default: nil
    }
  }
}

/// Lends a target as numbers of the output's shape: classes become 0 and 1.
///
/// For an output of one channel, class 1 is the channel's; ignored positions are zero in all channels.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func withDenseTarget<Scalar: ConvolutionScalar>(
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
