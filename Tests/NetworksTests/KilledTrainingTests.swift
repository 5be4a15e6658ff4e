import Foundation
import Tensors
import TestSupport
import Testing

@testable import Networks

// Processes that are to end by a signal came with this compiler.
#if compiler(>=6.3)
  /// Training in a process that is killed after a certain step, and goes on in another.
  @Suite struct KilledTrainingTests {
    private static let epochs = 4
    private static let stepsPerEpoch = 5

    private static func trainer() throws -> Trainer {
      var source = RandomSource(seed: 5)
      let images = Tensor<Float>.normal(shape: [36, 1, 6, 6], using: &source)
      let labels = (0..<36).map { _ in source.integer(below: 3) }
      let network = try Network(input: [1, 6, 6]) {
        Conv(3, kernel: 3)
        BatchNormalization()
        ReLU()
        Flatten()
        Dropout(0.3)
        Dense(3)
      }
      var options = TrainingOptions(
        losses: [LossTerm(.softmaxCrossEntropy())], epochs: epochs, batch: 8,
        schedule: LearningRateSchedule(.cosine()), seed: 2)
      options.augmentation = try Augmentation(parsing: "flip,shift=0.1,noise=0.1")
      return try Trainer(
        network, data: Dataset(images: images, labels: labels),
        validation: Dataset(images: images, labels: labels), options: options)
    }

    /// Trains to the end, or until the process is killed after a step, counted from 1 over all epochs.
    private static func train(in folder: String, killedAfter last: Int? = nil) throws {
      let files = ModelFolder(folder)
      var trainer = try trainer()
      if FileManager.default.fileExists(atPath: files.checkpoint) {
        try trainer.resume(from: TrainingState(contentsOf: files.checkpoint, for: trainer.network))
      } else {
        let description = TrainedModel.Description(
          task: .classification, classNames: ["a", "b", "c"], normalization: nil,
          options: trainer.options)
        try files.begin(trainer.network, description)
      }
      var step = trainer.state.optimizer.steps
      try trainer.run(
        progress: { _ in
          step += 1
          if step == last { kill(getpid(), SIGKILL) }
        },
        epochEnded: { (state: TrainingState) throws(FiltersmithError) in
          try files.save(state, task: .classification)
        })
    }

    /// The run is killed once in every epoch, in a step drawn at random, and goes on each time.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func endsWithTheSameBits(seed: UInt64) async throws {
      let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("filtersmith-killed-\(UUID().uuidString)").path
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let (whole, killed) = (folder + "/whole", folder + "/killed")
      try Self.train(in: whole)
      var source = RandomSource(seed: seed)
      for epoch in 0..<Self.epochs {
        let last = epoch * Self.stepsPerEpoch + 1 + source.integer(below: Self.stepsPerEpoch)
        await #expect(processExitsWith: .signal(SIGKILL)) {
          [killed = killed as String, last = last as Int] in
          try KilledTrainingTests.train(in: killed, killedAfter: last)
        }
        // The step was reached, and only whole epochs are kept.
        let rows = try? String(contentsOfFile: ModelFolder(killed).history, encoding: .utf8)
        #expect((rows?.split(separator: "\n").count ?? 1) == 1 + epoch)
      }
      try Self.train(in: killed)
      let network = try Self.trainer().network
      let states = try [whole, killed].map {
        try TrainingState(contentsOf: ModelFolder($0).checkpoint, for: network)
      }
      #expect(states[0].weights == states[1].weights)
      #expect(states[0].optimizer == states[1].optimizer)
      #expect(states[0].best == states[1].best)
      #expect(states[0].history.map(\.loss) == states[1].history.map(\.loss))
      #expect(states[0].history.map(\.validationLoss) == states[1].history.map(\.validationLoss))
    }
  }
#endif
