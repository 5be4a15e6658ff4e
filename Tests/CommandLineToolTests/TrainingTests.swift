import Filtersmith
import Foundation
import Testing

/// `filtersmith train`, `evaluate` and `predict` on small data.
@Suite struct TrainingCommandTests {
  private struct Training: Decodable {
    struct Epoch: Decodable {
      let epoch: Int
      let loss: Double
      let accuracy: Double?
      let dice: Double?
      let seconds: Double
      let imagesPerSecond: Double
    }
    struct Test: Decodable {
      let accuracy: Double?
      let dice: Double?
      let confusion: [[Int]]?
    }
    let epochs: [Epoch]
    let bestEpoch: Int
    let test: Test?
  }

  /// Noisy bars of 12² pixels that stand (1) or lie (0), and a network for them.
  private func writeBars(_ command: Command, _ count: Int = 240) throws {
    var source = RandomSource(seed: 5)
    func part(_ count: Int) -> (images: Tensor<UInt8>, labels: Tensor<UInt8>) {
      let labels = (0..<count).map { _ in UInt8(source.integer(below: 2)) }
      let places = (0..<count).map { _ in 2 + source.integer(below: 8) }
      let images = Tensor<UInt8>(shape: [count, 12, 12]) { index in
        let along = labels[index[0]] == 0 ? index[1] : index[2]
        let noise = source.integer(below: 60)
        return UInt8(abs(along - places[index[0]]) <= 1 ? 255 - noise : noise)
      }
      return (images, Tensor(labels))
    }
    let (training, test) = (part(count), part(60))
    try NPZFile.write(
      [
        ("x_train", DataArray(training.images)), ("y_train", DataArray(training.labels)),
        ("x_test", DataArray(test.images)), ("y_test", DataArray(test.labels)),
      ], to: command.url("bars.npz").path)
    let network = try Network(input: [1, 12, 12]) {
      Conv(6, kernel: 5, padding: .same)
      BatchNormalization()
      ReLU()
      MaxPooling(2)
      Flatten()
      Dropout(0.1)
      Dense(2)
    }
    try network.json().write(to: command.url("net.json"), atomically: true, encoding: .utf8)
  }

  private func training(_ result: Command.Result) throws -> Training {
    try JSONDecoder().decode(Training.self, from: Data(result.output.utf8))
  }

