import Convolutions
import Numerics
import SIMDLoops
import Tensors

/// How parameters are updated by their gradients.
public enum Optimizer: Sendable, Hashable, Codable {
  /// v ← μ v + g, w ← w − η v; with Nesterov's look-ahead w ← w − η (g + μ v).
  case sgd(momentum: Double = 0, nesterov: Bool = false)
  /// s ← ρ s + (1 − ρ) g², w ← w − η g / (√s + ε) (Hinton), with momentum.
  case rmsProp(decay: Double = 0.9, momentum: Double = 0, epsilon: Double = 1e-7)
  /// Moments m and s of first and second order, corrected for their initial bias (Kingma and Ba 2015):
  /// w ← w − η m̂ / (√ŝ + ε); decay is added to the gradient.
  case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
  /// The same, but decay shrinks the weights themselves (Loshchilov and Hutter 2019).
  case adamW(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)

  /// How many values per parameter are kept from step to step.
  var momentCount: Int {
    switch self {
    case .sgd(let momentum, _): momentum == 0 ? 0 : 1
    case .rmsProp(_, let momentum, _): momentum == 0 ? 1 : 2
    case .adam, .adamW: 2
    }
  }

  /// Checks the constants.
  ///
  /// - Throws: ``FiltersmithError`` that names the one which is out of range.
  public func check() throws(FiltersmithError) {
    func check(_ name: String, _ value: Double, below bound: Double) throws(FiltersmithError) {
      guard value >= 0, value < bound else {
        throw FiltersmithError(
          .argument, "\(name) is \(value); from 0 to below \(bound) was expected")
      }
    }
    switch self {
    case .sgd(let momentum, let nesterov):
      try check("momentum", momentum, below: 1)
      if nesterov, momentum == 0 {
        throw FiltersmithError(.argument, "Nesterov's method needs a momentum above 0")
      }
    case .rmsProp(let decay, let momentum, let epsilon):
      try check("decay", decay, below: 1)
      try check("momentum", momentum, below: 1)
      try check("epsilon", epsilon, below: 1)
    case .adam(let beta1, let beta2, let epsilon), .adamW(let beta1, let beta2, let epsilon):
      try check("beta1", beta1, below: 1)
      try check("beta2", beta2, below: 1)
      try check("epsilon", epsilon, below: 1)
    }
  }
}

/// How gradients that are too large are limited.
public enum GradientClipping: Sendable, Hashable, Codable {
  /// All gradients are scaled so that their common Euclidean norm is at most this.
  case norm(Double)
  /// Every value is clipped to ± this.
  case value(Double)
}

/// What an optimiser keeps from step to step.
public struct OptimizerState<Scalar: ConvolutionScalar>: Sendable, Equatable {
  /// The steps taken.
  public internal(set) var steps = 0
  /// Arrays like the weights', one per moment.
  public internal(set) var moments: [Weights<Scalar>]

  /// Zeros for a network.
  ///
  /// - Throws: ``FiltersmithError`` of kind `limit` when they are more than the machine's memory holds.
  public init(for optimizer: Optimizer, network: Network) throws(FiltersmithError) {
    moments = []
    for _ in 0..<optimizer.momentCount { moments.append(try Weights(zerosFor: network)) }
  }

  /// A state from what a user's own loop kept: the steps taken, and the moments in the optimiser's order.
  ///
  /// ``Optimizer/step(_:weights:gradients:state:learningRate:weightDecay:clipping:)`` checks that they are
  /// its network's.
  public init(steps: Int, moments: [Weights<Scalar>]) {
    self.steps = steps
    self.moments = moments
  }
}

