import Filtersmith
import Synchronization

/// One line on the terminal with the part that is done and the time left.
///
/// It appears when work takes longer than two seconds and goes away with the work. In a pipe there
/// is nothing.
final class ProgressLine: Sendable {
  private struct State {
    var shown = false
    var lastDrawn: ContinuousClock.Instant?
  }

  private let activity: String
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  /// A line that starts with what is being done, such as `designing 12 filters`.
  init(_ activity: String) { self.activity = activity }

  /// Runs work that reports how far it is, and clears the line when it ends either way.
  static func during<Result>(
    _ activity: String, _ work: (@escaping ProgressHandler) throws(FiltersmithError) -> Result
  ) throws(FiltersmithError) -> Result {
    let line = ProgressLine(activity)
    defer { line.clear() }
    return try work { line.update($0) }
  }

  /// Redraws the line, at most ten times a second.
  func update(_ fraction: Double) {
    guard StandardError.isTerminal else { return }
    let now = ContinuousClock.now
    let elapsed = now - start
    guard elapsed > .seconds(2) else { return }
    state.withLock { state in
      if let last = state.lastDrawn, now - last < .milliseconds(100) { return }
      state.lastDrawn = now
      state.shown = true
      StandardError.write("\r\u{1B}[K\(text(fraction: fraction, elapsed: elapsed))")
    }
  }

  /// `designing 12 filters: 43 %, 12 s left`.
  func text(fraction: Double, elapsed: Duration) -> String {
    let fraction = min(max(fraction, 0), 1)
    let seconds = elapsed / .seconds(1)
    let percent = Int((100 * fraction).rounded(.down))
    guard fraction > 0.01 else { return "\(activity): \(percent) %" }
    let left = Int((seconds * (1 - fraction) / fraction).rounded(.up))
    let time = left < 90 ? "\(left) s" : "\((left + 30) / 60) min"
    return "\(activity): \(percent) %, \(time) left"
  }

  private func clear() {
    state.withLock { state in
      if state.shown { StandardError.write("\r\u{1B}[K") }
      state.shown = false
    }
  }
}
