import Filtersmith
import Foundation
import Synchronization

/// One line on the terminal with the fraction that is done and the time left.
///
/// It appears when work takes longer than two seconds and goes away with the work. In a pipe there
/// is nothing.
final class ProgressLine: Sendable {
  private struct State {
    var fraction: Double?
    var isShown = false
    var isFinished = false
  }

  private let activity: String
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  /// A line that starts with what is being done, such as `designing 12 filters`.
  init(_ activity: String) { self.activity = activity }

  /// Runs work that may report its progress, and clears the line when it ends either way.
  static func during<Result>(
    _ activity: String, _ work: (@escaping ProgressHandler) throws(FiltersmithError) -> Result
  ) throws(FiltersmithError) -> Result {
    let line = ProgressLine(activity)
    // A thread of its own: the pool's are busy with the work.
    if StandardError.isTerminal { Thread.detachNewThread { line.redraw() } }
    defer { line.finish() }
    return try work { fraction in line.state.withLock { $0.fraction = fraction } }
  }

  /// `designing 12 filters: 43 %, 12 s left`, or the time so far while the fraction is unknown.
  func text(fraction: Double?, elapsed: Duration) -> String {
    let seconds = elapsed / .seconds(1)
    guard let fraction else { return "\(activity): \(Int(seconds)) s" }
    let done = min(max(fraction, 0), 1)
    let percent = Int((100 * done).rounded(.down))
    guard done > 0.01 else { return "\(activity): \(percent) %" }
    let left = Int((seconds * (1 - done) / done).rounded(.up))
    let time = left < 90 ? "\(left) s" : "\((left + 30) / 60) min"
    return "\(activity): \(percent) %, \(time) left"
  }

  private func redraw() {
    while true {
      Thread.sleep(forTimeInterval: 0.1)
      let elapsed = ContinuousClock.now - start
      let isFinished = state.withLock { state in
        if !state.isFinished, elapsed > .seconds(2) {
          state.isShown = true
          StandardError.write("\r\u{1B}[K" + text(fraction: state.fraction, elapsed: elapsed))
        }
        return state.isFinished
      }
      if isFinished { return }
    }
  }

  private func finish() {
    state.withLock { state in
      state.isFinished = true
      if state.isShown { StandardError.write("\r\u{1B}[K") }
    }
  }
}
