import FilterDesign
import Networks
import Tensors

/// What a study showed: all numbers of its report except the times, which differ from run to run.
///
/// The same study on the same images gives the same report, whether it was interrupted or not.
public struct StudyReport: Sendable, Hashable, Codable {
  /// The images of a study, counted.
  public struct Images: Sendable, Hashable, Codable {
    /// The name of the data.
    public let name: String
    /// How they were read.
    public let format: String
    /// `[channels, y, x]`.
    public let shape: Shape
    /// The classes' names.
    public let classNames: [String]
    /// Images available for training, for choices and for tests.
    public let training: Int
    /// Images set aside for choices.
    public let validation: Int
    /// Test images.
    public let test: Int
    /// The class of each test image.
    public let testLabels: [Int]
    /// The fraction of the test images in the most frequent class: the accuracy of guessing.
    public let chance: Double
  }

  /// What an arm is made of.
  public struct ArmFacts: Sendable, Hashable, Codable {
    /// The arm.
    public let arm: Arm
    /// Channels of the first stage, before pooling.
    public let firstChannels: Int
    /// What the first stage passes to the head, `[channels, y, x]`.
    public let firstOutput: Shape
    /// Learned parameters of the first stage.
    public let firstParameters: Int
    /// Learned parameters of the head.
    public let headParameters: Int
    /// Multiply-adds per image in the fixed filters.
    public let fixedMultiplyAdds: Int
    /// Multiply-adds per image in the whole arm.
    public let multiplyAdds: Int
    /// The head's layers, in one line.
    public let head: String
  }

  /// The accuracies of one arm with one number of training images.
  public struct Cell: Sendable, Hashable, Codable {
    /// The arm's name.
    public let arm: String
    /// Training images.
    public let size: Int
    /// The test accuracy over the seeds.
    public let accuracy: Estimate
    /// The validation accuracy over the seeds.
    public let validationAccuracy: Estimate
  }

  /// How robust one arm is to one change of the images.
  public struct SensitivityCell: Sendable, Hashable, Codable {
    /// The arm's name.
    public let arm: String
    /// How the images were changed.
    public let change: Sensitivity.Change
    /// By how much.
    public let amount: Double
    /// The accuracy over the seeds.
    public let accuracy: Estimate
  }

  /// What was compared.
  public let study: Study
  /// On which images.
  public let images: Images
  /// The arms, in the study's order.
  public let arms: [ArmFacts]
  /// Arm by arm, size by size.
  public let cells: [Cell]
  /// All pairs of arms, size by size.
  public let tests: [PairedTest]
  /// Arm by arm, with the most training images.
  public let sensitivity: [SensitivityCell]
  /// The first layers that were learned, with the most images and the first seed.
  public let filters: [FilterAnalysis]
  /// The same measures of random filters, for comparison; `nil` where no layer was learned.
  public let randomFilters: FilterAnalysis?
  /// For each arm the confusion with the most images, summed over the seeds: row label, column prediction.
  public let confusions: [String: [[Int]]]
  /// For each arm the worst mistakes with the most images and the first seed.
  public let mistakes: [String: [RunRecord.Mistake]]
  /// What the numbers say, in sentences.
  public internal(set) var findings: [String] = []

  /// The cell of an arm and a size.
  public func cell(_ arm: String, _ size: Int) -> Cell? {
    cells.first { $0.arm == arm && $0.size == size }
  }

  /// The test of two arms, first minus second; `nil` where it was not made.
  public func test(_ first: String, _ second: String, _ size: Int) -> PairedTest? {
    tests.first { $0.first == first && $0.second == second && $0.size == size }
      ?? tests.first { $0.first == second && $0.second == first && $0.size == size }?.reversed
  }

  /// The arm with a name.
  public func arm(_ name: String) -> Arm? { study.arms.first { $0.name == name } }
}

