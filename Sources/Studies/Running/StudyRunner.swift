import DataFiles
import Foundation
import Networks
import Tensors

/// Carries out a study, run by run, and keeps what is done.
///
/// A run is one arm with one number of training images and one seed. Killed and started again,
/// it continues where it was, and ends with the same numbers.
public struct StudyRunner: Sendable {
  /// What is compared.
  public let study: Study
  /// On which images.
  public let data: StudyData
  /// Where everything is kept.
  public let folder: StudyFolder
  /// Where features are kept between studies; `nil` to keep none.
  public var featureFolder: String? = CacheFolder.path + "/features"
  /// Features that would need more bytes are computed anew in every step.
  public var featureLimit = 1 << 30

  /// The progress of a study.
  public struct Progress: Sendable {
    /// What is being done, such as `learned-cnn, 300 images, seed 2`.
    public let activity: String
    /// The fraction of all work that is done.
    public let fraction: Double
  }

  /// A study that has not begun, or is to be resumed.
  ///
  /// - Throws: ``FiltersmithError`` when the study does not fit the images.
  public init(_ study: Study, _ data: StudyData, folder: StudyFolder) throws(FiltersmithError) {
    try study.check()
    if let size = study.sizes.last, size > data.training.count {
      throw FiltersmithError(
        .argument,
        "\(data.name) has \(data.training.count) images to train on, beside "
          + "\(data.validation.count) to choose by and \(data.test.count) to test on; the study "
          + "asks for \(size)")
    }
    // Every arm must fit the images before the first one runs.
    for arm in study.arms {
      _ = try ArmNetworks(
        arm, input: data.sampleShape, classes: data.training.classCount, windows: study.windows,
        seed: 0)
    }
    self.study = study
    self.data = data
    self.folder = folder
  }

  /// Carries out every run that is not finished.
  ///
  /// - Parameters:
  ///   - resumes: Whether a study already in the folder is resumed; otherwise it is refused.
  ///   - progress: Called with what is being done.
  /// - Returns: All runs: arm by arm, size by size, seed by seed.
  /// - Throws: ``FiltersmithError`` when the folder holds another study, a file cannot be read or
  ///   written, or training fails.
  public func run(
    resumes: Bool = false, progress: ((Progress) -> Void)? = nil
  ) throws(FiltersmithError) -> [RunRecord] {
    try folder.begin(study, data, resumes: resumes)
    let sensitivity = try Sensitivity(data)
    var records: [RunRecord] = []
    var (done, total) = (0.0, 0.0)
    for arm in study.arms { total += try work(of: arm) }
    for arm in study.arms {
      var stage: PreparedStage?
      var changed: (seed: Int, sensitivity: Sensitivity)?
      for seed in 0..<study.seeds {
        for size in study.sizes {
          let name = RunRecord.name(arm.name, size: size, seed: seed)
          let share = try work(of: arm, size: size)
          if let finished = try folder.finished(name) {
            records.append(finished)
          } else {
            let activity =
              "\(arm.name), \(size) images, seed \(seed + 1) of \(study.seeds)"
            let before = done
            func report(_ part: Double) {
              progress?(Progress(activity: activity, fraction: (before + part * share) / total))
            }
            report(0)
            if stage.map({ $0.seed != seed && arm.first.dependsOnSeed }) ?? true {
              stage = try PreparedStage(self, arm, seed: seed)
            }
            guard let stage else { continue }
            // Changed images go through the fixed filters once for all seeds.
            if size == study.sizes.last, changed.map({ $0.seed != stage.seed }) ?? true {
              changed = (stage.seed, try stage.changed(sensitivity))
            }
            let record = try run(
              arm, stage, size, seed, name, changed?.sensitivity ?? sensitivity, report)
            try folder.finish(record, name)
            records.append(record)
          }
          done += share
        }
      }
    }
    return records.sorted {
      let places = (index($0.arm), index($1.arm))
      return places.0 != places.1
        ? places.0 < places.1 : ($0.size, $0.seed) < ($1.size, $1.seed)
    }
  }

  private func index(_ arm: String) -> Int {
    study.arms.firstIndex { $0.name == arm } ?? study.arms.count
  }

  /// The approximate work, in multiply-adds.
  private func work(of arm: Arm, size: Int) throws(FiltersmithError) -> Double {
    let networks = try ArmNetworks(
      arm, input: data.sampleShape, classes: data.training.classCount,
      windows: study.windows, seed: 0)
    let fixed = Double(networks.fixed?.multiplyAdds ?? 0)
    let learned = Double(networks.learned.multiplyAdds)
    switch arm.head {
    case .linear:
      let features = Double(networks.learned.multiplyAdds) / Double(data.training.classCount)
      let order = min(features, Double(size))
      return Double(size) * (fixed + features * order) + 3 * order * order * order + 1e8
    case .network:
      let seen = Double(size * study.budget.epochs(size: size))
      let anew = study.budget.augmentation == nil ? 0 : fixed
      return seen * (3 * learned + anew) + Double(data.test.count) * (learned + anew) + 1e8
    }
  }

  private func work(of arm: Arm) throws(FiltersmithError) -> Double {
    var sum = 0.0
    for size in study.sizes { sum += try work(of: arm, size: size) }
    return sum * Double(study.seeds)
  }

