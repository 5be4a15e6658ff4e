import Tensors

/// Samples to learn from: inputs and their targets.
///
/// A value whose samples lie in memory, or in files that are decoded when a batch needs them.
/// ``DataSplits`` reads one from files; ``subset(_:)`` and ``split(validation:seed:)`` choose from
/// one; ``DataLoader`` makes batches.
public struct Dataset: Sendable {
  enum Inputs: Sendable {
    /// `[samples, channels, spatial…]`.
    case floats(Tensor<Float>)
    /// `[samples, channels, spatial…]`, where 255 stands for 1.
    case bytes(Tensor<UInt8>)
    /// Each `[channels, spatial…]`.
    case files(DecodedFiles<Float>)
  }

  enum Targets: Sendable {
    /// One class per sample.
    case classes([Int])
    /// `[samples, spatial…]`.
    case labelMaps(Tensor<UInt8>)
    /// Each `[spatial…]`.
    case labelFiles(DecodedFiles<UInt8>)
    /// `[samples, values]`.
    case values(Tensor<Float>)
  }

  /// The shape of one input, `[channels, spatial…]`.
  public let sampleShape: Shape
  /// The names of the classes; empty for regression.
  public let classNames: [String]
  /// The numbers that stand for the classes in the label maps' files; 0, 1, 2 … otherwise.
  public var labelValues: [Int]
  /// The distances between pixels or voxels, one per spatial axis, where the files say.
  public var spacing: [Double]?

  let inputs: Inputs
  let targets: Targets
  /// Which of the stored samples belong to the set.
  var rows: [Int]

  init(
    inputs: Inputs, targets: Targets, sampleShape: Shape, count: Int, classNames: [String],
    labelValues: [Int]? = nil, spacing: [Double]? = nil
  ) {
    self.inputs = inputs
    self.targets = targets
    self.sampleShape = sampleShape
    self.classNames = classNames
    self.labelValues = labelValues ?? Array(classNames.indices)
    self.spacing = spacing
    rows = Array(0..<count)
  }

  /// Images with one class each.
  ///
  /// - Parameters:
  ///   - images: `[samples, channels, spatial…]`.
  ///   - labels: The class of each, from 0 up.
  ///   - classNames: The names of the classes; unless given, their numbers.
  /// - Throws: ``FiltersmithError`` when numbers of samples differ or a label has no name.
  public init(
    images: Tensor<Float>, labels: [Int], classNames: [String]? = nil
  ) throws(FiltersmithError) {
    try self.init(.floats(images), images.shape, labels: labels, classNames: classNames)
  }

  /// Images of bytes, where 255 stands for 1, with one class each.
  ///
  /// - Parameters:
  ///   - images: `[samples, channels, spatial…]`.
  ///   - labels: The class of each, from 0 up.
  ///   - classNames: The names of the classes; unless given, their numbers.
  /// - Throws: ``FiltersmithError`` when numbers of samples differ or a label has no name.
  public init(
    images: Tensor<UInt8>, labels: [Int], classNames: [String]? = nil
  ) throws(FiltersmithError) {
    try self.init(.bytes(images), images.shape, labels: labels, classNames: classNames)
  }

  init(
    _ inputs: Inputs, _ shape: Shape, labels: [Int], classNames: [String]?
  ) throws(FiltersmithError) {
    try Self.check(shape, samples: labels.count, "labels")
    let names = classNames ?? (0..<(labels.max() ?? -1) + 1).map(String.init)
    if let place = labels.firstIndex(where: { $0 < 0 || $0 >= names.count }) {
      throw FiltersmithError(
        .argument, "label \(labels[place]) of sample \(place) is not one of \(names.count) classes")
    }
    self.init(
      inputs: inputs, targets: .classes(labels), sampleShape: shape.removing(axis: 0),
      count: labels.count, classNames: names)
  }

  /// Images with a class for each pixel or voxel.
  ///
  /// - Parameters:
  ///   - images: `[samples, channels, spatial…]`.
  ///   - labelMaps: The classes, `[samples, spatial…]`.
  ///   - classNames: The names of the classes; unless given, their numbers.
  /// - Throws: ``FiltersmithError`` when the shapes do not fit or a label has no name.
  public init(
    images: Tensor<Float>, labelMaps: Tensor<UInt8>, classNames: [String]? = nil
  ) throws(FiltersmithError) {
    try Self.check(images.shape, samples: labelMaps.shape.first ?? 0, "label maps")
    guard Array(labelMaps.shape.dropFirst()) == Array(images.shape.dropFirst(2)) else {
      throw FiltersmithError(
        .shape, "label maps \(labelMaps.shape) do not have the extents of images \(images.shape)")
    }
    let classCount = Int(labelMaps.max() ?? 0) + 1
    let names = classNames ?? (0..<classCount).map(String.init)
    guard classCount <= names.count else {
      throw FiltersmithError(
        .argument, "label \(classCount - 1) of the label maps is not one of \(names.count) classes")
    }
    self.init(
      inputs: .floats(images), targets: .labelMaps(labelMaps),
      sampleShape: images.shape.removing(axis: 0), count: images.shape[0], classNames: names)
  }

  /// Images with values each.
  ///
  /// - Parameters:
  ///   - images: `[samples, channels, spatial…]`.
  ///   - values: `[samples, values]`.
  /// - Throws: ``FiltersmithError`` when the numbers of samples differ.
  public init(images: Tensor<Float>, values: Tensor<Float>) throws(FiltersmithError) {
    try self.init(.floats(images), images.shape, values: values)
  }

