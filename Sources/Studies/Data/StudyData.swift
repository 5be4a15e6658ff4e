import Networks
import Tensors

/// The images of a study: training images, those for choices, and test images.
///
/// All arms see the same ones. Images for choosing epochs and constants are set aside once and never
/// trained on; the test images take no part in any choice.
public struct StudyData: Sendable {
  /// Its name in the report.
  public let name: String
  /// What was read, such as `IDX`.
  public let format: String
  /// Images that training sets are drawn from.
  public let training: Dataset
  /// Images for choices.
  public let validation: Dataset
  /// Images that the results are measured on.
  public let test: Dataset
  /// The normalisation of all images.
  public let normalization: InputNormalization
  /// Identifies these images.
  public let fingerprint: UInt64

  /// The shape of one image, `[channels, y, x]`.
  public var sampleShape: Shape { training.sampleShape }

  /// The data of a study.
  ///
  /// Without images for choices, a tenth of the training images is set aside, at most 1000; without
  /// test images, a fifth. Classes keep their proportions.
  ///
  /// - Throws: ``FiltersmithError`` when the task is not classification, the images are not
  ///   `[channels, y, x]`, or there are too few.
  public init(_ splits: DataSplits, name: String) throws(FiltersmithError) {
    try self.init(
      training: splits.training, validation: splits.validation, test: splits.test, name: name,
      format: splits.format)
  }

  /// The data of a study from sets in memory.
  ///
  /// - Throws: ``FiltersmithError`` as ``init(_:name:)`` does.
  public init(
    training all: Dataset, validation: Dataset? = nil, test: Dataset? = nil, name: String,
    format: String
  ) throws(FiltersmithError) {
    guard all.task == .classification, all.sampleShape.rank == 3, all.classCount >= 2 else {
      throw FiltersmithError(
        .argument,
        "a study compares arms at classifying images [channels, y, x]; \(name) is \(all)")
    }
    var training = all
    var test = test
    if test == nil {
      let (rest, aside) = try training.split(validation: 0.2, seed: 1)
      (training, test) = (rest, aside)
    }
    var validation = validation
    if validation == nil {
      let count = min(1000, training.count / 10)
      let (rest, aside) = try training.split(
        validation: Double(count) / Double(max(training.count, 1)), seed: 2)
      (training, validation) = (rest, aside)
    }
    guard let test, let validation, training.count >= 2 * all.classCount, validation.count > 0,
      test.count > 0
    else {
      throw FiltersmithError(
        .argument, "\(all.count) images are too few to train on, choose by and test on")
    }
    self.name = name
    self.format = format
    self.training = training
    self.validation = validation
    self.test = test
    normalization = try Self.normalization(of: training)
    var hash = Fingerprint()
    for part in [training, validation, test] {
      hash.combine(part.labels)
      hash.combine(try part.allInputs().elements)
    }
    fingerprint = hash.value
  }

  /// Images of classes as ``TexturePatches`` cuts them.
  public init(_ textures: TexturePatches) throws(FiltersmithError) {
    let (training, validation, test) = try textures.datasets()
    try self.init(
      training: training, validation: validation, test: test, name: "textures",
      format: "embedded textures")
  }

  /// Scales each channel to standard deviation 1 and shifts it to a mean of 0 along the images' border.
  ///
  /// Filters meet zeros beyond the border; so they meet there what images have along it, and no
  /// artificial edge.
  private static func normalization(
    of training: Dataset
  ) throws(FiltersmithError) -> InputNormalization {
    let overall = try InputNormalization(of: training)
    let (channels, rows, columns) = (
      training.sampleShape[0], training.sampleShape[1], training.sampleShape[2]
    )
    var sums = [Double](repeating: 0, count: channels)
    let sample = min(training.count, 2000)
    for index in 0..<sample {
      let input = try training.input(at: index * training.count / sample)
      for channel in 0..<channels {
        for row in 0..<rows {
          let isEdge = row == 0 || row == rows - 1
          for column in stride(from: 0, to: columns, by: isEdge ? 1 : max(columns - 1, 1)) {
            sums[channel] += Double(input[channel, row, column])
          }
        }
      }
    }
    let places = max(rows == 1 || columns == 1 ? rows * columns : 2 * (rows + columns) - 4, 1)
    return try InputNormalization(
      mean: sums.map { Float($0 / Double(sample * places)) }, deviation: overall.deviation)
  }

  /// The images that a run of a study trains on and chooses with.
  ///
  /// Smaller sets are subsets of larger ones of the same seed. A fifth as many as there are to train on
  /// serve for choices, at least 100 where there are that many.
  func parts(size: Int, seed: Int) -> (training: [Int], validation: [Int]) {
    let choosing = min(validation.count, max(100, size / 5))
    return (
      Array(training.stratifiedOrder(seed: UInt64(seed)).prefix(size)),
      Array(validation.stratifiedOrder(seed: UInt64(seed)).prefix(choosing))
    )
  }
}

/// A 64-bit number that identifies contents: FNV-1a over 8 bytes at a time.
struct Fingerprint: Sendable {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func combine(_ word: UInt64) {
    value = (value ^ word) &* 0x100_0000_01b3
    value ^= value >> 29
  }
  mutating func combine(_ numbers: [Int]) {
    combine(UInt64(numbers.count))
    for number in numbers { combine(UInt64(bitPattern: Int64(number))) }
  }
  mutating func combine(_ numbers: [Float]) {
    combine(UInt64(numbers.count))
    for number in numbers { combine(UInt64(number.bitPattern)) }
  }
  mutating func combine(_ text: String) {
    combine(Array(text.utf8).map { Int($0) })
  }
}
