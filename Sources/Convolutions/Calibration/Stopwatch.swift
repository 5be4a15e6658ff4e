import Foundation
import Tensors

/// Times short pieces of work on a machine that does other things too.
package enum Stopwatch {
  /// The seconds that each of several runs takes, after one that warms up the caches.
  ///
  /// - Parameters:
  ///   - rounds: How many runs; as many as fit `budget` unless given.
  ///   - budget: Seconds.
  ///   - least: The fewest runs; one is enough when it takes more than four times the budget.
  ///   - isThreadTime: Whether to count only the calling thread's processor time, which other programs do
  ///     not lengthen.
  package static func times(
    rounds: Int? = nil, budget: Double = 0.5, atLeast least: Int = 3, isThreadTime: Bool = false,
    _ body: () -> Void
  ) -> [Double] {
    let time = isThreadTime ? threadTime : time
    let first = time(body)
    var count = rounds ?? Int(budget / max(first, 1e-9))
    if rounds == nil { count = min(max(count, first > 4 * budget ? 1 : least), 1000) }
    return (0..<count).map { _ in time(body) }
  }

  /// Half of the values are smaller, half are larger; not a number when there are none.
  package static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  private static func threadTime(_ body: () -> Void) -> Double {
    func now() -> Double {
      var now = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
      return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }
    let start = now()
    body()
    return now() - start
  }

  private static func time(_ body: () -> Void) -> Double {
    let start = ContinuousClock.now
    body()
    return (ContinuousClock.now - start) / .seconds(1)
  }
}
