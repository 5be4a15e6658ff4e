import Convolutions
import Tensors

/// How good a network's predictions for the samples of a set are.
public struct Evaluation: Sendable {
  /// The mean loss.
  public let loss: Double
  /// How well samples were classified; present for classification only.
  public let classification: ClassificationMetrics?
  /// How well pixels were labelled; present for segmentation only.
  public let segmentation: SegmentationMetrics?
  /// How far values were off; present for regression only.
  public let regression: RegressionMetrics?

  /// The task's main measure: accuracy, mean Dice, or the mean absolute error.
  public var measure: Double {
    classification?.accuracy ?? segmentation?.meanDice ?? regression?.meanAbsoluteError ?? 0
  }

  /// Runs a network on all samples of a set.
  ///
  /// - Parameters:
  ///   - network: The network, whose first output is measured.
  ///   - weights: Its weights.
  ///   - dataset: The samples.
  ///   - losses: The losses that ``loss`` sums.
  ///   - normalization: How inputs are normalised first.
  ///   - batch: How many samples run at a time.
  ///   - progress: Called with the fraction done.
  /// - Throws: ``FiltersmithError`` when shapes do not fit or a file cannot be read.
  public init(
    of network: Network, _ weights: Weights<Float>, on dataset: Dataset, losses: [LossTerm],
    normalization: InputNormalization? = nil, batch: Int = 64, progress: ProgressHandler? = nil
  ) throws(FiltersmithError) {
    var measures = TaskMeasures(dataset.task, network)
    let loader = try DataLoader(
      evaluating: dataset, batch: min(batch, max(dataset.count, 1)), normalization: normalization)
    var plans: [Int: InferencePlan<Float>] = [:]
    var (total, seen) = (0.0, 0)
    let batches = loader.batches(epoch: 0)
    while let batch = try batches.next() {
      if plans[batch.count] == nil {
        plans[batch.count] = try network.inferencePlan(weights, batch: batch.count)
      }
      guard let plan = plans[batch.count] else { continue }
      let outputs = try plan.outputs(for: batch.inputs)
      let target = LossTarget(batch.targets)
      for term in losses {
        let name = try term.outputName(of: network)
        guard let place = network.outputs.firstIndex(of: name) else { continue }
        let shape = outputs[place].shape.removing(axis: 0)
        try term.loss.check(target, output: shape, batch: batch.count)
        total +=
          term.weight * Double(batch.count)
          * outputs[place].withUnsafeElements {
            term.loss.evaluate(
              SharedPointer(reading: $0), target, LossShape(output: shape, batch: batch.count),
              weight: 1, addingGradientTo: nil)
          }
      }
      outputs[0].withUnsafeElements { measures.add($0, target) }
      seen += batch.count
      progress?(Double(seen) / Double(max(dataset.count, 1)))
    }
    loss = total / Double(max(seen, 1))
    classification = measures.classification
    segmentation = measures.segmentation
    regression = measures.regression
  }
}

/// The measures of a task, gathered batch by batch from a network's first output.
struct TaskMeasures {
  private(set) var classification: ClassificationMetrics?
  private(set) var segmentation: SegmentationMetrics?
  private(set) var regression: RegressionMetrics?
  private let channels: Int
  private let pixels: Int

  init(_ task: LearningTask, _ network: Network) {
    let shape = network.outputShapes.first ?? [1]
    channels = shape.first ?? 1
    pixels = shape.dropFirst().reduce(1, *)
    switch task {
    case .classification: classification = ClassificationMetrics(classes: channels)
    case .segmentation: segmentation = SegmentationMetrics(classes: channels)
    case .regression: regression = RegressionMetrics()
    }
  }

  /// Accuracy, mean Dice, or the mean absolute error.
  var measure: Double {
    classification?.accuracy ?? segmentation?.meanDice ?? regression?.meanAbsoluteError ?? 0
  }

  mutating func add(_ output: UnsafeBufferPointer<Float>, _ target: LossTarget<Float>) {
    switch target {
    case .classes(let labels):
      classification?.add(scores: output, labels: labels, outputs: channels)
      segmentation?.add(scores: output, labels: labels, outputs: channels, pixels: pixels)
    case .values(let values): regression?.add(values: output, targets: values.elements)
    }
  }
}

extension LossTarget where Scalar == Float {
  /// A batch's targets.
  public init(_ targets: Batch.Targets) {
    switch targets {
    case .classes(let labels): self = .classes(labels.map { Int32($0) })
    case .labelMaps(let maps): self = .classes(maps.elements.map { Int32($0) })
    case .values(let values): self = .values(values)
    }
  }
}

extension LearningTask {
  /// The name of ``EpochRecord/measure``.
  public var measureName: String {
    switch self {
    case .classification: "accuracy"
    case .segmentation: "dice"
    case .regression: "meanAbsoluteError"
    }
  }

  /// Whether a larger measure is better.
  public var prefersLargerMeasure: Bool { self != .regression }
}
