/// How well pixels were labelled, class by class.
public struct SegmentationMetrics: Sendable, Equatable, Codable {
  /// Pixels of each class that were given it.
  public private(set) var hits: [Int]
  /// Pixels that were given each class.
  public private(set) var given: [Int]
  /// Pixels of each class.
  public private(set) var expected: [Int]

  /// No pixels yet; a network with one output has two classes.
  public init(classes: Int) {
    let classes = max(classes, 2)
    hits = [Int](repeating: 0, count: classes)
    given = hits
    expected = hits
  }

  /// Adds the pixels of a batch.
  ///
  /// - Parameters:
  ///   - scores: `[batch, outputs, pixels]`, logits; with one output class 1 is given where it is
  ///     above 0.
  ///   - labels: `[batch, pixels]`; those below 0 do not count.
  public mutating func add(
    scores: UnsafeBufferPointer<Float>, labels: [Int32], outputs: Int, pixels: Int
  ) {
    for (position, label) in labels.enumerated() where label >= 0 {
      let start = position / pixels * outputs * pixels + position % pixels
      var winner = 0
      if outputs == 1 {
        winner = scores[start] > 0 ? 1 : 0
      } else {
        for channel in 1..<outputs
        where scores[start + channel * pixels] > scores[start + winner * pixels] {
          winner = channel
        }
      }
      given[winner] += 1
      expected[Int(label)] += 1
      if winner == Int(label) { hits[winner] += 1 }
    }
  }

  /// The part of the pixels that were given their class.
  public var accuracy: Double {
    let total = expected.reduce(0, +)
    return total > 0 ? Double(hits.reduce(0, +)) / Double(total) : 0
  }

  /// 2 |A ∩ B| / (|A| + |B|) of a class; 1 where both are empty.
  public func dice(of index: Int) -> Double {
    let sum = given[index] + expected[index]
    return sum > 0 ? 2 * Double(hits[index]) / Double(sum) : 1
  }

  /// |A ∩ B| / |A ∪ B| of a class; 1 where both are empty.
  public func intersectionOverUnion(of index: Int) -> Double {
    let union = given[index] + expected[index] - hits[index]
    return union > 0 ? Double(hits[index]) / Double(union) : 1
  }

  /// The mean Dice of all classes but the background, class 0.
  public var meanDice: Double {
    (1..<hits.count).reduce(0) { $0 + dice(of: $1) } / Double(hits.count - 1)
  }

  /// The mean intersection over union of all classes but the background.
  public var meanIntersectionOverUnion: Double {
    (1..<hits.count).reduce(0) { $0 + intersectionOverUnion(of: $1) } / Double(hits.count - 1)
  }
}