extension Optimizer {
  /// Takes one step.
  ///
  /// - Parameters:
  ///   - network: Says what learns and decays, and how fast.
  ///   - weights: The weights to change.
  ///   - gradients: The derivatives of the loss.
  ///   - state: What is kept from step to step.
  ///   - learningRate: η.
  ///   - weightDecay: λ: λ w joins the gradients of parameters that decay.
  ///   - clipping: How large gradients are limited first.
  /// - Throws: ``FiltersmithError`` when weights, gradients or state are another network's or another
  ///   optimiser's, or a number is out of range; nothing is changed then.
  public func step<Scalar: ConvolutionScalar>(
    _ network: Network, weights: inout Weights<Scalar>, gradients: Weights<Scalar>,
    state: inout OptimizerState<Scalar>, learningRate: Double, weightDecay: Double = 0,
    clipping: GradientClipping? = nil
  ) throws(FiltersmithError) {
    try check()
    try weights.check(fit: network)
    try gradients.check(fit: network, "the gradients")
    guard state.moments.count == momentCount, state.steps >= 0 else {
      throw FiltersmithError(
        .shape,
        "a state of \(state.moments.count) moments after \(state.steps) steps was given; this optimiser "
          + "keeps \(momentCount)")
    }
    for moment in state.moments { try moment.check(fit: network, "the optimiser's state") }
    guard learningRate.isFinite, weightDecay.isFinite else {
      throw FiltersmithError(
        .argument,
        "learning rate \(learningRate) and weight decay \(weightDecay); finite numbers were expected"
      )
    }
    state.steps += 1
    let parameters = network.parameters
    var scale = 1.0
    if case .norm(let limit) = clipping {
      var squares = 0.0
      for index in parameters.indices where parameters[index].isTrainable {
        squares += squaredNorm(gradients, gradients.slots[index].range)
      }
      let norm = squares.squareRoot()
      if norm > limit { scale = limit / norm }
    }
    var bound = Double.infinity
    if case .value(let limit) = clipping { bound = limit }
    let steps = state.steps
    let slots = weights.slots
    weights.values.withUnsafeMutableBufferPointer { values in
      gradients.values.withUnsafeBufferPointer { gradients in
        withMoments(&state.moments) { first, second in
          for index in parameters.indices where parameters[index].isTrainable {
            let parameter = parameters[index]
            let range = slots[index].range
            update(
              SharedPointer(values), SharedPointer(reading: gradients), first, second, range,
              Step(
                rate: learningRate * parameter.learningRateScale,
                decay: parameter.description.decays ? weightDecay : 0, scale: scale, bound: bound,
                count: steps))
          }
        }
      }
    }
  }

  /// What one parameter's update needs.
  struct Step: Sendable {
    let rate: Double
    let decay: Double
    let scale: Double
    let bound: Double
    let count: Int
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  private func update<Scalar: ConvolutionScalar>(
    _ weights: SharedPointer<Scalar>, _ gradients: SharedPointer<Scalar>,
    _ first: SharedPointer<Scalar>, _ second: SharedPointer<Scalar>, _ range: Range<Int>,
    _ step: Step
  ) {
    forEachPart(range.count) { part in
      let start = range.lowerBound + part.lowerBound
      update(
        weights.pointer + start, gradients.pointer + start, first.pointer + start,
        second.pointer + start, part.count, step)
    }
  }

