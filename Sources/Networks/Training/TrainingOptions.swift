import Tensors

/// How a network is trained.
public struct TrainingOptions: Sendable, Hashable, Codable {
  /// How often all samples are used.
  public var epochs: Int
  /// Samples per step.
  public var batch: Int
  /// What is minimised.
  public var losses: [LossTerm]
  /// How parameters are updated by their gradients.
  public var optimizer: Optimizer
  /// The largest learning rate.
  public var learningRate: Double
  /// How the learning rate changes.
  public var schedule: LearningRateSchedule
  /// λ, for the parameters that decay.
  public var weightDecay: Double
  /// How large gradients are limited.
  public var clipping: GradientClipping?
  /// Determines the initial weights, the order of samples, augmentation and dropout.
  public var seed: UInt64
  /// Training ends early when the watched measure has not improved for this many epochs.
  public var patience: Int?
  /// How training samples are changed, at random.
  public var augmentation: Augmentation?
  /// The criterion for the best epoch; the loss unless given.
  public var criterion: Criterion?
  /// How much of an average of the weights is kept in every step; no average is taken unless given.
  ///
  /// With 0.999 this exponential moving average (Polyak and Juditsky 1992) spans about a thousand steps.
  /// It is then what is validated and saved. In step t at most t / (t + 9) is kept, so that the initial
  /// weights are soon forgotten.
  public var averaging: Double?

  /// The criterion for the best epoch, on the validation samples if there are any.
  public enum Criterion: String, Sendable, Hashable, Codable {
    /// The smallest loss.
    case loss
    /// The best measure of the task; among equal ones the smallest loss.
    case measure
  }

  /// Options, with Adam at 10⁻³ unless given.
  public init(
    losses: [LossTerm], epochs: Int = 5, batch: Int = 64, optimizer: Optimizer = .adam(),
    learningRate: Double = 1e-3, schedule: LearningRateSchedule = LearningRateSchedule(),
    weightDecay: Double = 0, clipping: GradientClipping? = nil, seed: UInt64 = 0,
    patience: Int? = nil, augmentation: Augmentation? = nil, criterion: Criterion? = nil,
    averaging: Double? = nil
  ) {
    self.losses = losses
    self.epochs = epochs
    self.batch = batch
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.schedule = schedule
    self.weightDecay = weightDecay
    self.clipping = clipping
    self.seed = seed
    self.patience = patience
    self.augmentation = augmentation
    self.criterion = criterion
    self.averaging = averaging
  }

  /// Checks the values.
  ///
  /// - Throws: ``FiltersmithError`` that names the one that is out of range.
  public func check() throws(FiltersmithError) {
    func check(_ isRight: Bool, _ sentence: @autoclosure () -> String) throws(FiltersmithError) {
      if !isRight { throw FiltersmithError(.argument, sentence()) }
    }
    try check(epochs > 0, "\(epochs) epochs; at least 1 was expected")
    try check(batch > 0, "a batch of \(batch) samples; at least 1 was expected")
    try check(
      learningRate > 0 && learningRate.isFinite,
      "the learning rate is \(learningRate); a positive number was expected")
    try check(
      weightDecay >= 0 && weightDecay.isFinite,
      "the weight decay is \(weightDecay); at least 0 was expected")
    try check((patience ?? 1) > 0, "a patience of \(patience ?? 0) epochs; at least 1 was expected")
    if let averaging {
      try check(
        averaging > 0 && averaging < 1,
        "\(averaging) of the average of weights is kept in every step; a number between 0 and 1 was expected"
      )
    }
    switch clipping {
    case .norm(let limit), .value(let limit):
      try check(limit > 0, "gradients are clipped at \(limit); a positive number was expected")
    case nil: break
    }
    try optimizer.check()
    try schedule.check()
  }
}

/// The results of an epoch.
public struct EpochRecord: Sendable, Hashable, Codable {
  /// From 1 up.
  public let epoch: Int
  /// The mean loss over the training samples, during training.
  public let loss: Double
  /// The task's measure on the training samples, during training: accuracy, Dice coefficient, or
  /// the mean absolute error.
  public let measure: Double
  /// The loss on the validation samples.
  public let validationLoss: Double?
  /// The task's measure on the validation samples.
  public let validationMeasure: Double?
  /// The learning rate of the last step.
  public let learningRate: Double
  /// How long the epoch's training took.
  public let seconds: Double
  /// Training samples per second.
  public let samplesPerSecond: Double
  /// When the epoch ended, in seconds since 1970.
  public let time: Double
}

/// How far training has come.
public struct TrainingProgress: Sendable {
  /// From 1 up.
  public let epoch: Int
  /// How many epochs there are.
  public let epochs: Int
  /// The fraction of all steps that is done.
  public let fraction: Double
  /// The mean loss of the epoch so far.
  public let loss: Double
}
