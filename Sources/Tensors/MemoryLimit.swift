import Foundation

/// How much memory numbers from a file or a description may make the library allocate: the one door that
/// such allocations pass.
///
/// File formats check first that a declared size agrees with the bytes that are there: an uncompressed
/// array must have its bytes, a deflated one at least a 1032nd of them. This limit comes after
/// that: the memory of the machine.
package enum MemoryLimit {
  /// One byte of deflated data makes at most 1032 bytes (a copy of 258 bytes takes two bits).
  package static let largestExpansion = 1032

  /// The memory of the machine in bytes.
  package static let bytes = Int(clamping: ProcessInfo.processInfo.physicalMemory)

  /// Whether `compressed` bytes of deflated data can make `count` bytes.
  package static func isPlausible(count: Int, fromDeflated compressed: Int) -> Bool {
    let (most, overflow) = compressed.multipliedReportingOverflow(by: largestExpansion)
    return overflow || count <= most
  }

  /// Checks an allocation before it is made.
  ///
  /// - Throws: ``FiltersmithError`` of kind `limit` when it is beyond the machine's memory.
  package static func check(_ count: Int, for name: String) throws(FiltersmithError) {
    guard count <= bytes else {
      throw FiltersmithError(
        .limit, "\(name) needs \(count) bytes of memory; this machine has \(bytes)")
    }
  }

  /// Checks memory for some numbers before it is allocated.
  ///
  /// - Throws: ``FiltersmithError`` of kind `limit` when it is beyond the machine's memory.
  package static func check<Element>(
    _ count: Int, of type: Element.Type, for name: String
  ) throws(FiltersmithError) {
    try check(try product(count, MemoryLayout<Element>.stride, for: name), for: name)
  }

  /// The product of factors as a number of bytes.
  ///
  /// - Throws: ``FiltersmithError`` of kind `limit` when it does not fit an `Int`.
  package static func product(_ factors: Int..., for name: String) throws(FiltersmithError) -> Int {
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
