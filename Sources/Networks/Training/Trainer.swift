import Convolutions
import Foundation
import Tensors

/// Training of a network on a data set.
///
/// The same options and data give the same weights, bit for bit, for any number of threads, and
/// whether training ran through or was killed and resumed from its last checkpoint.
///
/// ```swift
/// var trainer = try Trainer(network, data: training, validation: validation, options: options)
/// try trainer.run()
/// print(trainer.state.history.last?.validationMeasure ?? 0)
/// ```
public struct Trainer: Sendable {
  /// What is trained.
  public let network: Network
  /// How.
  public let options: TrainingOptions
  /// The samples to train on.
  public let data: Dataset
  /// The samples by which the best weights are chosen; without them the training samples' loss decides.
  public let validation: Dataset?
  /// How inputs are normalised first.
  public let normalization: InputNormalization?
  /// How far training has come.
  public private(set) var state: TrainingState

  /// Training that has not begun.
  ///
  /// - Parameter weights: The weights to start from; by the network's initialisers unless given.
  /// - Throws: ``FiltersmithError`` when options, network and data do not fit.
  public init(
    _ network: Network, data: Dataset, validation: Dataset? = nil,
    normalization: InputNormalization? = nil, options: TrainingOptions,
    weights: Weights<Float>? = nil
  ) throws(FiltersmithError) {
    try options.check()
    guard data.count > 0 else {
      throw FiltersmithError(.argument, "there are no samples to train on")
    }
    for set in [data, validation].compactMap({ $0 }) {
      guard network.inputs.count == 1, set.sampleShape == network.inputs[0].shape else {
        throw FiltersmithError(
          .shape,
          "the network takes \(network.inputs.map(\.shape)); the samples are \(set.sampleShape)")
      }
    }
    self.network = network
    self.data = data
    self.validation = validation.flatMap { $0.count > 0 ? $0 : nil }
    self.normalization = normalization
    self.options = options
    let start =
      if let weights { weights } else {
        try Weights<Float>(initialFor: network, seed: options.seed)
      }
    try start.check(fit: network)
    state = TrainingState(
      weights: start, optimizer: try OptimizerState(for: options.optimizer, network: network),
      average: options.averaging == nil ? nil : start)
  }

  /// The number of steps in an epoch.
  public var stepsPerEpoch: Int { (data.count + options.batch - 1) / options.batch }

  /// Whether all epochs are done, or nothing has improved for too long.
  public var isFinished: Bool {
    if state.history.count >= options.epochs { return true }
    guard let patience = options.patience else { return false }
    return state.history.count - state.bestEpoch >= patience && state.bestEpoch > 0
  }

  /// Continues from a checkpoint.
  ///
  /// - Throws: ``FiltersmithError`` when the checkpoint is from another network or optimiser.
  public mutating func resume(from state: TrainingState) throws(FiltersmithError) {
    try state.weights.check(fit: network)
    try state.best?.check(fit: network)
    try state.average?.check(fit: network)
    guard (state.average != nil) == (options.averaging != nil) else {
      throw FiltersmithError(
        .argument,
        state.average == nil
          ? "the checkpoint holds no average of weights; the options require one"
          : "the checkpoint holds an average of weights; the options require none")
    }
    guard state.optimizer.moments.count == options.optimizer.momentCount else {
      throw FiltersmithError(
        .argument, "the checkpoint is from another optimiser than \(options.optimizer)")
    }
    for moment in state.optimizer.moments { try moment.check(fit: network) }
    self.state = state
  }

  /// Trains until the end.
  ///
  /// - Parameters:
  ///   - progress: Called after every step.
  ///   - epochEnded: Called after every epoch, with the state to keep; training ends when it
  ///     throws.
  /// - Throws: ``FiltersmithError`` when a sample cannot be read, the loss is not finite, or
  ///   `epochEnded` throws.
  public mutating func run(
    progress: ((TrainingProgress) -> Void)? = nil,
    epochEnded: ((TrainingState) throws(FiltersmithError) -> Void)? = nil
  ) throws(FiltersmithError) {
    let plans = try TrainingPlans(network, samples: data.count, options)
    var gradients = try Weights<Float>(zerosFor: network)
    let loader = try DataLoader(
      data, batch: min(options.batch, data.count), seed: options.seed, shuffles: true,
      augmentation: options.augmentation,
      normalization: normalization)
    while !isFinished {
      try runEpoch(loader, plans, &gradients, progress)
      try epochEnded?(state)
    }
  }

