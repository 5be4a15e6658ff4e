import DataFiles
import Networks
import Tensors

/// A comparison of arms on the same images: which arms, with how many training images, how often,
/// and with how much training.
///
/// ```swift
/// let study = Study(arms: try Arm.named(["bank-cnn", "learned-cnn"]), sizes: [100, 1000], seeds: 3)
/// let data = try StudyData(try DataSplits(contentsOf: "fashion-mnist"), name: "Fashion-MNIST")
/// let results = try StudyRunner(study, data, folder: StudyFolder("report")).run()
/// ```
public struct Study: Sendable, Hashable, Codable {
  /// What is compared.
  public var arms: [Arm]
  /// The numbers of training images, each in turn.
  public var sizes: [Int]
  /// How often everything is repeated, each time with other training images and other initial weights.
  public var seeds: Int
  /// How much networks are trained.
  public var budget: Budget
  /// How many windows along each axis a linear head gets averages of: 7 for images of objects, whose
  /// parts have positions; 1 for textures, which are the same everywhere.
  public var windows: Int

  /// A study, by default of all arms.
  public init(
    arms: [Arm] = Arm.all, sizes: [Int] = [100, 300, 1000, 3000], seeds: Int = 5,
    budget: Budget = Budget(), windows: Int = 7
  ) {
    self.arms = arms
    self.sizes = sizes
    self.seeds = seeds
    self.budget = budget
    self.windows = windows
  }

  /// Reads a study; what is omitted has its default value.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    arms = try values.decodeIfPresent([Arm].self, forKey: .arms) ?? arms
    sizes = try values.decodeIfPresent([Int].self, forKey: .sizes) ?? sizes
    seeds = try values.decodeIfPresent(Int.self, forKey: .seeds) ?? seeds
    budget = try values.decodeIfPresent(Budget.self, forKey: .budget) ?? budget
    windows = try values.decodeIfPresent(Int.self, forKey: .windows) ?? windows
  }

  /// A study from a JSON file: an object with any of `arms`, `sizes`, `seeds`, `budget` and
  /// `windows`, or the `study.json` of a report.
  ///
  /// - Throws: ``FiltersmithError`` that names the file and what is wrong.
  public init(contentsOf path: String) throws(FiltersmithError) {
    struct Inside: Decodable { let study: Study? }
    let text = try TextFile.read(path, expected: "a study's JSON file")
    if let study = try JSONFile.value(Inside.self, from: text, name: path).study {
      self = study
    } else {
      self = try JSONFile.value(Study.self, from: text, name: path)
    }
    try check()
  }

  /// The study that runs on ``TexturePatches`` in about a minute and a half.
  public static let textures = Study(
    sizes: [40, 160, 480], seeds: 3,
    budget: Budget(samplesSeen: 1600, leastEpochs: 4, mostEpochs: 16, batch: 25),
    windows: 1)

  /// Checks the study on its own.
  ///
  /// - Throws: ``FiltersmithError`` that names what is out of range or occurs twice.
  public func check() throws(FiltersmithError) {
    guard !arms.isEmpty else {
      throw FiltersmithError(.argument, "a study has at least one arm; none were given")
    }
    guard Set(arms.map(\.name)).count == arms.count else {
      throw FiltersmithError(
        .argument, "the arms \(arms.map(\.name).joined(separator: ", ")) are not all different")
    }
    for arm in arms { try arm.check() }
    guard !sizes.isEmpty, sizes.allSatisfy({ $0 > 1 }), Set(sizes).count == sizes.count,
      sizes == sizes.sorted()
    else {
      throw FiltersmithError(
        .argument,
        "the sizes \(sizes) are not different numbers of images above 1, the smallest first")
    }
    guard (1...1000).contains(seeds) else {
      throw FiltersmithError(.argument, "\(seeds) seeds; 1 to 1000 were expected")
    }
    guard (1...64).contains(windows) else {
      throw FiltersmithError(
        .argument, "\(windows) windows along each axis before a linear head; 1 to 64 were expected")
    }
    try budget.check()
  }
}

