import Dispatch
import Synchronization
import Tensors

/// Batches that are made in the background, a few ahead of their use.
///
/// Each is one piece of work on one thread; a stream that is no longer used makes no more.
public final class BatchStream: Sendable {
  /// A batch on its way.
  private final class Pending: Sendable {
    private let result = Mutex<Result<Batch, FiltersmithError>?>(nil)
    private let isDone = DispatchSemaphore(value: 0)

    func finish(_ outcome: Result<Batch, FiltersmithError>) {
      result.withLock { $0 = outcome }
      isDone.signal()
    }

    /// Waits for the batch; called once.
    func wait() throws(FiltersmithError) -> Batch {
      isDone.wait()
      guard let outcome = result.withLock({ $0 }) else {
        throw FiltersmithError(.numerical, "a batch was signalled before it was made")
      }
      return try outcome.get()
    }
  }

  private struct State {
    var next: Int
    var underway: [Pending] = []
  }

  private static let queue = DispatchQueue(
    label: "filtersmith.batches", qos: .userInitiated, attributes: .concurrent)

  private let end: Int
  private let ahead: Int
  private let make: @Sendable (Int) throws(FiltersmithError) -> Batch
  private let state: Mutex<State>

  /// Starts making batches.
  ///
  /// - Parameters:
  ///   - range: Which batches, in this order.
  ///   - ahead: How many to make ahead, 1 or more.
  ///   - make: Makes a batch; called on any thread.
  init(
    _ range: Range<Int>, ahead: Int,
    make: @escaping @Sendable (Int) throws(FiltersmithError) -> Batch
  ) {
    end = range.upperBound
    self.ahead = max(ahead, 1)
    self.make = make
    state = Mutex(State(next: range.lowerBound))
    state.withLock { fill(&$0) }
  }

  /// The next batch; `nil` after the last.
  ///
  /// - Throws: ``FiltersmithError`` when a file cannot be read or has changed; the stream ends
  ///   then.
  public func next() throws(FiltersmithError) -> Batch? {
    let pending = state.withLock { state in
      let first = state.underway.isEmpty ? nil : state.underway.removeFirst()
      fill(&state)
      return first
    }
    guard let pending else { return nil }
    do throws(FiltersmithError) {
      return try pending.wait()
    } catch {
      state.withLock { $0 = State(next: end) }
      throw error
    }
  }

  private func fill(_ state: inout State) {
    while state.underway.count < ahead, state.next < end {
      let pending = Pending()
      state.underway.append(pending)
      let (index, make) = (state.next, make)
      state.next += 1
      Self.queue.async {
        // The thread is one of several pieces already.
        pending.finish(
          Threads.inTurn {
            do throws(FiltersmithError) { return .success(try make(index)) } catch {
              return .failure(error)
            }
          })
      }
    }
  }
}