  private mutating func runEpoch(
    _ loader: DataLoader, _ plans: borrowing TrainingPlans, _ gradients: inout Weights<Float>,
    _ progress: ((TrainingProgress) -> Void)?
  ) throws(FiltersmithError) {
    let epoch = state.history.count
    let start = ContinuousClock.now
    var measures = TaskMeasures(data.task, network)
    var (total, seen, rate) = (0.0, 0, 0.0)
    let random = RandomSource(seed: options.seed).split(1)
    let watched = state.history.map { $0.validationLoss ?? $0.loss }
    let batches = loader.batches(epoch: epoch)
    while let batch = try batches.next() {
      let step = state.optimizer.steps
      let target = LossTarget(batch.targets)
      let loss = try plans.step(
        batch.inputs, target, weights: &state.weights, gradients: &gradients,
        random: random.split(step)
      ) { measures.add($0[0], target) }
      guard loss.isFinite else {
        throw FiltersmithError(
          .numerical,
          "the loss became \(loss) in step \(step + 1) of epoch \(epoch + 1); try a smaller "
            + "learning rate than \(options.learningRate), or clip gradients")
      }
      rate =
        options.learningRate
        * options.schedule.factor(
          step: step, of: options.epochs * stepsPerEpoch, stepsPerEpoch: stepsPerEpoch,
          watched: watched)
      try options.optimizer.step(
        network, weights: &state.weights, gradients: gradients, state: &state.optimizer,
        learningRate: rate, weightDecay: options.weightDecay, clipping: options.clipping)
      if let averaging = options.averaging {
        let steps = Double(state.optimizer.steps)
        state.average?.approach(state.weights, keeping: min(averaging, steps / (steps + 9)))
      }
      total += loss * Double(batch.count)
      seen += batch.count
      progress?(
        TrainingProgress(
          epoch: epoch + 1, epochs: options.epochs,
          fraction: (Double(epoch) + Double(seen) / Double(data.count)) / Double(options.epochs),
          loss: total / Double(seen)))
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    var evaluation: Evaluation?
    if let validation {
      evaluation = try Evaluation(
        of: network, state.currentWeights, on: validation, losses: options.losses,
        normalization: normalization, batch: options.batch)
    }
    state.finishEpoch(
      EpochRecord(
        epoch: epoch + 1, loss: total / Double(max(seen, 1)), measure: measures.measure,
        validationLoss: evaluation?.loss, validationMeasure: evaluation?.measure,
        learningRate: rate, seconds: seconds, samplesPerSecond: Double(seen) / seconds,
        time: Date().timeIntervalSince1970),
      criterion: options.criterion ?? .loss, prefersLargerMeasure: data.task.prefersLargerMeasure)
  }
}

/// The plans of an epoch's steps: for whole batches, and for the rest if there is one.
private struct TrainingPlans: ~Copyable {
  let whole: TrainingPlan<Float>
  let rest: TrainingPlan<Float>?

  init(_ network: Network, samples: Int, _ options: TrainingOptions) throws(FiltersmithError) {
    let batch = min(options.batch, samples)
    let whole: TrainingPlan<Float> = try network.trainingPlan(batch: batch, losses: options.losses)
    let rest: TrainingPlan<Float>? =
      samples % batch == 0
      ? nil : try network.trainingPlan(batch: samples % batch, losses: options.losses)
    self.whole = whole
    self.rest = rest
  }

  borrowing func step(
    _ inputs: Tensor<Float>, _ target: LossTarget<Float>, weights: inout Weights<Float>,
    gradients: inout Weights<Float>, random: RandomSource,
    observe: ([UnsafeBufferPointer<Float>]) -> Void
  ) throws(FiltersmithError) -> Double {
    func step(_ plan: borrowing TrainingPlan<Float>) throws(FiltersmithError) -> Double {
      try plan.step(
        inputs: [inputs],
        targets: [LossTarget<Float>](repeating: target, count: plan.losses.count),
        weights: &weights, gradients: &gradients, random: random, observe: observe)
    }
    if inputs.shape[0] == whole.batch { return try step(whole) }
    switch rest {
    case .some(let rest): return try step(rest)
    case .none: preconditionFailure("a batch of \(inputs.shape[0]) samples was not planned")
    }
  }
}

/// The state of training: all that is needed to continue from there.
public struct TrainingState: Sendable {
  /// The weights after the last step.
  public internal(set) var weights: Weights<Float>
  /// The optimiser's state.
  public internal(set) var optimizer: OptimizerState<Float>
  /// One record per epoch.
  public internal(set) var history: [EpochRecord] = []
  /// The average of the weights, with ``TrainingOptions/averaging``.
  public internal(set) var average: Weights<Float>?
  /// The weights of the best epoch, if there is validation data.
  public internal(set) var best: Weights<Float>?
  /// The best epoch by ``TrainingOptions/criterion``, from 1 up; 0 before the first ends.
  public internal(set) var bestEpoch = 0

  init(weights: Weights<Float>, optimizer: OptimizerState<Float>, average: Weights<Float>?) {
    self.weights = weights
    self.optimizer = optimizer
    self.average = average
  }

  /// The weights to validate: the average if there is one, else those after the last step.
  public var currentWeights: Weights<Float> { average ?? weights }

  /// The weights to use: those of the best epoch if there is validation data, else the last.
  public var bestWeights: Weights<Float> { best ?? currentWeights }

  /// Records the results of an epoch.
  mutating func finishEpoch(
    _ record: EpochRecord, criterion: TrainingOptions.Criterion, prefersLargerMeasure: Bool
  ) {
    history.append(record)
    func loss(_ record: EpochRecord) -> Double { record.validationLoss ?? record.loss }
    func isBetter(_ record: EpochRecord, than other: EpochRecord) -> Bool {
      let measure = record.validationMeasure ?? record.measure
      let otherMeasure = other.validationMeasure ?? other.measure
      guard criterion == .measure, measure != otherMeasure else {
        return loss(record) < loss(other)
      }
      return prefersLargerMeasure ? measure > otherMeasure : measure < otherMeasure
    }
    if bestEpoch == 0 || isBetter(record, than: history[bestEpoch - 1]) {
      bestEpoch = record.epoch
      if record.validationLoss != nil { best = currentWeights }
    }
  }
}
