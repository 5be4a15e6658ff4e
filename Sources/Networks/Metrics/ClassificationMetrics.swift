import Tensors

/// How well samples were classified.
///
/// Add the scores batch by batch, then read the measures. Scores may be logits or probabilities: only
/// their order counts.
public struct ClassificationMetrics: Sendable, Equatable, Codable {
  /// The number of classes; a network with one output has two, and its score is that of class 1.
  public let classes: Int
  /// How many samples of class i (row) were predicted as class j (column).
  public private(set) var confusion: [[Int]]
  /// The scores of all samples, sample by sample.
  public private(set) var scores: [Float] = []
  /// The right class of every sample.
  public private(set) var labels: [Int] = []

  /// No samples yet.
  public init(classes: Int) {
    self.classes = max(classes, 2)
    confusion = [[Int]](
      repeating: [Int](repeating: 0, count: self.classes), count: self.classes)
  }

  /// Adds samples.
  ///
  /// - Parameters:
  ///   - scores: `[samples, classes]`, row-major; with `outputs` of 1 logits of class 1.
  ///   - labels: The right classes; those below 0 are ignored.
  ///   - outputs: How many scores a sample has.
  public mutating func add(
    scores new: UnsafeBufferPointer<Float>, labels: some Collection<Int32>, outputs: Int
  ) {
    for (sample, label) in labels.enumerated() where label >= 0 {
      let row: [Float]
      if outputs == 1 {
        row = [0, new[sample]]
      } else {
        row = Array(new[sample * outputs..<(sample + 1) * outputs])
      }
      scores.append(contentsOf: row)
      self.labels.append(Int(label))
      confusion[Int(label)][Self.largest(row)] += 1
    }
  }

  private static func largest(_ row: [Float]) -> Int {
    row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
  }

  /// The number of samples.
  public var count: Int { labels.count }

  /// The fraction of the samples that were predicted correctly.
  public var accuracy: Double {
    guard count > 0 else { return 0 }
    return Double(confusion.indices.reduce(0) { $0 + confusion[$1][$1] }) / Double(count)
  }

  /// The fraction of the samples whose class is among the k with the largest scores.
  public func topAccuracy(_ k: Int) -> Double {
    guard count > 0 else { return 0 }
    var right = 0
    for (sample, label) in labels.enumerated() {
      let row = scores[sample * classes..<(sample + 1) * classes]
      let own = row[sample * classes + label]
      if row.count(where: { $0 > own }) < k { right += 1 }
    }
    return Double(right) / Double(count)
  }

  /// Among the samples predicted as a class, the fraction that belong to it; 0 where there are none.
  public func precision(of index: Int) -> Double {
    ratio(confusion[index][index], confusion.reduce(0) { $0 + $1[index] })
  }

  /// Among the samples of a class, the fraction predicted as it; 0 where there are none.
  public func recall(of index: Int) -> Double {
    ratio(confusion[index][index], confusion[index].reduce(0, +))
  }

  /// The harmonic mean of precision and recall.
  public func f1(of index: Int) -> Double {
    let (precision, recall) = (precision(of: index), recall(of: index))
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
  }

  /// The mean of all classes' F1.
  public var macroF1: Double {
    (0..<classes).reduce(0) { $0 + f1(of: $1) } / Double(classes)
  }

  /// The points (false positives, true positives) of one class against the rest, as the threshold on
  /// its score falls: the receiver operating characteristic.
  public func receiverCurve(of index: Int) -> [(falsePositives: Double, truePositives: Double)] {
    let ranked = labels.indices.map { sample in
      let row = scores[sample * classes..<(sample + 1) * classes]
      let own = row[sample * classes + index]
      // With two classes the difference orders the samples; with more the score itself.
      let score = classes == 2 ? own - row[sample * classes + 1 - index] : own
      return (score: score, isPositive: labels[sample] == index)
    }.sorted { $0.score > $1.score }
    let positives = ranked.count(where: \.isPositive)
    let negatives = ranked.count - positives
    var points = [(falsePositives: 0.0, truePositives: 0.0)]
    var (right, wrong) = (0, 0)
    for (place, sample) in ranked.enumerated() {
      if sample.isPositive { right += 1 } else { wrong += 1 }
      // Equal scores are one point.
      if place + 1 < ranked.count, ranked[place + 1].score == sample.score { continue }
      points.append((ratio(wrong, negatives), ratio(right, positives)))
    }
    return points
  }

  /// The area under ``receiverCurve(of:)``: how often a sample of the class has a higher score than
  /// one of the rest; one half where either is missing.
  public func areaUnderCurve(of index: Int) -> Double {
    let positives = labels.count { $0 == index }
    guard positives > 0, positives < labels.count else { return 0.5 }
    let points = receiverCurve(of: index)
    return zip(points, points.dropFirst()).reduce(0) { area, pair in
      area + (pair.1.falsePositives - pair.0.falsePositives)
        * (pair.0.truePositives + pair.1.truePositives) / 2
    }
  }

  private func ratio(_ part: Int, _ whole: Int) -> Double {
    whole > 0 ? Double(part) / Double(whole) : 0
  }
}