  /// In single precision by the processor's longest vectors, in double precision by plain loops.
  @inline(__always)
  private func update<Scalar: ConvolutionScalar>(
    _ weights: UnsafeMutablePointer<Scalar>, _ gradients: UnsafePointer<Scalar>,
    _ first: UnsafeMutablePointer<Scalar>, _ second: UnsafeMutablePointer<Scalar>, _ count: Int,
    _ step: Step
  ) {
    let isSingle = Scalar.self == Float.self
    let (scale, bound, rate) = (Scalar(step.scale), Scalar(step.bound), Scalar(step.rate))
    /// With the weight decay that is added to gradients.
    func gradient(_ place: Int, _ decay: Scalar) -> Scalar {
      let g = gradients[place] * scale
      return (g > bound ? bound : g < -bound ? -bound : g) + decay * weights[place]
    }
    func used(decay: Scalar) -> OptimizerGradient {
      OptimizerGradient(scale: Float(scale), bound: Float(bound), decay: Float(decay))
    }
    switch self {
    case .sgd(let momentum, let nesterov):
      let (momentum, decay) = (Scalar(momentum), Scalar(step.decay))
      if isSingle {
        return optimizer_sgd(
          floats(weights), floats(gradients), floats(first), used(decay: decay), Float(rate),
          Float(momentum), nesterov, count)
      }
      for place in 0..<count {
        var change = gradient(place, decay)
        if momentum != 0 {
          let velocity = momentum * first[place] + change
          first[place] = velocity
          change = nesterov ? change + momentum * velocity : velocity
        }
        weights[place] -= rate * change
      }
    case .rmsProp(let rho, let momentum, let epsilon):
      let (rho, momentum, epsilon) = (Scalar(rho), Scalar(momentum), Scalar(epsilon))
      let decay = Scalar(step.decay)
      if isSingle {
        return optimizer_rmsprop(
          floats(weights), floats(gradients), floats(first), floats(second), used(decay: decay),
          Float(rate), Float(rho), Float(momentum), Float(epsilon), count)
      }
      for place in 0..<count {
        let g = gradient(place, decay)
        let square = rho * first[place] + (1 - rho) * g * g
        first[place] = square
        var change = rate * g / (square.squareRoot() + epsilon)
        if momentum != 0 {
          change += momentum * second[place]
          second[place] = change
        }
        weights[place] -= change
      }
    case .adam(let beta1, let beta2, let epsilon), .adamW(let beta1, let beta2, let epsilon):
      let isDecoupled = if case .adamW = self { true } else { false }
      let decay = isDecoupled ? 0 : Scalar(step.decay)
      let shrink = isDecoupled ? 1 - rate * Scalar(step.decay) : 1
      let (firstBias, secondBias) = (
        1 - Double.pow(beta1, Double(step.count)), 1 - Double.pow(beta2, Double(step.count))
      )
      let size = Scalar(step.rate / firstBias)
      let inverse = Scalar(1 / secondBias.squareRoot())
      let (beta1, beta2, epsilon) = (Scalar(beta1), Scalar(beta2), Scalar(epsilon))
      if isSingle {
        return optimizer_adam(
          floats(weights), floats(gradients), floats(first), floats(second), used(decay: decay),
          AdamStep(
            beta1: Float(beta1), beta2: Float(beta2), epsilon: Float(epsilon), rate: Float(size),
            inverse: Float(inverse), shrink: Float(shrink)), count)
      }
      for place in 0..<count {
        let g = gradient(place, decay)
        let mean = beta1 * first[place] + (1 - beta1) * g
        let square = beta2 * second[place] + (1 - beta2) * g * g
        first[place] = mean
        second[place] = square
        weights[place] =
          shrink * weights[place] - size * mean / (square.squareRoot() * inverse + epsilon)
      }
    }
  }
}

/// Σ g² over a range, in a fixed order.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func squaredNorm<Scalar: ConvolutionScalar>(
  _ gradients: Weights<Scalar>, _ range: Range<Int>
) -> Double {
  gradients.values.withUnsafeBufferPointer { values in
    guard let base = values.baseAddress else { return 0 }
    return Sums.squares(base + range.lowerBound, from: 0, range.count)
  }
}

/// Lends the moments' values; without moments the pointers must not be dereferenced.
private func withMoments<Scalar: ConvolutionScalar>(
  _ moments: inout [Weights<Scalar>],
  _ body: (_ first: SharedPointer<Scalar>, _ second: SharedPointer<Scalar>) -> Void
) {
  let none = SharedPointer(UnsafeMutableBufferPointer<Scalar>(start: nil, count: 0))
  moments.withUnsafeMutableBufferPointer { moments in
    guard !moments.isEmpty else { return body(none, none) }
    moments[0].values.withUnsafeMutableBufferPointer { first in
      let first = SharedPointer(first)
      guard moments.count > 1 else { return body(first, none) }
      moments[1].values.withUnsafeMutableBufferPointer { body(first, SharedPointer($0)) }
    }
  }
}
