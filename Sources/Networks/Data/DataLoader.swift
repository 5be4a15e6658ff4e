import Tensors

/// Makes batches of a data set: in a given order, augmented and normalised.
///
/// A value: a batch depends only on the seed, the epoch and its index, so a run can continue at any
/// batch, and the bits depend neither on the number of threads nor on what was made before.
///
/// ```swift
/// let loader = try DataLoader(splits.training, batch: 64, seed: 0, normalization: normalization)
/// for epoch in 0..<5 {
///   let batches = loader.batches(epoch: epoch)
///   while let batch = try batches.next() { … }
/// }
/// ```
public struct DataLoader: Sendable {
  /// Where the samples come from.
  public let dataset: Dataset
  /// Samples per batch; the last of an epoch may have fewer.
  public let batch: Int
  /// Determines the order and the changes.
  public let seed: UInt64
  /// Whether each epoch has its own random order.
  public let shuffles: Bool
  /// Whether samples that do not fill a batch are left out of an epoch.
  public let dropsIncomplete: Bool
  /// Random changes, if any.
  public let augmentation: Augmentation?
  /// How the inputs are normalised at the end, if at all.
  public let normalization: InputNormalization?

  /// A loader; see ``init(evaluating:batch:normalization:)`` for one without any randomness.
  ///
  /// - Parameters:
  ///   - dataset: Where the samples come from.
  ///   - batch: Samples per batch.
  ///   - seed: Determines the order and the changes.
  ///   - shuffles: Whether each epoch has its own random order.
  ///   - dropsIncomplete: Whether samples that do not fill a batch are left out.
  ///   - augmentation: Random changes, if any.
  ///   - normalization: How the inputs are normalised at the end, if at all.
  /// - Throws: ``FiltersmithError`` of kind `argument` for an empty set, a batch of no samples, or
  ///   changes and normalisations that do not fit.
  public init(
    _ dataset: Dataset, batch: Int, seed: UInt64, shuffles: Bool = true,
    dropsIncomplete: Bool = false, augmentation: Augmentation? = nil,
    normalization: InputNormalization? = nil
  ) throws(FiltersmithError) {
    guard batch > 0, dataset.count > 0 else {
      throw FiltersmithError(
        .argument, "batches of \(batch) from \(dataset.count) samples; both must be 1 or more")
    }
    guard !dropsIncomplete || batch <= dataset.count else {
      throw FiltersmithError(
        .argument, "\(dataset.count) samples do not fill one batch of \(batch)")
    }
    let channels = dataset.sampleShape[0]
    guard normalization.map({ $0.mean.count == channels }) ?? true else {
      throw FiltersmithError(
        .shape,
        "samples have \(channels) channels; the normalisation has \(normalization?.mean.count ?? 0)"
      )
    }
    try augmentation?.validate()
    self.dataset = dataset
    self.batch = batch
    self.seed = seed
    self.shuffles = shuffles
    self.dropsIncomplete = dropsIncomplete
    self.augmentation = augmentation.flatMap { $0.isIdentity ? nil : $0 }
    self.normalization = normalization
  }

  /// A loader of all samples in their order, unchanged except for normalisation: for evaluation.
  ///
  /// - Throws: ``FiltersmithError`` of kind `argument` for an empty set or a batch of no samples.
  public init(
    evaluating dataset: Dataset, batch: Int, normalization: InputNormalization? = nil
  ) throws(FiltersmithError) {
    try self.init(
      dataset, batch: batch, seed: 0, shuffles: false, normalization: normalization)
  }

  /// Batches per epoch.
  public var batchCount: Int {
    dropsIncomplete ? dataset.count / batch : (dataset.count + batch - 1) / batch
  }

  /// The order of the samples in an epoch.
  public func order(epoch: Int) -> [Int] {
    var order = Array(0..<dataset.count)
    if shuffles {
      var source = RandomSource(seed: seed).split(0).split(epoch)
      source.shuffle(&order)
    }
    return order
  }

