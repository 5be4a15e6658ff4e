import Networks

/// The result of one run of a study: one arm, one size, one seed.
public struct RunRecord: Sendable, Hashable, Codable {
  /// The arm's name.
  public let arm: String
  /// The number of training images.
  public let size: Int
  /// Counted from 0.
  public let seed: Int
  /// The fraction of the validation images classified correctly.
  public let validationAccuracy: Double
  /// The fraction of the test images classified correctly.
  public let accuracy: Double
  /// The predicted class of each test image.
  public let answers: [Int]
  /// The epoch whose weights were kept; `nil` for a linear head.
  public let bestEpoch: Int?
  /// The penalty of ridge regression that was chosen; `nil` for a network.
  public let penalty: Double?
  /// The course of training; empty for a linear head.
  public let history: [Epoch]
  /// The worst mistakes; only for the largest size.
  public let mistakes: [Mistake]
  /// How well changed images are classified; only for the largest size.
  public let sensitivity: [Sensitivity.Result]
  /// How long training took, without features that were computed once for all runs.
  public var seconds: Double

  /// The result of an epoch.
  public struct Epoch: Sendable, Hashable, Codable {
    /// The mean loss on the training images.
    public let loss: Double
    /// The accuracy on the training images, as they were met.
    public let accuracy: Double
    /// The loss on the validation images.
    public let validationLoss: Double
    /// The accuracy on the validation images.
    public let validationAccuracy: Double
  }

  /// A misclassified test image.
  public struct Mistake: Sendable, Hashable, Codable {
    /// Its index among the test images.
    public let sample: Int
    /// Its class.
    public let label: Int
    /// The predicted class.
    public let answer: Int
    /// By how much the score of the prediction exceeds that of the correct class.
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

  /// The mistakes whose prediction has the largest lead over the correct class.
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
