import ArgumentParser
import Filtersmith

/// The value that an option names.
///
/// - Throws: ``FiltersmithError`` that lists the names.
private func choice<Value>(
  _ option: String, _ text: String, _ choices: KeyValuePairs<String, Value>
) throws(FiltersmithError) -> Value {
  guard let found = choices.first(where: { $0.key == text }) else {
    let names = choices.map(\.key)
    throw FiltersmithError(
      .argument,
      "\(option) is '\(text)'; \(names.dropLast().joined(separator: ", ")) or "
        + "\(names.last ?? "") was expected")
  }
  return found.value
}

extension LearningTask {
  /// The task of a name on the command line.
  init(option text: String) throws(FiltersmithError) {
    self = try choice(
      "--task", text,
      ["classify": .classification, "segment": .segmentation, "regress": .regression])
  }
}

extension Optimizer {
  /// The optimiser of a name on the command line.
  init(option text: String) throws(FiltersmithError) {
    self = try choice(
      "--optimizer", text,
      [
        "sgd": .sgd(), "momentum": .sgd(momentum: 0.9),
        "nesterov": .sgd(momentum: 0.9, nesterov: true), "rmsprop": .rmsProp(), "adam": .adam(),
        "adamw": .adamW(),
      ])
  }
}

extension LearningRateSchedule.Course {
  /// The schedule of a name on the command line.
  init(option text: String) throws(FiltersmithError) {
    self = try choice(
      "--schedule", text,
      [
        "constant": .constant, "step": .step(epochs: 10), "cosine": .cosine(),
        "one-cycle": .oneCycle(), "plateau": .reduceOnPlateau(),
      ])
  }
}

extension Loss {
  /// The loss of a name on the command line.
  init(option text: String) throws(FiltersmithError) {
    let both = Loss.sum([
      WeightedLoss(1, .softmaxCrossEntropy()), WeightedLoss(1, .ofSoftmax(.dice)),
    ])
    self = try choice(
      "--loss", text,
      [
        "cross-entropy": .softmaxCrossEntropy(), "binary-cross-entropy": .binaryCrossEntropy(),
        "dice": .ofSoftmax(.dice), "cross-entropy+dice": both, "squared": .meanSquared,
        "absolute": .meanAbsolute, "huber": .huber(),
      ])
  }

  /// The default loss of a task.
  init(for task: LearningTask) {
    switch task {
    case .classification, .segmentation: self = .softmaxCrossEntropy()
    case .regression: self = .meanSquared
    }
  }
}

extension Dataset {
  /// The number of outputs that a network needs.
  var outputCount: Int { task == .regression ? targetShape.elementCount : max(classCount, 2) }
}

/// The measures of an evaluation as JSON.
struct EvaluationReport: Encodable {
  let task: String
  let samples: Int
  let loss: Double
  var accuracy: Double?
  var topFiveAccuracy: Double?
  var macroF1: Double?
  var classes: [ClassReport]?
  var confusion: [[Int]]?
  var dice: Double?
  var meanDiceOfSamples: Double?
  var intersectionOverUnion: Double?
  var meanAbsoluteError: Double?
  var rootMeanSquaredError: Double?
  var determination: Double?

  struct ClassReport: Encodable {
    let name: String
    var precision: Double?
    var recall: Double?
    var f1: Double?
    var areaUnderCurve: Double?
    var dice: Double?
    var intersectionOverUnion: Double?
  }

  init(_ evaluation: Evaluation, of dataset: Dataset) {
    task = dataset.task.rawValue
    samples = dataset.count
    loss = evaluation.loss
    func name(_ index: Int) -> String {
      index < dataset.classNames.count ? dataset.classNames[index] : "\(index)"
    }
    if let metrics = evaluation.classification {
      accuracy = metrics.accuracy
      topFiveAccuracy = metrics.classes > 5 ? metrics.topAccuracy(5) : nil
      macroF1 = metrics.macroF1
      confusion = metrics.confusion
      classes = (0..<metrics.classes).map {
        ClassReport(
          name: name($0), precision: metrics.precision(of: $0), recall: metrics.recall(of: $0),
          f1: metrics.f1(of: $0), areaUnderCurve: metrics.areaUnderCurve(of: $0))
      }
    }
    if let metrics = evaluation.segmentation {
      accuracy = metrics.accuracy
      dice = metrics.meanDice
      meanDiceOfSamples = metrics.meanDiceOfSamples
      intersectionOverUnion = metrics.meanIntersectionOverUnion
      classes = metrics.hits.indices.map {
        ClassReport(
          name: name($0), dice: metrics.dice(of: $0),
          intersectionOverUnion: metrics.intersectionOverUnion(of: $0))
      }
    }
    if let metrics = evaluation.regression {
      meanAbsoluteError = metrics.meanAbsoluteError
      rootMeanSquaredError = metrics.rootMeanSquaredError
      determination = metrics.determination
    }
  }

  /// The measures as a few lines for a person.
  var text: String {
    var lines = ["\(samples) samples, loss \(Self.short(loss))"]
    func add(_ name: String, _ value: Double?) {
      if let value { lines.append("\(name) \(Self.short(value))") }
    }
    add("accuracy", accuracy)
    add("accuracy among the first five", topFiveAccuracy)
    add("F1, mean of the classes", macroF1)
    add("Dice", dice)
    add("mean Dice of the images", meanDiceOfSamples)
    add("intersection over union", intersectionOverUnion)
    add("mean absolute error", meanAbsoluteError)
    add("root of the mean squared error", rootMeanSquaredError)
    add("R²", determination)
    for entry in classes ?? [] {
      let measures = [
        ("precision", entry.precision), ("recall", entry.recall), ("F1", entry.f1),
        ("area under curve", entry.areaUnderCurve), ("Dice", entry.dice),
        ("intersection over union", entry.intersectionOverUnion),
      ].compactMap { name, value in value.map { "\(name) \(Self.short($0))" } }
      lines.append("  \(entry.name): " + measures.joined(separator: ", "))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Four decimals.
  static func short(_ value: Double) -> String {
    let scaled = (value * 10_000).rounded() / 10_000
    return "\(scaled)"
  }
}