extension StudyReport {
  /// Gathers a study's runs.
  ///
  /// - Parameters:
  ///   - runner: The study.
  ///   - records: All its runs.
  /// - Throws: ``FiltersmithError`` when a run is missing, or a filter cannot be analysed.
  public init(_ runner: StudyRunner, _ records: [RunRecord]) throws(FiltersmithError) {
    let (study, data) = (runner.study, runner.data)
    self.study = study
    let labels = data.test.labels
    images = Images(
      name: data.name, format: data.format, shape: data.sampleShape,
      classNames: data.training.classNames, training: data.training.count,
      validation: data.validation.count, test: data.test.count, testLabels: labels,
      chance: Double(data.test.samplesPerClass.max() ?? 0) / Double(max(labels.count, 1)))
    var facts: [ArmFacts] = []
    for arm in study.arms { facts.append(try ArmFacts(arm, data, windows: study.windows)) }
    arms = facts
    func runs(_ arm: String, _ size: Int) -> [RunRecord] {
      records.filter { $0.arm == arm && $0.size == size }.sorted { $0.seed < $1.seed }
    }
    guard
      study.arms.allSatisfy({ arm in
        study.sizes.allSatisfy { runs(arm.name, $0).count == study.seeds }
      })
    else {
      throw FiltersmithError(.argument, "the study is not done: runs are missing")
    }
    var (cells, tests): ([Cell], [PairedTest]) = ([], [])
    for arm in study.arms {
      for size in study.sizes {
        let some = runs(arm.name, size)
        cells.append(
          Cell(
            arm: arm.name, size: size, accuracy: Estimate(some.map(\.accuracy)),
            validationAccuracy: Estimate(some.map(\.validationAccuracy))))
      }
    }
    for size in study.sizes {
      let hits = study.arms.map { arm in
        runs(arm.name, size).map { run in zip(run.answers, labels).map { $0 == $1 } }
      }
      let blocks = SeedBlocks(study.arms.map { runs($0.name, size).map(\.accuracy) })
      var ofSize: [PairedTest] = []
      for first in study.arms.indices {
        for second in study.arms.indices where second > first {
          ofSize.append(
            PairedTest(
              study.arms[first].name, study.arms[second].name, size: size, hits[first],
              hits[second], blocks))
        }
      }
      tests += PairedTest.corrected(ofSize)
    }
    self.cells = cells
    self.tests = tests
    let largest = study.sizes.last ?? 0
    var (confusions, mistakes): ([String: [[Int]]], [String: [RunRecord.Mistake]]) = ([:], [:])
    var changes: [SensitivityCell] = []
    let classes = data.training.classCount
    for arm in study.arms {
      let some = runs(arm.name, largest)
      var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
      for run in some {
        for (label, answer) in zip(labels, run.answers) { confusion[label][answer] += 1 }
      }
      confusions[arm.name] = confusion
      mistakes[arm.name] = some.first?.mistakes ?? []
      for (index, result) in (some.first?.sensitivity ?? []).enumerated() {
        changes.append(
          SensitivityCell(
            arm: arm.name, change: result.change, amount: result.amount,
            accuracy: Estimate(
              some.compactMap {
                $0.sensitivity.indices.contains(index) ? $0.sensitivity[index].accuracy : nil
              })))
      }
    }
    self.confusions = confusions
    self.mistakes = mistakes
    sensitivity = changes
    (filters, randomFilters) = try Self.analyses(runner)
    findings = Findings(self).sentences
  }

  /// The first layers of the kept models, and random ones, compared with the designed bank.
  private static func analyses(
    _ runner: StudyRunner
  ) throws(FiltersmithError) -> ([FilterAnalysis], FilterAnalysis?) {
    let (study, data) = (runner.study, runner.data)
    guard let source = study.designedBank else { return ([], nil) }
    let channels = data.sampleShape[0]
    let designed = try source.kernels(channels: channels)
    guard designed.shape[2] == designed.shape[3], designed.shape[2] % 2 == 1 else {
      return ([], nil)
    }
    var exponent = 2.0
    if case .quadrature(let set) = source { exponent = set.angularExponent }
    var family: QuadratureFamily?
    var analyses: [FilterAnalysis] = []
    for arm in study.arms {
      let layer = try LearnedLayer(arm, runner.folder, channels: channels)
      guard let layer, layer.kernels.shape[2] == designed.shape[2] else { continue }
      let own: QuadratureFamily
      if let family {
        own = family
      } else {
        own = try QuadratureFamily(support: designed.shape[2], angularExponent: exponent)
        family = own
      }
      analyses.append(
        try FilterAnalysis(
          arm: arm.name, kernels: layer.kernels, designed: designed, start: layer.start,
          family: own))
    }
    guard let family, let first = analyses.first else { return ([], nil) }
    let random = RandomFilters(pairs: first.kernels.count / 2, support: designed.shape[2])
    return (
      analyses,
      try FilterAnalysis(
        arm: "random filters", kernels: random.kernels(channels: channels, seed: 0),
        designed: designed, start: nil, family: family)
    )
  }
}

extension Study {
  /// The bank that learned filters are compared with: the first one of an arm, or else the default one.
  public var designedBank: BankSource? {
    for arm in arms {
      switch arm.first {
      case .bank(let source), .started(let source): return source
      default: continue
      }
    }
    return .quadrature(QuadratureSet())
  }
}

extension StudyReport.ArmFacts {
  init(_ arm: Arm, _ data: StudyData, windows: Int) throws(FiltersmithError) {
    let networks = try ArmNetworks(
      arm, input: data.sampleShape, classes: data.training.classCount, windows: windows, seed: 0)
    self.arm = arm
    firstOutput = networks.firstOutput
    firstChannels = networks.firstOutput[0]
    let parameters = networks.whole.parameters.filter(\.isTrainable)
    func count(_ prefix: String) -> Int {
      parameters.reduce(0) {
        $0 + ($1.name.hasPrefix(prefix) ? $1.description.shape.elementCount : 0)
      }
    }
    firstParameters = count("first.")
    headParameters = count("head.")
    fixedMultiplyAdds = networks.fixed?.multiplyAdds ?? 0
    multiplyAdds = networks.whole.multiplyAdds
    head = networks.whole.nodes.filter { $0.name.hasPrefix("head.") }.map { node in
      let shape = networks.whole.shapes[node.name].map { "\($0)" } ?? ""
      return "\(type(of: node.layer).kind) \(shape)"
    }.joined(separator: ", ")
  }
}

extension PairedTest {
  /// The same test with the two arms exchanged.
  var reversed: PairedTest {
    PairedTest(
      first: second, second: first, size: size,
      difference: Estimate(difference.values.map { -$0 }), seedProbability: seedProbability,
      imageProbability: imageProbability, probability: probability)
  }
}