  /// One batch of an epoch: the same whenever it is made.
  ///
  /// - Throws: ``FiltersmithError`` of kind `argument` for an index out of range; also when a
  ///   file cannot be read or has changed.
  public func batch(epoch: Int, index: Int) throws(FiltersmithError) -> Batch {
    try batch(epoch: epoch, index: index, order: order(epoch: epoch))
  }

  /// The batches of an epoch from a given one on, made in the background a few ahead of their use.
  ///
  /// - Parameters:
  ///   - epoch: Which epoch.
  ///   - first: The first batch, to continue where a run was stopped.
  ///   - ahead: How many are made ahead; each is one piece of work for one thread.
  public func batches(epoch: Int, from first: Int = 0, ahead: Int = 2) -> BatchStream {
    let order = order(epoch: epoch)
    return BatchStream(first..<max(batchCount, first), ahead: ahead) {
      index throws(FiltersmithError) in
      try batch(epoch: epoch, index: index, order: order)
    }
  }

  private func batch(
    epoch: Int, index: Int, order: [Int]
  ) throws(FiltersmithError) -> Batch {
    guard (0..<batchCount).contains(index) else {
      throw FiltersmithError(.argument, "batch \(index) of an epoch that has \(batchCount)")
    }
    let samples = Array(order[index * self.batch..<min((index + 1) * self.batch, order.count)])
    let (size, mapSize) = (dataset.sampleShape.elementCount, dataset.targetShape.elementCount)
    let isSegmentation = dataset.task == .segmentation
    var labelMaps = Tensor<UInt8>(
      zeros: isSegmentation ? Shape([samples.count]) + dataset.targetShape : [0])
    // Every sample is written to its place in the batch, and changed there.
    let inputs = try labelMaps.withUnsafeMutableElements { maps throws(FiltersmithError) in
      try Tensor<Float>(uninitialized: Shape([samples.count]) + dataset.sampleShape) {
        target throws(FiltersmithError) in
        for (place, sample) in samples.enumerated() {
          try write(
            sample, epoch: epoch,
            to: UnsafeMutableBufferPointer(rebasing: target[place * size..<(place + 1) * size]),
            isSegmentation
              ? UnsafeMutableBufferPointer(rebasing: maps[place * mapSize..<(place + 1) * mapSize])
              : nil)
        }
      }
    }
    let targets: Batch.Targets
    switch dataset.task {
    case .classification: targets = .classes(dataset.labels(at: samples))
    case .segmentation: targets = .labelMaps(labelMaps)
    case .regression:
      let values = samples.flatMap { dataset.values(at: $0) ?? [] }
      targets = .values(
        try Tensor(shape: Shape([samples.count]) + dataset.targetShape, elements: values))
    }
    return Batch(inputs: inputs, targets: targets, samples: samples)
  }

  /// Writes one input, changed and normalised, and its label map to memory for them.
  private func write(
    _ sample: Int, epoch: Int, to target: UnsafeMutableBufferPointer<Float>,
    _ map: UnsafeMutableBufferPointer<UInt8>?
  ) throws(FiltersmithError) {
    if let augmentation {
      // Each sample has its own source, whichever batch and thread it is assigned to.
      var source = RandomSource(seed: seed).split(1).split(epoch).split(sample)
      let (input, labels) = try augmentation.applied(
        to: try dataset.input(at: sample), labels: try dataset.labelMap(at: sample),
        spacing: dataset.spacing, using: &source)
      input.copy(to: target)
      if let map { labels?.copy(to: map) }
    } else {
      try dataset.writeInput(at: sample, to: target)
      if let map { try dataset.writeLabelMap(at: sample, to: map) }
    }
    normalization?.apply(to: target)
  }
}

extension Dataset {
  /// The classes of some samples.
  fileprivate func labels(at samples: [Int]) -> [Int] {
    guard case .classes(let labels) = targets else { return [] }
    return samples.map { labels[rows[$0]] }
  }
}
