import ArgumentParser
import Filtersmith
import Foundation

/// `filtersmith predict`: a trained network's predictions for images.
struct PredictCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Prints a trained network's predictions for images.",
    discussion: """
      RUN is a folder that 'filtersmith train' wrote. A classifier prints the most probable classes \
      of each image, a regressor its numbers; a segmentation network writes NAME_label.png into the \
      folder of --output, with the label values of the training data.

      EXAMPLES:
        filtersmith predict run boot.png shirt.png
        filtersmith predict run cells.png -o labels
        filtersmith predict run boot.png --json
      """)

  @Argument(help: ArgumentHelp("The folder of the run.", valueName: "run"))
  var run: String

  @Argument(help: ArgumentHelp("Images (.png, .npy or .nii).", valueName: "image"))
  var images: [String]

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The folder for the label images of a segmentation network.", valueName: "folder"))
  var output: String?

  @Option(help: ArgumentHelp("The number of classes to print.", valueName: "n"))
  var top = 3

  @Flag(help: "Print all predictions as JSON.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  private struct Prediction: Encodable {
    let image: String
    var predictedClass: String?
    var probabilities: [String: Double]?
    var values: [Double]?
    var labelImage: String?
    /// The fraction of the pixels of each class.
    var classShares: [String: Double]?
  }

  func execute() throws(FiltersmithError) {
    guard top >= 1 else {
      throw FiltersmithError(.argument, "--top is \(top); at least 1 is needed")
    }
    let model = try TrainedModel(contentsOf: run)
    if model.description.task == .segmentation, output == nil {
      throw FiltersmithError(
        .argument, "the network in \(run) labels pixels: --output names the folder for its images")
    }
    var predictions: [Prediction] = []
    try ProgressLine.during("predicting") { progress throws(FiltersmithError) in
      for (index, image) in images.enumerated() {
        predictions.append(try prediction(model, image))
        progress(Double(index + 1) / Double(images.count))
      }
    }
    if json {
      try StandardOutput.write(try JSONText.of(predictions))
    } else {
      try StandardOutput.write(predictions.map(text).joined())
    }
  }

  private func prediction(
    _ model: TrainedModel, _ image: String
  ) throws(FiltersmithError) -> Prediction {
    let channels = model.network.inputs.first?.shape.first
    let input = try Dataset.input(contentsOf: image, channels: channels)
    let output: Tensor<Float>
    do throws(FiltersmithError) {
      output = try model.prediction(for: input)
    } catch {
      throw FiltersmithError(error.kind, "\(image): \(error.message)")
    }
    let names = model.description.classNames
    func name(_ index: Int) -> String { index < names.count ? names[index] : "\(index)" }
    switch model.description.task {
    case .classification:
      let numbers = output.elements
      let best = numbers.indices.max { numbers[$0] < numbers[$1] } ?? 0
      return Prediction(
        image: image, predictedClass: name(best),
        probabilities: Dictionary(
          numbers.indices.map { (name($0), Double(numbers[$0])) },
          uniquingKeysWith: { first, _ in first }))
    case .regression:
      return Prediction(image: image, values: output.elements.map { Double($0) })
    case .segmentation: return try labelled(model, image, output, name)
    }
  }

  private func labelled(
    _ model: TrainedModel, _ image: String, _ output: Tensor<Float>, _ name: (Int) -> String
  ) throws(FiltersmithError) -> Prediction {
    let classes = output.shape[0]
    let pixels = output.count / classes
    let numbers = output.elements
    var counts = [Int](repeating: 0, count: classes)
    let labels = (0..<pixels).map { pixel in
      let winner = (0..<classes).max { numbers[$0 * pixels + pixel] < numbers[$1 * pixels + pixel] }
      counts[winner ?? 0] += 1
      return winner ?? 0
    }
    let values = model.description.labelValues
    let map = labels.map { UInt16(clamping: $0 < values.count ? values[$0] : $0) }
    let shape = output.shape.removing(axis: 0)
    let stem = URL(fileURLWithPath: image).deletingPathExtension().lastPathComponent
    let folder = self.output ?? "."
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw FiltersmithError(.file, "the folder \(folder) cannot be created")
    }
    let path = folder + "/" + stem + (shape.rank == 2 ? "_label.png" : "_label.npy")
    if shape.rank == 2 {
      let samples = try Tensor(shape: shape + [1], elements: map)
      try Image(samples: samples, bitDepth: (map.max() ?? 0) > 255 ? 16 : 8).write(to: path)
    } else {
      try NPYFile.write(try Tensor(shape: shape, elements: map), to: path)
    }
    return Prediction(
      image: image, labelImage: path,
      classShares: Dictionary(
        counts.indices.map { (name($0), Double(counts[$0]) / Double(pixels)) },
        uniquingKeysWith: { first, _ in first }))
  }

  private func text(_ prediction: Prediction) -> String {
    if let probabilities = prediction.probabilities {
      let best = probabilities.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(top)
      let parts = best.map { "\($0.key) \(EvaluationReport.short($0.value))" }
      return "\(prediction.image): \(parts.joined(separator: ", "))\n"
    }
    if let values = prediction.values {
      return
        "\(prediction.image): \(values.map { EvaluationReport.short($0) }.joined(separator: ", "))\n"
    }
    return "\(prediction.image): \(prediction.labelImage ?? "")\n"
  }
}
