import Networks

/// What one run of a study brought: one arm, one size, one seed.
public struct RunRecord: Sendable, Hashable, Codable {
  /// The arm's name.
  public let arm: String
  /// How many images it learned from.
  public let size: Int
  /// From 0 up.
  public let seed: Int
  /// The part of the validation images that were sorted rightly.
  public let validationAccuracy: Double
  /// The part of the test images that were sorted rightly.
  public let accuracy: Double
  /// The class that each test image was taken for.
  public let answers: [Int]
  /// The epoch whose weights were kept; `nil` for a linear head.
  public let bestEpoch: Int?
  /// The penalty of ridge regression that was chosen; `nil` for a network.
  public let penalty: Double?
  /// The course of training; empty for a linear head.
  public let history: [Epoch]
  /// The worst mistakes; only where the size is the largest.
  public let mistakes: [Mistake]
  /// How well changed images are sorted; only where the size is the largest.
  public let sensitivity: [Sensitivity.Result]
  /// How long learning took, without features that were computed once for all.
  public var seconds: Double

  /// What an epoch brought.
  public struct Epoch: Sendable, Hashable, Codable {
    /// The mean loss on the images to learn from.
    public let loss: Double
    /// The accuracy on the images to learn from, as they were met.
    public let accuracy: Double
    /// The loss on the validation images.
    public let validationLoss: Double
    /// The accuracy on the validation images.
    public let validationAccuracy: Double
  }

  /// A test image that was taken for something else.
  public struct Mistake: Sendable, Hashable, Codable {
    /// Its place among the test images.
    public let sample: Int
    /// What it is.
    public let label: Int
    /// What it was taken for.
    public let answer: Int
    /// By how much the score of the answer lies above that of the right class.
    public let margin: Double
  }

  /// The name of a run's files.
  static func name(_ arm: String, size: Int, seed: Int) -> String { "\(arm)-\(size)-\(seed)" }
}

extension ClassificationMetrics {
  /// The class with the largest score of every sample.
  var answers: [Int] {
    labels.indices.map { sample in
      let row = scores[sample * classes..<(sample + 1) * classes]
      return row.indices.reduce(row.startIndex) { row[$1] > row[$0] ? $1 : $0 } - row.startIndex
    }
  }

  /// The mistakes whose answer has the largest lead over the right class.
  func mistakes(atMost count: Int) -> [RunRecord.Mistake] {
    let answers = answers
    let all = labels.indices.filter { answers[$0] != labels[$0] }.map { sample in
      RunRecord.Mistake(
        sample: sample, label: labels[sample], answer: answers[sample],
        margin: Double(
          scores[sample * classes + answers[sample]] - scores[sample * classes + labels[sample]]))
    }
    return Array(all.sorted { ($1.margin, $0.sample) < ($0.margin, $1.sample) }.prefix(count))
  }
}
