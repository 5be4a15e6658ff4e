import Numerics

/// How much slower a set of problems would be without one of the algorithms.
public struct AlgorithmRegret: Sendable, Hashable {
  /// The algorithm left out.
  public let algorithm: Algorithm
  /// On how many problems it is the fastest.
  public let wins: Int
  /// The geometric mean, over all problems, of the fastest other algorithm's time divided by the fastest
  /// one's; 1 when nothing is lost.
  public let mean: Double
  /// The largest such ratio.
  public let worst: Double
}

extension Calibration {
  /// What leaving out each algorithm would cost, the most costly first.
  ///
  /// Where only one algorithm was timed, because all others were expected to take
  /// ``hopelessRatio`` times as long, leaving it out counts as that ratio.
  public var regrets: [AlgorithmRegret] {
    let named = entries.reduce(into: Set<Algorithm>()) { $0.formUnion($1.seconds.keys) }
    return named.map { algorithm in
      let ratios = entries.map { entry in
        guard let fastest = entry.fastest, fastest.algorithm == algorithm else { return 1.0 }
        let others = entry.seconds.lazy.filter { $0.key != algorithm }.map(\.value)
        return others.min().map { $0 / fastest.seconds } ?? Self.hopelessRatio
      }
      let logarithms = ratios.reduce(0) { $0 + Double.log($1) }
      return AlgorithmRegret(
        algorithm: algorithm, wins: ratios.count { $0 > 1 },
        mean: Double.exp(logarithms / Double(max(ratios.count, 1))), worst: ratios.max() ?? 1)
    }.sorted { ($0.mean, $0.algorithm.rawValue) > ($1.mean, $1.algorithm.rawValue) }
  }

  /// Algorithms that are expected to take this many times as long as the best are not timed.
  public static var hopelessRatio: Double { Planner<Float>.hopeless }
}
