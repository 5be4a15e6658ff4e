import Dispatch
import Foundation
import Synchronization

/// Threads that wait for work and begin where they began the last time.
///
/// Each thread has its own share of the pieces and helps with the others' when that is done. The pieces
/// of one map then find in a core's own cache what the same pieces of the previous map left there.
///
/// Waking a thread takes longer than filtering a small image. Threads therefore look out for more
/// work for a moment before they sleep, and a caller never waits for one that has not begun.
final class ThreadPool: Sendable {
  static let shared = ThreadPool()

  /// How long threads watch for work before they sleep, and callers for its end, in nanoseconds.
  private static let patience: UInt64 = 50_000

  private struct State {
    /// What threads may still join, oldest first.
    var jobs: [Job] = []
    var threads = 0
    /// Sleeping threads that have not been woken yet.
    var sleeping = 0
  }

  private let state = Mutex(State())
  /// The number of jobs to join, read without the lock.
  private let openJobs = Atomic<Int>(0)
  private let wakening = DispatchSemaphore(value: 0)

  /// Runs `body` for 0 ..< chunks on the calling thread and up to `helpers` others.
  func run(chunks: Int, helpers: Int, _ body: @Sendable (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      var body = body
      withUnsafeMutablePointer(to: &body) { body in
        let job = Job(body: SharedPointer(body), chunks: chunks, helpers: helpers)
        open(job)
        ParallelRegion.run { job.work(first: 0) }
        close(job)
        job.waitForHelpers(patience: Self.patience)
      }
    }
  }

  /// Offers a job to threads that are awake, and wakes as many others as it can use.
  private func open(_ job: Job) {
    let (called, new) = state.withLock { state -> (Int, Range<Int>) in
      state.jobs.append(job)
      openJobs.add(1, ordering: .relaxed)
      let called = min(state.sleeping, job.helpers)
      state.sleeping -= called
      let new = max(job.helpers - state.threads, 0)
      state.threads += new
      return (called, state.threads - new..<state.threads)
    }
    for _ in 0..<called { wakening.signal() }
    for number in new {
      let thread = Thread { ParallelRegion.run { self.lookForWork(number: number) } }
      thread.name = "filtersmith"
      thread.stackSize = 4 << 20
      thread.start()
    }
  }

  /// From here on no thread may join.
  private func close(_ job: Job) {
    state.withLock { state in
      if let index = state.jobs.firstIndex(where: { $0 === job }) { state.jobs.remove(at: index) }
    }
    openJobs.subtract(1, ordering: .relaxed)
  }

  /// A thread's main loop.
  private func lookForWork(number: Int) {
    var start = DispatchTime.now().uptimeNanoseconds
    while true {
      if openJobs.load(ordering: .relaxed) > 0,
        let job = state.withLock({ state in state.jobs.first { $0.join() } })
      {
        job.work(first: number + 1)
        job.leave()
        start = DispatchTime.now().uptimeNanoseconds
      } else if DispatchTime.now().uptimeNanoseconds - start < Self.patience {
        sched_yield()
      } else {
        let sleeps = state.withLock { state in
          guard !state.jobs.contains(where: \.canBeJoined) else { return false }
          state.sleeping += 1
          return true
        }
        if sleeps { wakening.wait() }
        start = DispatchTime.now().uptimeNanoseconds
      }
    }
  }
}

/// Chunks of work, in one part per thread that may work on them.
private final class Job: Sendable {
  /// On the caller's stack: valid until the last helper has left.
  private let body: SharedPointer<@Sendable (Int) -> Void>
  private let chunks: Int
  let helpers: Int
  /// The next chunk of each part, the caller's first: one for each helper and one for the caller.
  nonisolated(unsafe) private let next: UnsafeMutablePointer<Atomic<Int>>
  private let joined = Atomic<Int>(0)
  /// Helpers at work; ``callerWaits`` is added while the caller sleeps until there are none.
  private let working = Atomic<Int>(0)
  private let end = DispatchSemaphore(value: 0)
  private static let callerWaits = 1 << 32

  init(body: SharedPointer<@Sendable (Int) -> Void>, chunks: Int, helpers: Int) {
    self.body = body
    self.chunks = chunks
    self.helpers = helpers
    next = .allocate(capacity: helpers + 1)
    for part in 0...helpers {
      (next + part).initialize(to: Atomic(chunks * part / (helpers + 1)))
    }
  }

  deinit {
    next.deinitialize(count: helpers + 1)
    next.deallocate()
  }

  private func end(of part: Int) -> Int { chunks * (part + 1) / (helpers + 1) }

  var canBeJoined: Bool {
    joined.load(ordering: .relaxed) < helpers
      && (0...helpers).contains { next[$0].load(ordering: .relaxed) < end(of: $0) }
  }

  /// Called with the pool's lock held.
  func join() -> Bool {
    guard canBeJoined else { return false }
    joined.add(1, ordering: .relaxed)
    working.add(1, ordering: .relaxed)
    return true
  }

  /// Works on the part of the given number, then on the others.
  ///
  /// Not inlined, so that a helper that has left holds nothing of the caller's.
  @inline(never)
  func work(first: Int) {
    for offset in 0...helpers {
      let part = (first + offset) % (helpers + 1)
      let end = end(of: part)
      while true {
        let chunk = next[part].wrappingAdd(1, ordering: .relaxed).oldValue
        guard chunk < end else { break }
        body.pointer.pointee(chunk)
      }
    }
  }

  func leave() {
    let left = working.subtract(1, ordering: .acquiringAndReleasing).newValue
    if left == Self.callerWaits { end.signal() }
  }

  func waitForHelpers(patience: UInt64) {
    let start = DispatchTime.now().uptimeNanoseconds
    while working.load(ordering: .acquiring) > 0 {
      if DispatchTime.now().uptimeNanoseconds - start > patience {
        let before = working.add(Self.callerWaits, ordering: .acquiringAndReleasing).oldValue
        if before > 0 { end.wait() }
        return
      }
      sched_yield()
    }
  }
}

/// Knows whether the current thread already works for a `parallelFor`.
enum ParallelRegion {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  static var isInside: Bool { pthread_getspecific(key) != nil }

  static func run<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let before = pthread_getspecific(key)
    pthread_setspecific(key, UnsafeRawPointer(bitPattern: 1))
    defer { pthread_setspecific(key, before) }
    return try body()
  }
}