  init(_ inputs: Inputs, _ shape: Shape, values: Tensor<Float>) throws(FiltersmithError) {
    guard values.rank == 2 else {
      throw FiltersmithError(.shape, "values are [samples, values]; given \(values.shape)")
    }
    try Self.check(shape, samples: values.shape[0], "values")
    self.init(
      inputs: inputs, targets: .values(values), sampleShape: shape.removing(axis: 0),
      count: values.shape[0], classNames: [])
  }

  private static func check(
    _ shape: Shape, samples: Int, _ what: String
  ) throws(FiltersmithError) {
    guard (3...6).contains(shape.rank) else {
      throw FiltersmithError(
        .shape,
        "images are [samples, channels, spatial…] with 1 to 4 spatial axes; given \(shape)")
    }
    guard shape[0] == samples else {
      throw FiltersmithError(.shape, "\(shape[0]) images \(shape) and \(samples) \(what)")
    }
  }

  // MARK: Facts

  /// The number of samples.
  public var count: Int { rows.count }
  /// The number of classes; 0 for regression.
  public var classCount: Int { classNames.count }
  /// The shape of one target: `[]` for a class, `[spatial…]` for a label map, `[values]`.
  public var targetShape: Shape {
    switch targets {
    case .classes: []
    case .labelMaps, .labelFiles: sampleShape.removing(axis: 0)
    case .values(let values): [values.shape[1]]
    }
  }
  /// The task that the targets define.
  public var task: LearningTask {
    switch targets {
    case .classes: .classification
    case .labelMaps, .labelFiles: .segmentation
    case .values: .regression
    }
  }
  /// The class of each sample; empty unless the task is classification.
  public var labels: [Int] {
    guard case .classes(let labels) = targets else { return [] }
    return rows.map { labels[$0] }
  }
  /// How many samples each class has; empty unless the task is classification.
  public var samplesPerClass: [Int] {
    guard case .classes = targets else { return [] }
    return labels.reduce(into: [Int](repeating: 0, count: classCount)) { $0[$1] += 1 }
  }

  // MARK: Samples

  /// One input, `[channels, spatial…]`.
  ///
  /// - Throws: ``FiltersmithError`` when its file cannot be read or has changed.
  public func input(at index: Int) throws(FiltersmithError) -> Tensor<Float> {
    try Tensor(uninitialized: sampleShape) { target throws(FiltersmithError) in
      try writeInput(at: index, to: target)
    }
  }

  /// Writes one input to the given memory.
  func writeInput(
    at index: Int, to target: UnsafeMutableBufferPointer<Float>
  ) throws(FiltersmithError) {
    switch inputs {
    case .files(let files): try files.copy(rows[index], to: target)
    case .floats(let tensor): tensor.copy(part: rows[index], to: target)
    case .bytes(let tensor):
      tensor.withUnsafeElements { source in
        let start = rows[index] * target.count
        for place in target.indices {
          // A division, so that 255 is exactly 1.
          target.initializeElement(at: place, to: Float(source[start + place]) / 255)
        }
      }
    }
  }

  /// The class of each pixel or voxel of one sample, `[spatial…]`; `nil` unless the task is
  /// segmentation.
  ///
  /// - Throws: ``FiltersmithError`` when its file cannot be read or has changed.
  public func labelMap(at index: Int) throws(FiltersmithError) -> Tensor<UInt8>? {
    guard task == .segmentation else { return nil }
    return try Tensor(uninitialized: targetShape) { target throws(FiltersmithError) in
      try writeLabelMap(at: index, to: target)
    }
  }

  /// Writes the label map of one sample to the given memory, where the task is segmentation.
  func writeLabelMap(
    at index: Int, to target: UnsafeMutableBufferPointer<UInt8>
  ) throws(FiltersmithError) {
    switch targets {
    case .labelFiles(let files): try files.copy(rows[index], to: target)
    case .labelMaps(let maps): maps.copy(part: rows[index], to: target)
    case .classes, .values: break
    }
  }

  /// The values of one sample; `nil` unless the task is regression.
  public func values(at index: Int) -> [Float]? {
    guard case .values(let values) = targets else { return nil }
    let count = values.shape[1]
    return Array(values.elements[rows[index] * count..<(rows[index] + 1) * count])
  }

  /// All inputs, `[samples, channels, spatial…]`, decoded and in memory.
  ///
  /// - Throws: ``FiltersmithError`` when a file cannot be read or has changed.
  public func allInputs() throws(FiltersmithError) -> Tensor<Float> {
    let size = sampleShape.elementCount
    return try Tensor(uninitialized: Shape([count]) + sampleShape) {
      target throws(FiltersmithError) in
      for index in 0..<count {
        try writeInput(
          at: index,
          to: UnsafeMutableBufferPointer(rebasing: target[index * size..<(index + 1) * size]))
      }
    }
  }
}

extension Tensor {
  /// Copies the elements, or one of the parts as long as the target, to the given memory.
  func copy(part: Int = 0, to target: UnsafeMutableBufferPointer<Element>) {
    withUnsafeElements { source in
      _ = target.initialize(
        from: source[part * target.count..<(part + 1) * target.count])
    }
  }
}

extension Dataset: CustomStringConvertible {
  /// Task, number and shape of samples, and classes, such as
  /// `classification of 30000 samples [1, 28, 28] in 10 classes`.
  public var description: String {
    let classes = task == .regression ? "" : " in \(classCount) classes"
    return "\(task.rawValue) of \(count) samples \(sampleShape)\(classes)"
  }
}
