import Foundation  // aligned_alloc and free
import Tensors

/// Scratch memory aligned to 64 bytes: a cache line, and enough for any SIMD code.
///
/// Its elements are plain numbers (`Float`, `Double`, `Complex`), uninitialised at first and never
/// destroyed one by one.
public struct AlignedBuffer<Element>: ~Copyable, Sendable {
  /// The alignment in bytes.
  public static var alignment: Int { 64 }

  /// The number of elements.
  public let count: Int
  /// The first byte.
  public nonisolated(unsafe) let rawPointer: UnsafeMutableRawPointer

  /// Memory for some elements, whose values are undefined.
  ///
  /// - Throws: ``FiltersmithError`` when that much memory cannot be allocated.
  public init(count: Int) throws(FiltersmithError) {
    precondition(_isPOD(Element.self), "AlignedBuffer is for plain numbers, not \(Element.self)")
    let stride = MemoryLayout<Element>.stride
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: stride)
    let (padded, overflowPadding) = bytes.addingReportingOverflow(Self.alignment - 1)
    guard
      count >= 0, !overflow, !overflowPadding,
      let memory = aligned_alloc(Self.alignment, padded & ~(Self.alignment - 1))
    else {
      throw FiltersmithError(
        .limit, "there is not enough memory for a buffer of \(count) elements of \(stride) bytes")
    }
    self.count = count
    rawPointer = memory
    memory.bindMemory(to: Element.self, capacity: max(count, 1))
  }

  /// Memory for some elements, all set to one value.
  ///
  /// - Throws: ``FiltersmithError`` when that much memory cannot be allocated.
  public init(repeating value: Element, count: Int) throws(FiltersmithError) {
    try self.init(count: count)
    pointer.initialize(repeating: value, count: count)
  }

  deinit { free(rawPointer) }

  /// The first element.
  public var pointer: UnsafeMutablePointer<Element> {
    rawPointer.assumingMemoryBound(to: Element.self)
  }

  /// All elements.
  public var elements: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(start: pointer, count: count)
  }

  /// One element.
  public subscript(_ index: Int) -> Element {
    get { pointer[index] }
    nonmutating set { pointer[index] = newValue }
  }
}
