import Foundation
import Synchronization

/// The one pool of threads that all parallel work of the process runs on.
///
/// Work is split into pieces that do not depend on the number of threads, so results have the same
/// bits for any setting. BLAS and FFTW are kept to one thread each and called from inside the pieces.
public enum Threads {
  private static let setting = Atomic<Int>(ProcessInfo.processInfo.activeProcessorCount)

  /// How many threads work at the same time: the number of processors unless set.
  public static var count: Int {
    get { setting.load(ordering: .relaxed) }
    set { setting.store(Swift.max(newValue, 1), ordering: .relaxed) }
  }

  /// Runs `body`, and every ``parallelFor(_:grain:_:)`` in it, on the calling thread.
  ///
  /// For work that is one of several pieces already, and for settings that belong to one thread.
  public static func inTurn<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try ParallelRegion.run(body)
  }
}

/// Runs `body` for 0 ..< count on the pool's threads and returns when all have ended.
///
/// Which thread takes which index is not fixed: bodies must not depend on each other. A call from
/// inside a body runs on the thread that makes it.
///
/// - Parameters:
///   - count: The number of pieces.
///   - grain: How many neighbouring pieces a thread takes at a time.
public func parallelFor(_ count: Int, grain: Int = 1, _ body: @Sendable (Int) -> Void) {
  let grain = max(grain, 1)
  let chunks = (count + grain - 1) / grain
  let workers = min(Threads.count, chunks)
  guard workers > 1, !ParallelRegion.isInside else {
    for index in 0..<max(count, 0) { body(index) }
    return
  }
  ThreadPool.shared.run(chunks: chunks, helpers: workers - 1) { chunk in
    for index in chunk * grain..<min((chunk + 1) * grain, count) { body(index) }
  }
}

/// Runs `body` for parts of 0 ..< count on the pool's threads.
///
/// The parts depend on the count and on `size` alone, and so do all results.
///
/// - Parameters:
///   - count: The number of elements to divide.
///   - size: The number of elements in a part; the last may have fewer.
package func forEachPart(
  _ count: Int, of size: Int = 16384, _ body: @Sendable (_ part: Range<Int>) -> Void
) {
  parallelFor((count + size - 1) / size) { part in
    body(part * size..<min((part + 1) * size, count))
  }
}

/// A pointer that bodies of ``parallelFor(_:grain:_:)`` share.
///
/// This is the one place where the compiler's check against data races is set aside: whoever makes
/// one promises that no two pieces write the same element.
public struct SharedPointer<Element>: @unchecked Sendable {
  /// The first element.
  public let pointer: UnsafeMutablePointer<Element>

  /// Shares a pointer.
  @inlinable public init(_ pointer: UnsafeMutablePointer<Element>) { self.pointer = pointer }

  /// Shares the start of a non-empty buffer.
  @inlinable public init(_ buffer: UnsafeMutableBufferPointer<Element>) {
    pointer =
      buffer.baseAddress ?? UnsafeMutablePointer(bitPattern: MemoryLayout<Element>.alignment)!
  }

  /// Shares a buffer that is only read.
  @inlinable public init(reading buffer: UnsafeBufferPointer<Element>) {
    self.init(UnsafeMutableBufferPointer(mutating: buffer))
  }

  /// One element.
  @inlinable public subscript(_ index: Int) -> Element {
    get { pointer[index] }
    nonmutating set { pointer[index] = newValue }
  }
}

/// A pointer to elements that bodies of ``parallelFor(_:grain:_:)`` only read.
///
/// Whoever makes one promises that nothing writes the elements meanwhile.
package struct ReadOnlyPointer<Element>: @unchecked Sendable {
  /// The first element.
  package let pointer: UnsafePointer<Element>

  /// Shares a pointer.
  @inlinable package init(_ pointer: UnsafePointer<Element>) { self.pointer = pointer }

  /// Shares the start of a buffer, which may be empty.
  @inlinable package init(_ buffer: UnsafeBufferPointer<Element>) {
    pointer = buffer.baseAddress ?? UnsafePointer(bitPattern: MemoryLayout<Element>.alignment)!
  }

  /// One element.
  @inlinable package subscript(_ index: Int) -> Element { pointer[index] }
}

/// The same memory as single precision: only called where `Scalar` is `Float`.
@inlinable @inline(__always)
package func floats<Scalar>(_ pointer: UnsafePointer<Scalar>) -> UnsafePointer<Float> {
  UnsafeRawPointer(pointer).assumingMemoryBound(to: Float.self)
}

/// The same memory as single precision: only called where `Scalar` is `Float`.
@inlinable @inline(__always)
package func floats<Scalar>(_ pointer: UnsafeMutablePointer<Scalar>) -> UnsafeMutablePointer<Float>
{
  UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Float.self)
}

/// Called now and then during long work with the fraction done, from 0 to 1.
public typealias ProgressHandler = @Sendable (_ fraction: Double) -> Void
