/// How well pixels were labelled, class by class.
public struct SegmentationMetrics: Sendable, Equatable, Codable {
  /// The pixels of each class that were predicted as it.
  public private(set) var hits: [Int]
  /// The pixels predicted as each class.
  public private(set) var given: [Int]
  /// The pixels of each class.
  public private(set) var expected: [Int]

  /// The number of samples.
  public private(set) var samples = 0
  /// The Dice coefficient of each class, summed over the samples.
  private var diceOfSamples: [Double]

  /// No pixels yet; a network with one output has two classes.
  public init(classes: Int) {
    let classes = max(classes, 2)
    hits = [Int](repeating: 0, count: classes)
    given = hits
    expected = hits
    diceOfSamples = hits.map { Double($0) }
  }

  /// Adds the pixels of a batch.
  ///
  /// - Parameters:
  ///   - scores: `[batch, outputs, pixels]`, logits; with one output class 1 is predicted where
  ///     it is above 0.
  ///   - labels: `[batch, pixels]`; those below 0 are ignored.
  public mutating func add(
    scores: UnsafeBufferPointer<Float>, labels: [Int32], outputs: Int, pixels: Int
  ) {
    var before = self
    for (position, label) in labels.enumerated() {
      if position > 0, position % pixels == 0 { endSample(since: &before) }
      guard label >= 0 else { continue }
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
    if !labels.isEmpty { endSample(since: &before) }
  }

  /// Counts the pixels added since the last sample as one more sample.
  private mutating func endSample(since before: inout SegmentationMetrics) {
    samples += 1
    for index in hits.indices {
      let sum =
        given[index] - before.given[index] + expected[index] - before.expected[index]
      diceOfSamples[index] +=
        sum > 0 ? 2 * Double(hits[index] - before.hits[index]) / Double(sum) : 1
    }
    before = self
  }

  /// The fraction of the pixels that were predicted correctly.
  public var accuracy: Double {
    let total = expected.reduce(0, +)
    return total > 0 ? Double(hits.reduce(0, +)) / Double(total) : 0
  }

  /// 2 |A ∩ B| / (|A| + |B|) of a class; 1 where both are empty.
  public func dice(of index: Int) -> Double {
    let sum = given[index] + expected[index]
    return sum > 0 ? 2 * Double(hits[index]) / Double(sum) : 1
  }

  /// The mean Dice coefficient of single samples, over all classes except the background: small objects
  /// count as much as large ones, and a sample where both are empty counts 1.
  public var meanDiceOfSamples: Double {
    guard samples > 0 else { return 0 }
    return diceOfSamples.dropFirst().reduce(0, +) / Double(samples * (hits.count - 1))
  }

  /// |A ∩ B| / |A ∪ B| of a class; 1 where both are empty.
  public func intersectionOverUnion(of index: Int) -> Double {
    let union = given[index] + expected[index] - hits[index]
    return union > 0 ? Double(hits[index]) / Double(union) : 1
  }

  /// The mean Dice coefficient of all classes except the background, class 0.
  public var meanDice: Double {
    (1..<hits.count).reduce(0) { $0 + dice(of: $1) } / Double(hits.count - 1)
  }

  /// The mean intersection over union of all classes except the background.
  public var meanIntersectionOverUnion: Double {
    (1..<hits.count).reduce(0) { $0 + intersectionOverUnion(of: $1) } / Double(hits.count - 1)
  }
}
