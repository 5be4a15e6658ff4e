import Tensors

/// A file of labelled 32 × 32 colour images in the binary format of CIFAR-10 and CIFAR-100.
///
/// A record of CIFAR-10 is a label and 3,072 samples, 3,073 bytes; one of CIFAR-100 a coarse label, a
/// fine label and the samples, 3,074 bytes. Samples are planes of red, green and blue, row by row.
///
/// Source: Krizhevsky, *The CIFAR-10 and CIFAR-100 data sets*.
public struct CIFARFile: Sendable, Hashable {
  /// Which of the two formats.
  public enum Variant: String, Sendable, Hashable, CaseIterable {
    /// Ten classes, one label per image.
    case cifar10
    /// A hundred classes in twenty groups, two labels per image.
    case cifar100

    /// Bytes before the samples of a record.
    var labelCount: Int { self == .cifar10 ? 1 : 2 }
    /// Bytes per record.
    var recordByteCount: Int { labelCount + CIFARFile.sampleCount }
    /// How many classes each label has.
    var classCounts: [Int] { self == .cifar10 ? [10] : [20, 100] }
  }

  /// Samples per image.
  static let sampleCount = 3 * 32 * 32

  /// Which of the two formats the file has.
  public let variant: Variant
  /// The samples, `[image, channel, y, x]` with 3 × 32 × 32 samples per image.
  public let images: Tensor<UInt8>
  /// The class of each image; the fine one in CIFAR-100.
  public let labels: [Int]
  /// The group of classes of each image in CIFAR-100; empty in CIFAR-10.
  public let coarseLabels: [Int]

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - variant: Which format it has; by default the one whose records fill it exactly and whose
  ///     labels are all in range.
  /// - Throws: ``FiltersmithError`` of kind `file` when it cannot be read, `format` when it is not
  ///   whole or holds a label out of range, `limit` when memory cannot hold it.
  public init(contentsOf path: String, variant: Variant? = nil) throws(FiltersmithError) {
    let file = try InputFile(path, expected: "a CIFAR binary file")
    try self.init(bytes: try file.allBytes(), variant: variant, name: path)
  }

  /// Reads a file in memory; see ``init(contentsOf:variant:)``.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` when it is not whole or holds a label out of
  ///   range.
  public init(
    bytes: [UInt8], variant: Variant? = nil, name: String = "the CIFAR data"
  ) throws(FiltersmithError) {
    let fitting = (variant.map { [$0] } ?? Variant.allCases).filter {
      !bytes.isEmpty && bytes.count % $0.recordByteCount == 0
    }
    guard let first = fitting.first else {
      let sizes = (variant.map { [$0] } ?? Variant.allCases).map { String($0.recordByteCount) }
      throw FiltersmithError(
        .format,
        "\(name) is not a whole CIFAR binary file: it has \(bytes.count) bytes, which are not records "
          + "of \(sizes.joined(separator: " or ")) bytes")
    }
    // If the size fits both formats, the labels decide.
    let chosen = fitting.first { Self.firstBadLabel(bytes, $0) == nil } ?? first
    if let place = Self.firstBadLabel(bytes, chosen) {
      let classes = chosen.classCounts[place % chosen.recordByteCount]
      throw FiltersmithError(
        .format,
        "\(name) is damaged: the label \(bytes[place]) at byte \(place) is not one of \(classes) "
          + "classes")
    }
    let record = chosen.recordByteCount
    let count = bytes.count / record
    self.variant = chosen
    images = Tensor(uninitialized: [count, 3, 32, 32]) { target in
      for image in 0..<count {
        let start = image * record + chosen.labelCount
        _ = target[(image * Self.sampleCount)...].prefix(Self.sampleCount)
          .initialize(from: bytes[start..<start + Self.sampleCount])
      }
    }
    labels = (0..<count).map { Int(bytes[$0 * record + chosen.labelCount - 1]) }
    coarseLabels = chosen == .cifar10 ? [] : (0..<count).map { Int(bytes[$0 * record]) }
  }

  private static func firstBadLabel(_ bytes: [UInt8], _ variant: Variant) -> Int? {
    for start in stride(from: 0, to: bytes.count, by: variant.recordByteCount) {
      for (offset, classes) in variant.classCounts.enumerated()
      where bytes[start + offset] >= classes {
        return start + offset
      }
    }
    return nil
  }

  /// The names of the classes of CIFAR-10, in the order of its labels.
  public static let cifar10ClassNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  /// The class names in a text file, one per line, such as `batches.meta.txt` or
  /// `fine_label_names.txt`.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when it cannot be read, `format` when it is not
  ///   text.
  public static func classNames(contentsOf path: String) throws(FiltersmithError) -> [String] {
    try TextFile.read(path, expected: "a list of class names").split(whereSeparator: \.isNewline)
      .map { $0.trimming(while: \.isWhitespace) }.filter { !$0.isEmpty }
  }
}

extension Substring {
  /// The text without such characters at its ends.
  fileprivate func trimming(while matches: (Character) -> Bool) -> String {
    let front = drop(while: matches)
    guard let last = front.lastIndex(where: { !matches($0) }) else { return "" }
    return String(front[...last])
  }
}
