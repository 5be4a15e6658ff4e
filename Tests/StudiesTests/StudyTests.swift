import DataFiles
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

@testable import Studies

@Suite struct StudyTests {
  private static let arms = [
    Arm("bank-linear", first: .bank(.quadrature(bank)), head: .linear),
    Arm("bank-cnn", first: .bank(.quadrature(bank)), head: .network),
    Arm("started", first: .started(.quadrature(bank)), head: .network),
    Arm("learned", first: .learned(RandomFilters(pairs: 4, support: 7)), head: .network),
  ]
  private static let bank = QuadratureSet(support: 7, centerFrequencies: [.pi / 3], directions: 4)
  private static let study = Study(
    arms: arms, sizes: [16, 40], seeds: 2,
    budget: Budget(samplesSeen: 80, leastEpochs: 2, mostEpochs: 4, batch: 8))

  /// What a study file says about changed images and averages is done, written and read back.
  @Test func budgetsAugmentAndAverage() throws {
    let text = """
      {"sizes": [16], "seeds": 1,
       "budget": {"samplesSeen": 64, "leastEpochs": 2, "mostEpochs": 4, "batch": 8,
                  "augmentation": "flip=x,shift=0.1", "averaging": 0.9}}
      """
    var study = try JSONDecoder().decode(Study.self, from: Data(text.utf8))
    #expect(study.budget.augmentation == (try Augmentation(parsing: "flip=x,shift=0.1")))
    #expect(study.budget.averaging == 0.9)
    #expect(try JSONDecoder().decode(Study.self, from: JSONEncoder().encode(study)) == study)
    try study.check()
    study.arms = [Self.arms[0], Self.arms[1]]
    try withScratchFolder { folder in
      func records(_ study: Study, _ name: String) throws -> [RunRecord] {
        var runner = try StudyRunner(study, Self.data(), folder: StudyFolder("\(folder)/\(name)"))
        runner.featureFolder = nil
        return try runner.run()
      }
      let changed = try records(study, "changed")
      study.budget.augmentation = nil
      study.budget.averaging = nil
      let plain = try records(study, "plain")
      // The linear head sees the images as they are; the network does not.
      #expect(changed[0].answers == plain[0].answers)
      #expect(changed[1].history != plain[1].history)
    }
    for wrong in [#""averaging": 1"#, #""augmentation": "turn=3""#] {
      let text = #"{"budget": {\#(wrong)}}"#
      #expect(throws: (any Error).self) {
        try JSONDecoder().decode(Study.self, from: Data(text.utf8)).check()
      }
    }
  }

  private static func data() throws -> StudyData {
    try StudyData(
      TexturePatches(
        extent: 16, step: 1, trainingPerClass: 12, validationPerClass: 4, testPerClass: 5))
  }

  private static func runner(_ folder: String) throws -> StudyRunner {
    var runner = try StudyRunner(study, data(), folder: StudyFolder(folder))
    runner.featureFolder = nil
    return runner
  }

  /// Half of the runs taken away, as after a kill, and made again: the same report to the byte.
  @Test func aResumedStudyIsTheSame() throws {
    try withScratchFolder { folder in
      let (first, second) = ("\(folder)/first", "\(folder)/second")
      for path in [first, second] {
        let runner = try Self.runner(path)
        let records = try runner.run()
        try StudyReport(runner, records).write(runner, records)
      }
      let report = try TextFile.read(first + "/report.json", expected: "a report")
      #expect(try TextFile.read(second + "/report.json", expected: "a report") == report)

      let files = FileManager.default
      for (index, name) in try files.contentsOfDirectory(atPath: second + "/runs").sorted()
        .enumerated() where index % 2 == 0
      { try files.removeItem(atPath: second + "/runs/" + name) }
      try files.removeItem(atPath: second + "/report.json")
      let again = try Self.runner(second)
      #expect(throws: FiltersmithError.self) { try again.run() }
      let records = try again.run(resumes: true)
      try StudyReport(again, records).write(again, records)
      #expect(try TextFile.read(second + "/report.json", expected: "a report") == report)

      try Self.checkFiles(StudyFolder(first))
    }
  }

  private static func checkFiles(_ folder: StudyFolder) throws {
    let page = try TextFile.read(folder.page, expected: "a page")
    #expect(page.contains("<h2>What it shows</h2>"))
    // Nothing is fetched from elsewhere.
    #expect(!page.contains("http"))
    #expect(!page.contains("<script"))
    for name in ["accuracy", "training", "filters", "fits", "sensitivity", "confusions"] {
      _ = try Image(contentsOf: "\(folder.figures)/\(name).png")
      #expect(FileManager.default.fileExists(atPath: "\(folder.figures)/\(name).svg"))
    }
    // A model of the report answers by itself.
    let model = try TrainedModel(contentsOf: folder.model("started").path)
    let answer = try model.prediction(for: Tensor<Float>(repeating: 0.5, shape: [1, 16, 16]))
    #expect(answer.count == 8)
    let table = try TextFile.read(folder.runs, expected: "a table")
    #expect(table.split(separator: "\n").count == 1 + 4 * 2 * 2)
  }

  @Test func anotherStudyIsRefused() throws {
    try withScratchFolder { folder in
      let one = Study(arms: [Self.arms[0]], sizes: [16], seeds: 1)
      var other = one
      other.seeds = 2
      var runner = try StudyRunner(one, Self.data(), folder: StudyFolder(folder + "/s"))
      runner.featureFolder = nil
      _ = try runner.run()
      let second = try StudyRunner(other, Self.data(), folder: StudyFolder(folder + "/s"))
      #expect(throws: FiltersmithError.self) { try second.run(resumes: true) }
    }
  }

  @Test func tooManyImagesAreRefused() throws {
    let study = Study(arms: [Self.arms[0]], sizes: [5000], seeds: 1)
    #expect(throws: FiltersmithError.self) {
      try StudyRunner(study, Self.data(), folder: StudyFolder("nowhere"))
    }
  }

  /// Features from the disk are the ones that were computed.
  @Test func featuresAreKept() throws {
    try withScratchFolder { folder in
      let data = try Self.data()
      let networks = try ArmNetworks(Self.arms[0], input: [1, 16, 16], classes: 8, seed: 0)
      let fixed = try #require(networks.fixed)
      let cache = FeatureCache(folder: folder + "/features")
      func features() throws -> Tensor<Float> {
        try cache.features(
          of: data.test, fingerprint: 5, network: fixed, normalization: data.normalization)
      }
      let computed = try features()
      let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/features")
      #expect(files.count == 1)
      #expect(try features() == computed)
      // A damaged file is as good as none.
      try AtomicFile.write("nonsense", to: "\(folder)/features/\(files[0])")
      #expect(try features() == computed)
    }
  }

  /// Training patches and test patches come from places that share no pixel, and the seed decides.
  @Test func texturesAreRepeatable() throws {
    let patches = TexturePatches(
      extent: 16, trainingPerClass: 2, validationPerClass: 1, testPerClass: 1)
    let (first, second) = (try patches.datasets(), try patches.datasets())
    #expect(try first.training.allInputs() == second.training.allInputs())
    #expect(first.training.samplesPerClass == [Int](repeating: 2, count: 8))
    var other = patches
    other.seed = 8
    #expect(try first.training.allInputs() != other.datasets().training.allInputs())
    #expect(throws: FiltersmithError.self) { try TexturePatches(extent: 60).datasets() }
  }

  /// The documented study of MNIST is the experiment that it is to repeat.
  @Test func theStudyOfMNISTIsTheExperiment() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/studies/mnist.json").path
    let study = try Study(contentsOf: path)
    #expect(study.sizes.map { study.budget.epochs(size: $0) } == [100, 60, 30, 12, 12])
    #expect(study.budget.batch == 50 && study.budget.learningRate == 3e-3)
    for arm in study.arms {
      let networks = try ArmNetworks(arm, input: [1, 28, 28], classes: 10, seed: 0)
      #expect(networks.firstOutput == (arm.head == .linear ? [217, 4, 4] : [24, 14, 14]))
    }
  }

  /// Smaller training sets are parts of larger ones, and no image serves two ends.
  @Test func partsAreNested() throws {
    let data = try Self.data()
    let (small, large) = (data.parts(size: 16, seed: 1), data.parts(size: 40, seed: 1))
    #expect(Set(small.training).isSubset(of: Set(large.training)))
    #expect(small.training.count == 16 && Set(large.training).count == 40)
    #expect(data.parts(size: 16, seed: 2).training != small.training)
  }

  /// Two classes that every other feature tells apart, in the primal and the dual system.
  @Test(arguments: [(40, 3), (6, 30)])
  func ridgeSeparates(_ samples: Int, _ features: Int) throws {
    var source = RandomSource(seed: 1)
    func set(_ count: Int) -> (Tensor<Float>, [Int]) {
      let labels = (0..<count).map { $0 % 2 }
      let numbers = labels.flatMap { label in
        (0..<features).map { feature in
          Float(feature % 2 == 1 ? Double(2 * label - 1) * 3 : 0) + Float(0.3 * source.normal())
        }
      }
      return (
        Tensor(uninitialized: [count, features]) { _ = $0.initialize(from: numbers) }, labels
      )
    }
    let (training, labels) = set(samples)
    let (validation, others) = set(20)
    let classifier = try RidgeClassifier(
      training: training, labels: labels, validation: validation, validationLabels: others,
      classes: 2)
    #expect(classifier.validationAccuracy == 1)
  }
}