/// How much the networks of a study are trained: the same for every arm.
public struct Budget: Sendable, Hashable, Codable {
  /// How many images a network sees in training, repetitions included, as far as the bounds of the epochs
  /// allow.
  public var samplesSeen: Int
  /// The fewest epochs.
  public var leastEpochs: Int
  /// The most epochs.
  public var mostEpochs: Int
  /// Images per step.
  public var batch: Int
  /// The largest learning rate of Adam on a one-cycle schedule.
  public var learningRate: Double
  /// Random changes of networks' training images; linear heads see the images unchanged.
  public var augmentation: Augmentation?
  /// The decay per step of an average of the weights; `nil` for none.
  public var averaging: Double?

  /// 60,000 images in 12 to 100 epochs, in batches of 50, at 3·10⁻³, by default.
  public init(
    samplesSeen: Int = 60_000, leastEpochs: Int = 12, mostEpochs: Int = 100, batch: Int = 50,
    learningRate: Double = 3e-3, augmentation: Augmentation? = nil, averaging: Double? = nil
  ) {
    self.samplesSeen = samplesSeen
    self.leastEpochs = leastEpochs
    self.mostEpochs = mostEpochs
    self.batch = batch
    self.learningRate = learningRate
    self.augmentation = augmentation
    self.averaging = averaging
  }

  private enum CodingKeys: String, CodingKey {
    case samplesSeen, leastEpochs, mostEpochs, batch, learningRate, augmentation, averaging
  }

  /// Reads a budget; what is omitted has its default value.
  ///
  /// Augmentation is text, such as `flip=x,shift=0.1`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    samplesSeen = try values.decodeIfPresent(Int.self, forKey: .samplesSeen) ?? samplesSeen
    leastEpochs = try values.decodeIfPresent(Int.self, forKey: .leastEpochs) ?? leastEpochs
    mostEpochs = try values.decodeIfPresent(Int.self, forKey: .mostEpochs) ?? mostEpochs
    batch = try values.decodeIfPresent(Int.self, forKey: .batch) ?? batch
    learningRate = try values.decodeIfPresent(Double.self, forKey: .learningRate) ?? learningRate
    averaging = try values.decodeIfPresent(Double.self, forKey: .averaging)
    if let text = try values.decodeIfPresent(String.self, forKey: .augmentation) {
      do {
        augmentation = try Augmentation(parsing: text)
      } catch {
        throw DecodingError.dataCorruptedError(
          forKey: .augmentation, in: values, debugDescription: error.message)
      }
    }
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(samplesSeen, forKey: .samplesSeen)
    try values.encode(leastEpochs, forKey: .leastEpochs)
    try values.encode(mostEpochs, forKey: .mostEpochs)
    try values.encode(batch, forKey: .batch)
    try values.encode(learningRate, forKey: .learningRate)
    try values.encodeIfPresent(augmentation?.description, forKey: .augmentation)
    try values.encodeIfPresent(averaging, forKey: .averaging)
  }

  /// The epochs for a number of training images.
  public func epochs(size: Int) -> Int {
    min(max(samplesSeen / max(size, 1), leastEpochs), mostEpochs)
  }

  func check() throws(FiltersmithError) {
    guard samplesSeen > 0, leastEpochs > 0, mostEpochs >= leastEpochs, batch > 0,
      learningRate > 0, learningRate.isFinite
    else {
      throw FiltersmithError(
        .argument,
        "the budget \(self) does not hold positive numbers with leastEpochs up to mostEpochs")
    }
    if let averaging, !(averaging > 0 && averaging < 1) {
      throw FiltersmithError(
        .argument, "the budget's averaging is \(averaging); a number between 0 and 1 was expected")
    }
    try augmentation?.validate()
  }
}
