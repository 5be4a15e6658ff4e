import Tensors

/// What a network learns from data.
public enum LearningTask: String, Sendable, Hashable, Codable, CaseIterable {
  /// One class for each sample.
  case classification
  /// One class for each pixel or voxel.
  case segmentation
  /// Values for each sample.
  case regression
}

/// Samples that a network sees together, with their targets.
public struct Batch: Sendable, Hashable {
  /// The targets.
  public enum Targets: Sendable, Hashable {
    /// The class of each sample.
    case classes([Int])
    /// The class of each pixel or voxel, `[batch, spatial…]`.
    case labelMaps(Tensor<UInt8>)
    /// Values, `[batch, values]`.
    case values(Tensor<Float>)
  }

  /// The inputs, `[batch, channels, spatial…]`.
  public let inputs: Tensor<Float>
  /// The targets.
  public let targets: Targets
  /// Which samples of the data set these are, in this order.
  public let samples: [Int]

  /// Samples and their targets.
  public init(inputs: Tensor<Float>, targets: Targets, samples: [Int]) {
    self.inputs = inputs
    self.targets = targets
    self.samples = samples
  }

  /// The number of samples.
  public var count: Int { samples.count }

  /// The targets as numbers: 1 for the class and 0 for the others, `[batch, classes]` or `[batch,
  /// classes, spatial…]`; values unchanged.
  public func oneHot(classCount: Int) -> Tensor<Float> {
    func spread(_ classes: some Collection<Int>, outer: Int, _ shape: Shape) -> Tensor<Float> {
      var spread = [Float](repeating: 0, count: classes.count * classCount)
      let inner = outer > 0 ? classes.count / outer : 0
      for (position, label) in classes.enumerated() where label < classCount && label >= 0 {
        spread[(position / inner * classCount + label) * inner + position % inner] = 1
      }
      return Tensor(shape: shape, spread)
    }
    switch targets {
    case .classes(let labels):
      return spread(labels, outer: labels.count, [labels.count, classCount])
    case .labelMaps(let maps):
      let shape = Shape([maps.shape[0], classCount] + maps.shape.dropFirst())
      return spread(maps.elements.lazy.map(Int.init), outer: maps.shape[0], shape)
    case .values(let values): return values
    }
  }
}

extension Tensor where Element == Float {
  /// A tensor of as many elements as its shape has.
  fileprivate init(shape: Shape, _ elements: [Float]) {
    self.init(uninitialized: shape) { target in _ = target.initialize(from: elements) }
  }
}
