import ArgumentParser
import Filtersmith
import Foundation

/// `filtersmith train`: trains a network on a folder of data.
struct TrainCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains a network on a folder of data.",
    discussion: """
      DATA is a folder in one of the usual layouts: IDX (MNIST), CIFAR binary, NPZ, one folder of \
      pictures per class, or pairs of images and label maps (PNG or NIfTI). The folder RUN gets the \
      architecture (network.json), the weights of the best epoch (weights.safetensors), the task, \
      classes and options (model.json), the training history (history.csv, and for TensorBoard) and a \
      checkpoint after every epoch, from which --resume continues: the result is the same to the bit.

      EXAMPLES:
        filtersmith train --data fashion-mnist --model lenet5 -o run
        filtersmith train --data fashion-mnist --model lenet5 -o run --resume
        filtersmith train --data nuclei --task segment --model unet-same \\
            --augment flip=xy,rotate=15,elastic=4 -o run
        filtersmith train --data fashion-mnist --model net.json \\
            --first-layer bank.npz --freeze-first -o run
      """)

  @Option(help: ArgumentHelp("The folder, or one file, of data.", valueName: "folder"))
  var data: String

  @Option(
    help: ArgumentHelp(
      "The name of a model ('filtersmith models' lists them), or an architecture.",
      valueName: "name|network.json"))
  var model: String

  @Option(name: [.short, .long], help: ArgumentHelp("The folder of the run.", valueName: "run"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "classify, segment or regress (default: by the data).", valueName: "task"))
  var task: String?

  @Option(help: ArgumentHelp("The number of passes over the training data.", valueName: "n"))
  var epochs = 5

  @Option(help: ArgumentHelp("Samples per step.", valueName: "n"))
  var batch = 64

  @Option(
    help: ArgumentHelp(
      "cross-entropy, binary-cross-entropy, dice, cross-entropy+dice, squared, absolute or huber "
        + "(default: the task's).", valueName: "name"))
  var loss: String?

  @Option(
    help: ArgumentHelp("sgd, momentum, nesterov, rmsprop, adam or adamw.", valueName: "name"))
  var optimizer = "adam"

  @Option(help: ArgumentHelp("The largest learning rate.", valueName: "rate"))
  var learningRate = 1e-3

  @Option(
    help: ArgumentHelp("constant, step, cosine, one-cycle or plateau.", valueName: "name"))
  var schedule = "constant"

  @Option(
    help: ArgumentHelp("The number of steps in which the rate rises at first.", valueName: "n"))
  var warmUp = 0

  @Option(help: ArgumentHelp("Weight decay.", valueName: "number"))
  var weightDecay = 0.0

  @Option(
    help: ArgumentHelp(
      "Clip the norm of the gradient to this (default: no clipping).", valueName: "number"))
  var clip: Double?

  @Option(
    help: ArgumentHelp(
      "Keep a moving average of the weights with this decay per step, such as 0.999.",
      valueName: "decay"))
  var average: Double?

  @Option(
    help: ArgumentHelp(
      "Stop when the validation loss has not improved for this many epochs.", valueName: "n"))
  var patience: Int?

  @Option(
    help: ArgumentHelp(
      "The seed of initial weights, order of samples, augmentation and dropout.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "The fraction of the training samples that is split off for validation, where the data have "
        + "no validation split.", valueName: "fraction"))
  var validation = 0.1

  @Option(
    help: ArgumentHelp(
      "Random changes, such as flip,rotate=15,scale=0.1,shift=0.1,elastic=4,noise=0.05,contrast=0.2.",
      valueName: "changes"))
  var augment: String?

  @Option(
    help: ArgumentHelp(
      "A filter bank that initialises the first convolution.", valueName: "bank.npz"))
  var firstLayer: String?

  @Flag(help: "Do not train the first layer.")
  var freezeFirst = false

  @Flag(help: "Continue from the run's last checkpoint.")
  var resume = false

  @Flag(help: "Print the training history and the final test as JSON.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  private struct Epoch: Encodable {
    let epoch: Int
    let loss: Double
    let accuracy: Double?
    let dice: Double?
    let meanAbsoluteError: Double?
    let validationLoss: Double?
    let validationMeasure: Double?
    let seconds: Double
    let imagesPerSecond: Double

    init(_ record: EpochRecord, _ task: LearningTask) {
      epoch = record.epoch
      loss = record.loss
      accuracy = task == .classification ? record.measure : nil
      dice = task == .segmentation ? record.measure : nil
      meanAbsoluteError = task == .regression ? record.measure : nil
      validationLoss = record.validationLoss
      validationMeasure = record.validationMeasure
      seconds = record.seconds
      imagesPerSecond = record.samplesPerSecond
    }
  }

  private struct Report: Encodable {
    let epochs: [Epoch]
    let bestEpoch: Int
    let test: EvaluationReport?
  }

  func execute() throws(FiltersmithError) {
    guard !freezeFirst || firstLayer != nil else {
      throw FiltersmithError(.argument, "--freeze-first needs --first-layer")
    }
    let files = ModelFolder(output)
    if !resume, FileManager.default.fileExists(atPath: files.checkpoint) {
      throw FiltersmithError(
        .argument,
        "\(output) already holds a run; give --resume to continue it, or another folder")
    }
    let wanted = try task.map { text throws(FiltersmithError) in try LearningTask(option: text) }
    let splits = try ProgressLine.during("reading \(data)") { _ throws(FiltersmithError) in
      try DataSplits(contentsOf: data, task: wanted)
    }
    let (training, validation) = try split(splits)
    let options = try options(for: training.task)
    let normalization = try InputNormalization(of: training)
    let network = try network(for: training)
    var trainer = try Trainer(
      network, data: training, validation: validation, normalization: normalization,
      options: options)
    let description = TrainedModel.Description(
      task: training.task, classNames: training.classNames, labelValues: training.labelValues,
      normalization: normalization, options: options)
    if resume { try continueRun(&trainer, files, description) }
    try files.begin(network, description)
    if !json {
      try StandardOutput.write(
        "\(training), \(network.trainableParameterCount) parameters to learn\n")
    }
    try run(&trainer, files)
    let test = try splits.test.map { test throws(FiltersmithError) in
      let evaluation = try ProgressLine.during("testing") { progress throws(FiltersmithError) in
        try Evaluation(
          of: network, trainer.state.bestWeights, on: test, losses: options.losses,
          normalization: normalization, batch: batch, progress: progress)
      }
      return EvaluationReport(evaluation, of: test)
    }
    if json {
      try StandardOutput.write(
        try JSONText.of(
          Report(
            epochs: trainer.state.history.map { Epoch($0, training.task) },
            bestEpoch: trainer.state.bestEpoch, test: test)))
    } else if let test {
      try StandardOutput.write("test: \(test.text)")
    }
  }

  private func split(
    _ splits: DataSplits
  ) throws(FiltersmithError) -> (training: Dataset, validation: Dataset?) {
    if let own = splits.validation { return (splits.training, own) }
    let (training, validation) = try splits.training.split(validation: validation, seed: seed)
    return (training, validation.count > 0 ? validation : nil)
  }

  private func options(for task: LearningTask) throws(FiltersmithError) -> TrainingOptions {
    let loss = try loss.map { text throws(FiltersmithError) in try Loss(option: text) }
    let augmentation = try augment.map { text throws(FiltersmithError) in
      try Augmentation(parsing: text)
    }
    let options = TrainingOptions(
      losses: [LossTerm(loss ?? Loss(for: task))], epochs: epochs, batch: batch,
      optimizer: try Optimizer(option: optimizer), learningRate: learningRate,
      schedule: LearningRateSchedule(
        try LearningRateSchedule.Course(option: schedule), warmUpSteps: warmUp),
      weightDecay: weightDecay, clipping: clip.map { .norm($0) }, seed: seed, patience: patience,
      augmentation: augmentation, averaging: average)
    try options.check()
    return options
  }

  private func network(for data: Dataset) throws(FiltersmithError) -> Network {
    var network =
      model.hasSuffix(".json")
      ? try Network(contentsOf: model)
      : try Model.named(model).network(input: data.sampleShape, classes: data.outputCount)
    if let firstLayer {
      let bank = try FilterBank(contentsOf: firstLayer)
      network = try network.startingFirstConvolution(
        from: bank.correlationKernels(as: Float.self), isFrozen: freezeFirst)
    }
    return network
  }

  /// Continues from the checkpoint in the folder, which must be of the same training.
  private func continueRun(
    _ trainer: inout Trainer, _ files: ModelFolder, _ description: TrainedModel.Description
  ) throws(FiltersmithError) {
    let saved = try TrainedModel(contentsOf: output)
    guard saved.network == trainer.network else {
      throw FiltersmithError(
        .argument, "\(output) holds a run of another network; --resume continues the same one")
    }
    var options = saved.description.options
    options.epochs = trainer.options.epochs
    guard options == trainer.options, saved.description.normalization == description.normalization
    else {
      throw FiltersmithError(
        .argument,
        "\(output) holds a run with other options or data; --resume continues with the same")
    }
    try trainer.resume(
      from: try TrainingState(contentsOf: files.checkpoint, for: trainer.network))
  }

  private func run(_ trainer: inout Trainer, _ files: ModelFolder) throws(FiltersmithError) {
    let task = trainer.data.task
    let isQuiet = json
    let started = trainer.state.history.count
    let epochs = trainer.options.epochs
    try ProgressLine.during("training") { progress throws(FiltersmithError) in
      try trainer.run { now in
        // What an earlier run did took no time in this one.
        let before = Double(started) / Double(epochs)
        progress((now.fraction - before) / max(1 - before, 1e-9))
      } epochEnded: { state throws(FiltersmithError) in
        try files.save(state, task: task)
        guard !isQuiet, let record = state.history.last else { return }
        try StandardOutput.write(Self.line(record, task))
      }
    }
  }

  private static func line(_ record: EpochRecord, _ task: LearningTask) -> String {
    let measure = task == .regression ? "mean absolute error" : task.measureName
    var text =
      "epoch \(record.epoch): loss \(EvaluationReport.short(record.loss)), "
      + "\(measure) \(EvaluationReport.short(record.measure))"
    if let loss = record.validationLoss, let value = record.validationMeasure {
      text +=
        "; validation loss \(EvaluationReport.short(loss)), "
        + "\(measure) \(EvaluationReport.short(value))"
    }
    return text + "; \(Int(record.samplesPerSecond.rounded())) samples/s\n"
  }
}
