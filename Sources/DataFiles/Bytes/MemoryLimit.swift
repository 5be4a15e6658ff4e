import Foundation
import Tensors

/// How much memory a file may make the library allocate.
///
/// Formats check first that a declared size agrees with the bytes that are there: an uncompressed
/// array must have its bytes, a deflated one at least a 1032nd of them. This limit comes after
/// that: the memory of the machine.
enum MemoryLimit {
  /// One byte of deflated data makes at most 1032 bytes (a copy of 258 bytes takes two bits).
  static let largestExpansion = 1032

  /// The memory of the machine in bytes.
  static let bytes = Int(clamping: ProcessInfo.processInfo.physicalMemory)

  /// Whether `compressed` bytes of deflated data can make `count` bytes.
  static func isPlausible(count: Int, fromDeflated compressed: Int) -> Bool {
    let (most, overflow) = compressed.multipliedReportingOverflow(by: largestExpansion)
    return overflow || count <= most
  }

  /// Checks an allocation before it is made.
  ///
  /// - Throws: ``FiltersmithError`` of kind `limit` when it is beyond the machine's memory.
  static func check(_ count: Int, for name: String) throws(FiltersmithError) {
    guard count <= bytes else {
      throw FiltersmithError(
        .limit, "\(name) needs \(count) bytes of memory; this machine has \(bytes)")
    }
  }

  /// The product of factors as a number of bytes.
  ///
  /// - Throws: ``FiltersmithError`` of kind `limit` when it does not fit an `Int`.
  static func product(_ factors: Int..., for name: String) throws(FiltersmithError) -> Int {
    var product = 1
    for factor in factors {
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      guard !overflow else {
        throw FiltersmithError(.limit, "\(name) declares more bytes than can be counted")
      }
      product = next
    }
    return product
  }
}
