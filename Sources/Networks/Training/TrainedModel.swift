import Convolutions
import DataFiles
import Foundation
import Tensors

/// A network with all that is needed to use it: weights, classes and input normalisation.
///
/// In a folder it is `network.json`, `weights.safetensors` and `model.json`.
public struct TrainedModel: Sendable {
  /// What belongs to a model besides network and weights.
  public struct Description: Sendable, Hashable, Codable {
    /// What the model was made for.
    public var task: LearningTask
    /// The names of its classes.
    public var classNames: [String]
    /// The numbers that stand for the classes in label images.
    public var labelValues: [Int]
    /// How inputs are normalised first.
    public var normalization: InputNormalization?
    /// How it was trained.
    public var options: TrainingOptions

    /// A description.
    public init(
      task: LearningTask, classNames: [String], labelValues: [Int]? = nil,
      normalization: InputNormalization?, options: TrainingOptions
    ) {
      self.task = task
      self.classNames = classNames
      self.labelValues = labelValues ?? Array(classNames.indices)
      self.normalization = normalization
      self.options = options
    }
  }

  /// The network that computes predictions.
  public var network: Network
  /// Its weights.
  public var weights: Weights<Float>
  /// What belongs to it besides network and weights.
  public var description: Description

  /// A model from its parts.
  public init(_ network: Network, _ weights: Weights<Float>, _ description: Description) {
    self.network = network
    self.weights = weights
    self.description = description
  }

  /// Reads a model from its folder.
  ///
  /// - Throws: ``FiltersmithError`` that names the file which is missing or wrong.
  public init(contentsOf folder: String) throws(FiltersmithError) {
    let folder = ModelFolder(folder)
    network = try Network(contentsOf: folder.network)
    weights = try Weights(contentsOf: folder.weights, for: network)
    description = try JSONFile.value(
      Description.self, contentsOf: folder.description, expected: "a model's description")
  }

  /// The prediction for one input.
  ///
  /// - Parameter input: `[channels, spatial…]`, as a data set gives it, before normalisation. A
  ///   network without dense layers takes any extents.
  /// - Returns: The first output as class probabilities `[classes]`, probabilities per pixel `[classes,
  ///   spatial…]`, or values.
  /// - Throws: ``FiltersmithError`` when the input does not fit the network.
  public func prediction(for input: Tensor<Float>) throws(FiltersmithError) -> Tensor<Float> {
    let network = try network.resized(to: input.shape)
    let prepared = try description.normalization?.applied(to: input) ?? input
    let plan = try network.inferencePlan(weights, batch: 1)
    let output = try plan.outputs(for: try prepared.reshaped(to: Shape([1]) + input.shape))[0]
    let prediction = try output.reshaped(to: output.shape.removing(axis: 0))
    return description.task == .regression ? prediction : try Self.probabilities(prediction)
  }

  /// Softmax over the channels of logits; of one channel the sigmoid, for both classes.
  private static func probabilities(
    _ logits: Tensor<Float>
  ) throws(FiltersmithError) -> Tensor<Float> {
    let run = logits.shape.dropFirst().reduce(1, *)
    let channels = logits.shape[0]
    let classes = max(channels, 2)
    return Tensor(uninitialized: logits.shape.replacing(axis: 0, with: classes)) { target in
      logits.withUnsafeElements { logits in
        for position in 0..<run {
          let scores = (0..<classes).map { index in
            channels == 1
              ? (index == 0 ? 0 : Double(logits[position]))
              : Double(logits[index * run + position])
          }
          let largest = scores.max() ?? 0
          let powers = scores.map { exp($0 - largest) }
          let sum = powers.reduce(0, +)
          for index in 0..<classes {
            target.initializeElement(at: index * run + position, to: Float(powers[index] / sum))
          }
        }
      }
    }
  }
}

/// The paths of a model's files, and of those of its training.
public struct ModelFolder: Sendable, Hashable {
  /// The folder.
  public let path: String

  /// The files in a folder.
  public init(_ path: String) { self.path = path }

  /// The architecture as JSON.
  public var network: String { path + "/network.json" }
  /// The weights, those of the best epoch.
  public var weights: String { path + "/weights.safetensors" }
  /// Task, classes, normalisation and options as JSON.
  public var description: String { path + "/model.json" }
  /// The state of training after the last epoch.
  public var checkpoint: String { path + "/checkpoint.safetensors" }
  /// One row per epoch.
  public var history: String { path + "/history.csv" }
  /// The same for TensorBoard.
  public var events: String { path + "/events.out.tfevents.0.filtersmith" }

  /// Creates the folder and writes what does not change in training.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when the system refuses.
  public func begin(
    _ network: Network, _ description: TrainedModel.Description
  ) throws(FiltersmithError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true)
    } catch {
      throw FiltersmithError(.file, "the folder \(path) cannot be made")
    }
    try AtomicFile.write(try network.json() + "\n", to: self.network)
    try JSONFile.write(description, to: self.description)
  }

  /// Writes the results of an epoch: the checkpoint last, so that it is never ahead of the others.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when the system refuses.
  public func save(_ state: TrainingState, task: LearningTask) throws(FiltersmithError) {
    try state.bestWeights.write(to: weights)
    try AtomicFile.write(Self.table(state.history, task), to: history)
    try AtomicFile.write(EventLog.bytes(state.history, measure: task.measureName), to: events)
    try state.write(to: checkpoint)
  }

  private static func table(_ history: [EpochRecord], _ task: LearningTask) -> String {
    let measure = task.measureName
    let header = [
      "epoch", "loss", measure, "validationLoss",
      "validation" + measure.prefix(1).uppercased() + measure.dropFirst(), "learningRate",
      "seconds", "samplesPerSecond",
    ]
    let rows = history.map { record in
      [
        "\(record.epoch)", "\(record.loss)", "\(record.measure)",
        record.validationLoss.map { "\($0)" } ?? "",
        record.validationMeasure.map { "\($0)" } ?? "", "\(record.learningRate)",
        "\(record.seconds)", "\(record.samplesPerSecond)",
      ]
    }
    return ([header] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
  }
}

extension Network {
  /// The same graph for inputs of other extents.
  ///
  /// - Throws: ``FiltersmithError`` when a layer cannot take them, or would need other weights.
  public func resized(to input: Shape) throws(FiltersmithError) -> Network {
    guard inputs.count == 1 else {
      throw FiltersmithError(
        .shape, "a network with \(inputs.count) inputs cannot be resized to one input \(input)")
    }
    guard input != inputs[0].shape else { return self }
    let resized = try rebuilt(input: input, \.layer)
    for (old, new) in zip(parameters, resized.parameters)
    where old.description.shape != new.description.shape {
      throw FiltersmithError(
        .shape,
        "an input \(input) does not fit: '\(old.name)' of shape \(old.description.shape) would have "
          + "to be \(new.description.shape); the network was made for \(inputs[0].shape)")
    }
    return resized
  }
}
