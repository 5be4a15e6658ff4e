import Foundation

/// A number measured several times: its mean and how certain that is.
public struct Estimate: Sendable, Hashable, Codable {
  /// The mean.
  public let mean: Double
  /// Half the width of the 95 % confidence interval by Student's t; 0 for a single value.
  public let margin: Double
  /// The values.
  public let values: [Double]

  /// The mean of some values, in [low, high] with 95 % confidence.
  public init(_ values: [Double]) {
    self.values = values
    let count = Double(values.count)
    let mean = values.reduce(0, +) / max(count, 1)
    self.mean = mean
    guard values.count > 1 else {
      margin = 0
      return
    }
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    margin =
      StudentsT(degrees: values.count - 1).quantile(0.975) * (variance / count).squareRoot()
  }
}

/// Student's distribution.
struct StudentsT {
  /// The degrees of freedom, at least 1.
  let degrees: Int

  /// P(T ≤ t), by the finite sums for whole degrees (Abramowitz and Stegun 26.7.3 and 26.7.4).
  func cumulative(_ t: Double) -> Double {
    guard t.isFinite else { return t > 0 ? 1 : 0 }
    let angle = atan(t / Double(degrees).squareRoot())
    let (sine, cosine) = (sin(angle), cos(angle))
    var (sum, term) = (0.0, 1.0)
    let isOdd = degrees % 2 == 1
    // The terms run in steps of two: cos θ, 2/3 cos³ θ, … or 1, 1/2 cos² θ, …
    if isOdd { term = cosine }
    var factor = isOdd ? 1 : 0
    while factor <= degrees - 2 {
      sum += term
      factor += 2
      term *= Double(factor - 1) / Double(factor) * cosine * cosine
    }
    let inside = isOdd ? 2 / .pi * (angle + sine * sum) : sine * sum
    return 0.5 + inside / 2
  }

  /// The quantile t below which a fraction of the distribution lies.
  func quantile(_ part: Double) -> Double {
    var (low, high) = (-1.0, 1.0)
    while cumulative(low) > part { low *= 2 }
    while cumulative(high) < part { high *= 2 }
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if cumulative(middle) < part { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

/// Two arms compared on the same images and seeds.
public struct PairedTest: Sendable, Hashable, Codable {
  /// The first arm.
  public let first: String
  /// The second arm.
  public let second: String
  /// The number of training images.
  public let size: Int
  /// By how much the first is better, as a fraction of the test images.
  public let difference: Estimate
  /// The probability of such a difference, or a larger one, between seeds by chance.
  ///
  /// It is that of a paired t-test whose error is that of all arms, in randomised blocks; `nil` with a
  /// single seed.
  public let seedProbability: Double?
  /// The same between test images: McNemar's exact test on the predictions of all seeds together, each image
  /// counting for the arm in which more seeds classify it correctly.
  public let imageProbability: Double
  /// The larger of the two after Holm's correction for all pairs of this size; below 0.05 the
  /// difference is called significant.
  public internal(set) var probability: Double

  /// Whether the difference is significant at 5 %, over seeds and over test images.
  public var isSignificant: Bool { probability < 0.05 }

  init(
    first: String, second: String, size: Int, difference: Estimate, seedProbability: Double?,
    imageProbability: Double, probability: Double
  ) {
    self.first = first
    self.second = second
    self.size = size
    self.difference = difference
    self.seedProbability = seedProbability
    self.imageProbability = imageProbability
    self.probability = probability
  }

  /// Compares two arms.
  ///
  /// - Parameters:
  ///   - firstHits: For each seed, whether the first arm classified each test image correctly.
  ///   - secondHits: The same for the second.
  ///   - blocks: The variation that is left when arm and seed are accounted for.
  init(
    _ first: String, _ second: String, size: Int, _ firstHits: [[Bool]], _ secondHits: [[Bool]],
    _ blocks: SeedBlocks
  ) {
    self.first = first
    self.second = second
    self.size = size
    func accuracy(_ hits: [Bool]) -> Double {
      Double(hits.count { $0 }) / Double(max(hits.count, 1))
    }
    let differences = zip(firstHits, secondHits).map { accuracy($0) - accuracy($1) }
    difference = Estimate(differences)
    seedProbability = blocks.probability(of: difference.mean)
    var (wins, losses) = (0, 0)
    for image in firstHits.first?.indices ?? 0..<0 {
      let lead =
        firstHits.count { $0[image] } - secondHits.count { $0[image] }
      if lead > 0 { wins += 1 }
      if lead < 0 { losses += 1 }
    }
    imageProbability = Self.signTest(wins, losses)
    probability = max(seedProbability ?? 0, imageProbability)
  }

  /// The exact two-sided sign test: heads and tails of a fair coin.
  static func signTest(_ wins: Int, _ losses: Int) -> Double {
    let count = wins + losses
    guard count > 0 else { return 1 }
    // log C(n, k) − n log 2 keeps large numbers in range.
    func log2Probability(_ k: Int) -> Double {
      lgamma(Double(count + 1)) - lgamma(Double(k + 1)) - lgamma(Double(count - k + 1))
        - Double(count) * log(2.0)
    }
    let tail = (0...min(wins, losses)).reduce(0.0) { $0 + exp(log2Probability($1)) }
    return min(1, 2 * tail)
  }

  /// Holm's correction: the smallest of m probabilities times m, the next times m − 1, …, never falling.
  static func corrected(_ tests: [PairedTest]) -> [PairedTest] {
    var result = tests
    let order = tests.indices.sorted { tests[$0].probability < tests[$1].probability }
    var largest = 0.0
    for (rank, index) in order.enumerated() {
      largest = max(largest, min(1, tests[index].probability * Double(tests.count - rank)))
      result[index].probability = largest
    }
    return result
  }
}

/// Accuracies of several arms with the same seeds, as a randomised block design: the seed, which
/// determines the training images, shifts all arms alike.
struct SeedBlocks {
  /// The residual variance when arm and seed are accounted for.
  let variance: Double
  /// Its degrees of freedom, (arms − 1)(seeds − 1).
  let degrees: Int
  private let seeds: Int

  /// - Parameter accuracies: For each arm, one accuracy per seed.
  init(_ accuracies: [[Double]]) {
    let (arms, seeds) = (accuracies.count, accuracies.first?.count ?? 0)
    self.seeds = seeds
    degrees = (arms - 1) * (seeds - 1)
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
    let overall = mean(accuracies.flatMap { $0 })
    let ofSeeds = (0..<seeds).map { seed in mean(accuracies.map { $0[seed] }) }
    var squares = 0.0
    for row in accuracies {
      let ofArm = mean(row)
      for (seed, value) in row.enumerated() {
        let rest = value - ofArm - ofSeeds[seed] + overall
        squares += rest * rest
      }
    }
    variance = degrees > 0 ? squares / Double(degrees) : 0
  }

  /// The two-sided p-value of a difference between the means of two arms; `nil` where nothing
  /// varies.
  func probability(of difference: Double) -> Double? {
    guard degrees > 0, variance > 0 else { return nil }
    let t = abs(difference) / (2 * variance / Double(seeds)).squareRoot()
    return 2 * (1 - StudentsT(degrees: degrees).cumulative(t))
  }
}
