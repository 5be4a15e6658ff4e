import DataFiles
import Foundation
import Networks
import Tensors

/// An arm's first stage with its features.
struct PreparedStage: Sendable {
  let networks: ArmNetworks
  /// The seed that it was made for.
  let seed: Int
  /// What is trained: on features, or on images where features would take too much memory.
  let network: Network
  /// The normalisation of the inputs of ``network``.
  let normalization: InputNormalization?
  /// The test images in the form ``network`` takes.
  let test: Dataset
  private let learning: Part
  private let choosing: Part

  /// Images of a set in the form the network takes, and the position of each of the set's.
  fileprivate struct Part: Sendable {
    let data: Dataset
    let places: [Int: Int]

    func subset(_ indices: [Int]) throws(FiltersmithError) -> Dataset {
      try data.subset(indices.compactMap { places[$0] })
    }
  }

  init(_ runner: StudyRunner, _ arm: Arm, seed: Int) throws(FiltersmithError) {
    let (study, data) = (runner.study, runner.data)
    networks = try ArmNetworks(
      arm, input: data.sampleShape, classes: data.training.classCount,
      windows: study.windows, seed: UInt64(seed))
    self.seed = seed
    // The largest sets of the seeds hold all smaller ones.
    let seeds = arm.first.dependsOnSeed ? seed..<seed + 1 : 0..<study.seeds
    var (training, validation) = (Set<Int>(), Set<Int>())
    for seed in seeds {
      let parts = data.parts(size: study.sizes.last ?? 0, seed: seed)
      training.formUnion(parts.training)
      validation.formUnion(parts.validation)
    }
    let count = training.count + validation.count + data.test.count
    let isAffordable =
      networks.fixed.map { 4 * count * $0.outputShapes[0].elementCount <= runner.featureLimit }
      ?? false
    // Augmented images have no features to keep.
    let isChanging = arm.head == .network && study.budget.augmentation != nil
    guard let fixed = networks.fixed, isAffordable, !isChanging else {
      network = networks.whole
      normalization = data.normalization
      test = data.test
      learning = try Part(data.training, training.sorted())
      choosing = try Part(data.validation, validation.sorted())
      return
    }
    network = networks.learned
    normalization = nil
    let cache = FeatureCache(folder: runner.featureFolder)
    func features(
      _ set: Dataset, _ name: String, _ indices: [Int]
    ) throws(FiltersmithError) -> Dataset {
      let chosen = try set.subset(indices)
      var key = Fingerprint()
      key.combine(data.fingerprint)
      key.combine(name)
      key.combine(indices)
      return try Dataset(
        images: try cache.features(
          of: chosen, fingerprint: key.value, network: fixed, normalization: data.normalization),
        labels: chosen.labels, classNames: chosen.classNames)
    }
    let (rows, others) = (training.sorted(), validation.sorted())
    learning = Part(features: try features(data.training, "training", rows), rows)
    choosing = Part(features: try features(data.validation, "validation", others), others)
    test = try features(data.test, "test", Array(0..<data.test.count))
  }

  /// Changed images in the form ``network`` takes.
  func changed(_ sensitivity: Sensitivity) throws(FiltersmithError) -> Sensitivity {
    guard let fixed = networks.fixed, normalization == nil else { return sensitivity }
    return try sensitivity.seen(through: fixed)
  }

  /// Training images.
  func training(_ indices: [Int]) throws(FiltersmithError) -> Dataset {
    try learning.subset(indices)
  }

  /// Validation images.
  func validation(_ indices: [Int]) throws(FiltersmithError) -> Dataset {
    try choosing.subset(indices)
  }

  /// The features of a set for a head that is solved for.
  ///
  /// - Throws: ``FiltersmithError`` when an image cannot be read.
  func inputs(_ set: Dataset) throws(FiltersmithError) -> Tensor<Float> {
    let images = try set.allInputs()
    guard let normalization else { return images }
    let normalized = try normalization.applied(to: images, channelAxis: 1)
    guard let fixed = networks.fixed else { return normalized }
    return try FeatureCache(folder: nil).features(
      of: set, fingerprint: 0, network: fixed, normalization: normalization)
  }
}

extension PreparedStage.Part {
  fileprivate init(_ set: Dataset, _ rows: [Int]) throws(FiltersmithError) {
    self.init(features: try set.subset(rows), rows)
  }

  fileprivate init(features: Dataset, _ rows: [Int]) {
    data = features
    places = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($1, $0) })
  }
}