  @Test func classifiersLearnAndAnswer() throws {
    try Command.inFreshFolder { command in
      try writeBars(command)
      let run = try command.run(
        "train --data bars.npz --model net.json -o run --epochs 6 --batch 32 --learning-rate 0.01 "
          + "--augment shift=0.05 --json")
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.isEmpty)
      let report = try training(run)
      #expect(report.epochs.map(\.epoch) == Array(1...6))
      #expect(try #require(report.test?.accuracy) > 0.9)
      #expect(report.epochs.allSatisfy { $0.imagesPerSecond > 0 && $0.accuracy != nil })
      for name in ["network.json", "weights.safetensors", "model.json", "history.csv"] {
        #expect(FileManager.default.fileExists(atPath: command.url("run/" + name).path))
      }
      let evaluation = try command.run("evaluate run --data bars.npz --json")
      #expect(evaluation.status == 0, "\(evaluation.errors)")
      let measures = try JSONDecoder().decode(
        Training.Test.self, from: Data(evaluation.output.utf8))
      #expect(measures.accuracy == report.test?.accuracy)
      #expect(measures.confusion?.joined().reduce(0, +) == 60)

      let standing = Tensor<UInt16>(shape: [12, 12, 1]) { abs($0[1] - 6) <= 1 ? 240 : 20 }
      try Image(samples: standing).write(to: command.url("standing.png").path)
      let answer = try command.run("predict run standing.png")
      #expect(answer.status == 0, "\(answer.errors)")
      #expect(answer.output.hasPrefix("standing.png: 1 "))
    }
  }

  /// Killed while it writes a checkpoint and resumed, a run leaves the same weights as one that ran
  /// through.
  ///
  /// The system kills a process that makes a file too large. A checkpoint holds the course of training and
  /// so becomes larger with every epoch: a limit below the last one's size is met in one of the last epochs,
  /// and not in the first. (Times that an epoch took have more digits in one run than in another.)
  @Test func killedRunsGoOn() throws {
    try Command.inFreshFolder { command in
      try writeBars(command, 600)
      let options = "train --data bars.npz --model net.json --epochs 12 --batch 16 --seed 7"
      let whole = try command.run(options + " -o whole")
      #expect(whole.status == 0, "\(whole.errors)")
      let killed = try command.shell(
        """
        size=$(wc -c < whole/checkpoint.safetensors)
        ulimit -f $(((size - 600) / 512))
        exec '\(Command.program.path)' \(options) -o killed
        """)
      #expect(killed.status != 0)
      #expect(killed.output.contains("\nepoch 1: ") && !killed.output.contains("\nepoch 12: "))
      let resumed = try command.run(options + " -o killed --resume")
      #expect(resumed.status == 0, "\(resumed.errors)")
      let same = try command.shell(
        "cmp whole/weights.safetensors killed/weights.safetensors && "
          + "[ $(wc -l < killed/history.csv) = 13 ]")
      #expect(same.status == 0, "\(same.output)\(same.errors)")
      // What a killed process was writing beside its place stays out of the way.
      let left = try command.shell("ls killed | grep -v -e json -e safetensors -e csv -e tfevents")
      #expect(left.output.isEmpty)
    }
  }

  @Test func banksStartNetworks() throws {
    try Command.inFreshFolder { command in
      try writeBars(command, 64)
      let design = try command.run("design quadrature --size 5 --center pi/2 -o bank.npz")
      #expect(design.status == 0, "\(design.errors)")
      let run = try command.run(
        "train --data bars.npz --model net.json -o run --epochs 1 --first-layer bank.npz "
          + "--freeze-first")
      #expect(run.status == 0, "\(run.errors)")
      let bank = try FilterBank(contentsOf: command.url("bank.npz").path)
      let kernels = try bank.correlationKernels(as: Float.self)
      let model = try TrainedModel(contentsOf: command.url("run").path)
      #expect(try model.weights.tensor("conv1.weight").elements == kernels.elements)
    }
  }

  @Test func pixelsAreLabelled() throws {
    try Command.inFreshFolder { command in
      var source = RandomSource(seed: 3)
      for folder in ["cells/images", "cells/labels"] {
        try FileManager.default.createDirectory(
          at: command.url(folder), withIntermediateDirectories: true)
      }
      for number in 0..<12 {
        let (y, x) = (6 + source.integer(below: 20), 6 + source.integer(below: 20))
        func isInside(_ index: [Int]) -> Bool {
          (index[0] - y) * (index[0] - y) + (index[1] - x) * (index[1] - x) <= 25
        }
        let image = Tensor<UInt16>(shape: [32, 32, 1]) {
          UInt16((isInside($0) ? 170 : 40) + source.integer(below: 60))
        }
        let labels = Tensor<UInt16>(shape: [32, 32, 1]) { isInside($0) ? 255 : 0 }
        try Image(samples: image).write(to: command.url("cells/images/\(number).png").path)
        try Image(samples: labels).write(to: command.url("cells/labels/\(number).png").path)
      }
      let network = try Network(input: [1, 32, 32]) {
        Conv(6, kernel: 5, padding: .same)
        ReLU()
        Conv(2, kernel: 1)
      }
      try network.json().write(to: command.url("net.json"), atomically: true, encoding: .utf8)
      let run = try command.run(
        "train --data cells --model net.json -o run --task segment --epochs 12 --batch 2 "
          + "--learning-rate 0.02 --loss cross-entropy+dice --augment flip=xy --json")
      #expect(run.status == 0, "\(run.errors)")
      #expect(try #require(try training(run).epochs.last?.dice) > 0.8)
      let answer = try command.run("predict run cells/images/3.png -o answers")
      #expect(answer.status == 0, "\(answer.errors)")
      let labels = try Image(contentsOf: command.url("answers/3_label.png").path)
      #expect(Set(labels.samples.elements).isSubset(of: [0, 255]))
      #expect(labels.samples.elements.contains(255))
    }
  }

  @Test func mistakesAreOneSentence() throws {
    try Command.inFreshFolder { command in
      try writeBars(command, 64)
      let good = "train --data bars.npz --model net.json -o run --epochs 1"
      let mistakes: [(line: String, status: Int32, word: String)] = [
        ("train --data nowhere --model lenet5 -o run", 1, "nowhere"),
        ("train --data bars.npz --model lenet6 -o run", 2, "lenet6"),
        ("train --data bars.npz --model vgg16 -o run", 1, "layer"),
        (good + " --task segment", 1, "segment"), (good + " --task sing", 2, "sing"),
        (good + " --optimizer best", 2, "best"), (good + " --batch 0", 2, "batch"),
        (good + " --learning-rate -1", 2, "learning rate"), (good + " --freeze-first", 2, "first"),
        (good + " --resume", 1, "run"), (good + " --augment jump=3", 2, "jump"),
        ("evaluate nothing --data bars.npz", 1, "nothing"),
        ("predict nothing image.png", 1, "nothing"),
      ]
      for (line, status, word) in mistakes {
        let result = try command.run(line)
        #expect(result.status == status, "\(line): \(result.errors)")
        #expect(result.errorLines.count == 1, "\(line): \(result.errors)")
        #expect(result.errors.contains(word), "\(line): \(result.errors)")
      }
      #expect(!(try command.files().contains("run")))
      #expect(try command.run(good).status == 0)
      #expect(try command.run(good).status == 2)
    }
  }
}
