import Foundation
import Networks
import Tensors

/// How robust an arm is when images are rotated, noisy or of lower contrast after training.
public struct Sensitivity: Sendable {
  /// How images are changed.
  public enum Change: String, Sendable, Hashable, Codable, CaseIterable {
    /// Rotated about their centre, by an angle in degrees.
    case rotation
    /// Normal noise added, with a standard deviation relative to the images' own.
    case noise
    /// Contrast about each image's mean multiplied by a factor.
    case contrast

    /// The amounts tried, beginning with the one that changes nothing.
    public var amounts: [Double] {
      switch self {
      case .rotation: [0, 5, 10, 20, 30, 45]
      case .noise: [0, 0.1, 0.2, 0.4, 0.8]
      case .contrast: [1, 0.75, 0.5, 0.25]
      }
    }
  }

  /// The accuracy under one change.
  public struct Result: Sendable, Hashable, Codable {
    /// How the images were changed.
    public let change: Change
    /// By how much.
    public let amount: Double
    /// The fraction of them classified correctly.
    public let accuracy: Double
  }

  /// The images, normalised and changed, by change and amount.
  private let sets: [(change: Change, amount: Double, data: Dataset)]

  /// Changed copies of half of the test images, 200 to 500, the same for every arm.
  ///
  /// - Throws: ``FiltersmithError`` when an image cannot be read.
  init(_ data: StudyData) throws(FiltersmithError) {
    let limit = min(max(data.test.count / 2, 200), 500)
    let order = data.test.stratifiedOrder(seed: 3).prefix(limit)
    let chosen = try data.test.subset(order)
    let images = try data.normalization.applied(to: try chosen.allInputs(), channelAxis: 1)
    var sets: [(change: Change, amount: Double, data: Dataset)] = []
    for change in Change.allCases {
      for amount in change.amounts {
        let random = RandomSource(seed: 4)
        var changed: [Tensor<Float>] = []
        for index in 0..<images.shape[0] {
          changed.append(
            try Self.changed(
              images.selected(axis: 0, at: index), change, amount, random.split(index)))
        }
        sets.append(
          (
            change, amount,
            try Dataset(
              images: try .stacked(changed), labels: chosen.labels, classNames: chosen.classNames)
          ))
      }
    }
    self.sets = sets
  }

  private init(sets: [(change: Change, amount: Double, data: Dataset)]) { self.sets = sets }

  /// The same changed images as a fixed network passes them on: computed once for everything after it.
  ///
  /// - Throws: ``FiltersmithError`` when the network does not fit.
  func seen(through fixed: Network) throws(FiltersmithError) -> Sensitivity {
    let cache = FeatureCache(folder: nil)
    var seen: [(change: Change, amount: Double, data: Dataset)] = []
    for (change, amount, data) in sets {
      if amount == change.amounts[0], let first = seen.first {
        seen.append((change, amount, first.data))
        continue
      }
      let features = try cache.features(
        of: data, fingerprint: 0, network: fixed, normalization: nil)
      seen.append(
        (
          change, amount,
          try Dataset(images: features, labels: data.labels, classNames: data.classNames)
        ))
    }
    return Sensitivity(sets: seen)
  }

  /// The accuracies of a network whose inputs are normalised images.
  ///
  /// - Throws: ``FiltersmithError`` when the network does not fit.
  func results(
    of network: Network, _ weights: Weights<Float>
  ) throws(FiltersmithError) -> [Result] {
    var results: [Result] = []
    for (change, amount, data) in sets {
      // The change that changes nothing needs to be run only once.
      let accuracy =
        amount == change.amounts[0] && !results.isEmpty
        ? results[0].accuracy
        : try Evaluation(of: network, weights, on: data, losses: []).measure
      results.append(Result(change: change, amount: amount, accuracy: accuracy))
    }
    return results
  }

  private static func changed(
    _ image: Tensor<Float>, _ change: Change, _ amount: Double, _ random: RandomSource
  ) throws(FiltersmithError) -> Tensor<Float> {
    switch change {
    case .rotation: return try image.turned(radians: amount * .pi / 180)
    case .noise:
      guard amount > 0 else { return image }
      var random = random
      return image.map { $0 + Float(amount * random.normal()) }
    case .contrast:
      let mean = image.mean()
      return image.map { mean + Float(amount) * ($0 - mean) }
    }
  }
}