  // MARK: One run

  private func run(
    _ arm: Arm, _ stage: PreparedStage, _ size: Int, _ seed: Int, _ name: String,
    _ changed: Sensitivity, _ progress: @escaping (Double) -> Void
  ) throws(FiltersmithError) -> RunRecord {
    let parts = data.parts(size: size, seed: seed)
    let start = ContinuousClock.now
    let result: Outcome
    switch arm.head {
    case .linear: result = try solved(stage, parts.training, parts.validation)
    case .network:
      result = try trained(stage, parts.training, parts.validation, size, seed, name, progress)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let evaluation = try Evaluation(
      of: stage.network, result.weights, on: stage.test, losses: [],
      normalization: stage.normalization)
    guard let metrics = evaluation.classification else {
      throw FiltersmithError(.argument, "\(data.name) has no classes")
    }
    let isLargest = size == study.sizes.last
    var changes: [Sensitivity.Result] = []
    if isLargest {
      changes = try changed.results(of: stage.network, result.weights)
      if seed == 0 {
        var whole = try Weights<Float>(initialFor: stage.networks.whole, seed: UInt64(seed))
        whole.adopt(result.weights)
        try keep(arm, stage.networks.whole, whole, result.options)
      }
    }
    return RunRecord(
      arm: arm.name, size: size, seed: seed, validationAccuracy: result.validationAccuracy,
      accuracy: metrics.accuracy, answers: metrics.answers, bestEpoch: result.bestEpoch,
      penalty: result.penalty, history: result.history,
      mistakes: isLargest ? metrics.mistakes(atMost: 24) : [], sensitivity: changes,
      seconds: seconds)
  }

  private struct Outcome {
    var weights: Weights<Float>
    var options: TrainingOptions
    var validationAccuracy: Double
    var bestEpoch: Int?
    var penalty: Double?
    var history: [RunRecord.Epoch] = []
  }

  private func options(size: Int, seed: Int) -> TrainingOptions {
    let budget = study.budget
    return TrainingOptions(
      losses: [LossTerm(.softmaxCrossEntropy())], epochs: budget.epochs(size: size),
      batch: budget.batch, learningRate: budget.learningRate,
      schedule: LearningRateSchedule(.oneCycle()), seed: UInt64(seed),
      augmentation: budget.augmentation, criterion: .measure, averaging: budget.averaging)
  }

  /// The linear head by ridge regression.
  private func solved(
    _ stage: PreparedStage, _ training: [Int], _ validation: [Int]
  ) throws(FiltersmithError) -> Outcome {
    let (learning, choosing) = (
      try stage.training(training), try stage.validation(validation)
    )
    let classifier = try RidgeClassifier(
      training: try stage.inputs(learning), labels: learning.labels,
      validation: try stage.inputs(choosing), validationLabels: choosing.labels,
      classes: data.training.classCount)
    var weights = try Weights<Float>(zerosFor: stage.network)
    try weights.set("head.classes.weight", to: classifier.weights)
    try weights.set("head.classes.bias", to: Tensor(classifier.bias))
    return Outcome(
      weights: weights, options: options(size: training.count, seed: 0),
      validationAccuracy: classifier.validationAccuracy, penalty: classifier.penalty)
  }

  /// A network by gradient descent; continues from its checkpoint if there is one.
  private func trained(
    _ stage: PreparedStage, _ training: [Int], _ validation: [Int], _ size: Int, _ seed: Int,
    _ name: String, _ progress: @escaping (Double) -> Void
  ) throws(FiltersmithError) -> Outcome {
    let options = options(size: size, seed: seed)
    var trainer = try Trainer(
      stage.network, data: try stage.training(training),
      validation: try stage.validation(validation), normalization: stage.normalization,
      options: options)
    let checkpoint = folder.checkpoint(name)
    if FileManager.default.fileExists(atPath: checkpoint) {
      try trainer.resume(from: try TrainingState(contentsOf: checkpoint, for: stage.network))
    }
    var saved = ContinuousClock.now
    try trainer.run {
      progress($0.fraction)
    } epochEnded: { state throws(FiltersmithError) in
      guard ContinuousClock.now - saved > .seconds(5) else { return }
      try state.write(to: checkpoint)
      saved = .now
    }
    let state = trainer.state
    let best = state.history.indices.contains(state.bestEpoch - 1) ? state.bestEpoch - 1 : 0
    return Outcome(
      weights: state.bestWeights, options: options,
      validationAccuracy: state.history[best].validationMeasure ?? 0, bestEpoch: state.bestEpoch,
      history: state.history.map {
        RunRecord.Epoch(
          loss: $0.loss, accuracy: $0.measure, validationLoss: $0.validationLoss ?? 0,
          validationAccuracy: $0.validationMeasure ?? 0)
      })
  }

  /// Keeps an arm's model, ready for `filtersmith predict`.
  private func keep(
    _ arm: Arm, _ network: Network, _ weights: Weights<Float>, _ options: TrainingOptions
  ) throws(FiltersmithError) {
    let model = folder.model(arm.name)
    try model.begin(
      network,
      TrainedModel.Description(
        task: .classification, classNames: data.training.classNames,
        labelValues: data.training.labelValues, normalization: data.normalization,
        options: options))
    try weights.write(to: model.weights)
  }
}
