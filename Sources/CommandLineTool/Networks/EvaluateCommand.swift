import ArgumentParser
import Filtersmith

/// `filtersmith evaluate`: measures of a trained network on data.
struct EvaluateCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluates a trained network on data.",
    discussion: """
      RUN is a folder that 'filtersmith train' wrote. If the data are split, the test split is used, unless \
      --part names another. Classification gives accuracy, precision, recall, F1, the area under the \
      ROC curve and the confusion matrix (rows are the true classes); segmentation Dice and \
      intersection over union; regression errors and R².

      EXAMPLES:
        filtersmith evaluate run --data fashion-mnist
        filtersmith evaluate run --data fashion-mnist --part training --json
      """)

  @Argument(help: ArgumentHelp("The folder of the run.", valueName: "run"))
  var run: String

  @Option(help: ArgumentHelp("The folder, or one file, of data.", valueName: "folder"))
  var data: String

  @Option(
    help: ArgumentHelp(
      "training, validation or test (default: test where there is one, else training).",
      valueName: "part"))
  var part: String?

  @Option(help: ArgumentHelp("Samples in a batch.", valueName: "n"))
  var batch = 64

  @Flag(help: "Print all measures as JSON.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    guard batch >= 1 else {
      throw FiltersmithError(.argument, "--batch is \(batch); at least 1 is needed")
    }
    let model = try TrainedModel(contentsOf: run)
    let splits = try DataSplits(contentsOf: data, task: model.description.task)
    let dataset = try dataset(splits)
    let evaluation = try ProgressLine.during("evaluating") { progress throws(FiltersmithError) in
      try Evaluation(
        of: try model.network.resized(to: dataset.sampleShape), model.weights, on: dataset,
        losses: model.description.options.losses, normalization: model.description.normalization,
        batch: batch, progress: progress)
    }
    let report = EvaluationReport(evaluation, of: dataset)
    try StandardOutput.write(json ? try JSONText.of(report) : report.text)
  }

  private func dataset(_ splits: DataSplits) throws(FiltersmithError) -> Dataset {
    switch part {
    case nil: return splits.test ?? splits.training
    case "training": return splits.training
    case "validation", "test":
      guard let found = part == "test" ? splits.test : splits.validation else {
        throw FiltersmithError(.argument, "\(data) has no \(part ?? "") split")
      }
      return found
    default:
      throw FiltersmithError(
        .argument, "--part is '\(part ?? "")'; training, validation or test was expected")
    }
  }
}
