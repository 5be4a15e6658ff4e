import Tensors

/// The measured times of the algorithms on a set of problems, to compare with the planner's estimates.
public struct Calibration: Sendable {
  /// One problem with the times of all algorithms that had a chance.
  public struct Entry: Sendable {
    /// The problem.
    public let problem: CalibrationProblem
    /// Measured seconds.
    public let seconds: [Algorithm: Double]
    /// What its kernel allows: needed for every table that is tried.
    let facts: KernelFacts<Float>

    init(
      problem: CalibrationProblem, seconds: [Algorithm: Double], facts: KernelFacts<Float>? = nil
    ) {
      self.problem = problem
      self.seconds = seconds
      self.facts = facts ?? KernelFacts(problem.kernel())
    }

    /// The fastest algorithm.
    public var fastest: (algorithm: Algorithm, seconds: Double)? {
      seconds.min { $0.value < $1.value }.map { ($0.key, $0.value) }
    }
  }

  /// A problem whose pick was not fast enough.
  public struct Miss: Sendable {
    /// The problem.
    public let problem: CalibrationProblem
    /// What the planner takes.
    public let picked: Algorithm
    /// What would have been fastest.
    public let fastest: Algorithm
    /// The time of the pick over that of the fastest.
    public let ratio: Double
    /// Measured seconds of every algorithm that was timed.
    public let seconds: [Algorithm: Double]
    /// What the planner expects of them.
    public let estimates: [Algorithm: Double]
  }

  /// All problems.
  public let entries: [Entry]

  init(entries: [Entry]) { self.entries = entries }

  /// Times all algorithms on random problems; takes a fraction of a second for each.
  ///
  /// - Parameters:
  ///   - count: How many problems.
  ///   - seed: Determines the problems.
  ///   - progress: Called with the fraction done.
  public init(count: Int, seed: UInt64, progress: ProgressHandler? = nil) {
    self.init(CalibrationProblem.random(count: count, seed: seed), progress: progress)
  }

  /// Times all algorithms on given problems.
  ///
  /// - Parameters:
  ///   - problems: The problems to time.
  ///   - progress: Called with the fraction that is done.
  public init(_ problems: [CalibrationProblem], progress: ProgressHandler? = nil) {
    var entries: [Entry] = []
    for problem in problems {
      let facts = KernelFacts(problem.kernel())
      entries.append(
        Entry(problem: problem, seconds: Self.seconds(problem, facts), facts: facts))
      progress?(Double(entries.count) / Double(max(problems.count, 1)))
    }
    self.entries = entries
  }

  /// The measured seconds of all algorithms that have a chance.
  private static func seconds(
    _ problem: CalibrationProblem, _ facts: KernelFacts<Float>
  ) -> [Algorithm: Double] {
    let planner = Planner<Float>(algorithm: .measured)
    let choice =
      problem.map == .forward
      ? planner.forward(problem.convolution, kernel: facts).choice
      : planner.kernelGradient(of: problem.convolution).choice
    var seconds: [Algorithm: Double] = [:]
    for candidate in choice.assessments {
      // A clock that did not move says nothing, and its logarithm would spoil a fit.
      guard let measured = candidate.measured, measured > 0, measured.isFinite else { continue }
      seconds[candidate.algorithm] = measured
    }
    return seconds
  }

  /// On how many problems a table's pick takes no more than `factor` times the fastest, and on which
  /// it does not, the worst first.
  public func agreement(
    of table: CostTable = .current, within factor: Double = 1.25
  ) -> (agreeing: Int, misses: [Miss]) {
    var misses: [Miss] = []
    for (entry, estimates) in zip(entries, estimates(table)) {
      let picked = estimates.min { $0.value < $1.value }?.key
      guard let picked, let fastest = entry.fastest, let seconds = entry.seconds[picked] else {
        continue
      }
      let ratio = seconds / fastest.seconds
      if ratio > factor {
        misses.append(
          Miss(
            problem: entry.problem, picked: picked, fastest: fastest.algorithm, ratio: ratio,
            seconds: entry.seconds, estimates: estimates))
      }
    }
    return (entries.count - misses.count, misses.sorted { $0.ratio > $1.ratio })
  }

  /// What a table expects of the algorithms that were timed.
  func estimates(_ table: CostTable) -> [[Algorithm: Double]] {
    var results = [[Algorithm: Double]](repeating: [:], count: entries.count)
    results.withUnsafeMutableBufferPointer { buffer in
      let results = SharedPointer(buffer)
      parallelFor(entries.count) { number in
        let entry = entries[number]
        CostTable.$trial.withValue(table) {
          let candidates = Planner.candidates(
            for: entry.problem.map, of: entry.problem.convolution, kernel: entry.facts
          ) { entry.seconds[$0] != nil }
          for candidate in candidates where candidate.seconds < .infinity {
            results[number][candidate.algorithm] = candidate.seconds
          }
        }
      }
    }
    return results
  }
}
