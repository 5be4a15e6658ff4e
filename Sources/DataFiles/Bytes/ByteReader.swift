import CZlib
import Tensors

/// Reads numbers of either byte order, front to back, from a range of a file.
///
/// All formats read through this one type: nothing is read beyond the range, and every request is
/// checked against what is left before memory is allocated.
struct ByteReader {
  private enum Source {
    case stored(InputFile, start: Int)
    case deflated(Inflater)
  }

  /// The name of the range in messages.
  let name: String
  /// The number of bytes in the range; for deflated data, the declared number or, if there is none, an
  /// upper bound.
  let count: Int
  /// Whether ``count`` is the number of bytes and not only a bound.
  let isCountExact: Bool
  /// The number of bytes read so far.
  private(set) var position = 0
  private let source: Source
  private var checksum: UInt?

  /// The number of bytes left.
  var remaining: Int { count - position }

  /// Reads a whole file.
  init(_ file: InputFile) {
    self.init(file, range: 0..<file.count, name: file.name)
  }

  /// Reads a range inside a file.
  init(_ file: InputFile, range: Range<Int>, name: String, checksumming: Bool = false) {
    self.name = name
    count = range.count
    isCountExact = true
    source = .stored(file, start: range.lowerBound)
    checksum = checksumming ? 0 : nil
  }

  /// Reads the expanded contents of a deflated range.
  init(
    inflating inflater: Inflater, count: Int, isCountExact: Bool = true, name: String,
    checksumming: Bool = false
  ) {
    self.name = name
    self.count = count
    self.isCountExact = isCountExact
    source = .deflated(inflater)
    checksum = checksumming ? 0 : nil
  }

  /// Reads a whole file, or its expanded contents when its first bytes identify it as gzip.
  ///
  /// - Throws: ``FiltersmithError`` when the file cannot be read or there is not enough memory to expand it.
  init(expanding file: InputFile) throws(FiltersmithError) {
    guard file.count >= 2, try file.bytes(at: 0, count: 2) == [0x1F, 0x8B] else {
      self.init(file)
      return
    }
    let (most, overflow) = file.count.multipliedReportingOverflow(by: MemoryLimit.largestExpansion)
    let inflater = try Inflater(file, range: 0..<file.count, name: file.name, format: .gzip)
    self.init(
      inflating: inflater, count: overflow ? .max : most, isCountExact: false, name: file.name)
  }

  /// Fills a buffer; `what` says in messages what was to be read.
  ///
  /// - Throws: ``FiltersmithError`` when too few bytes are left or they are damaged.
  mutating func read(
    into buffer: UnsafeMutableRawBufferPointer, _ what: @autoclosure () -> String
  ) throws(FiltersmithError) {
    try require(buffer.count, what())
    switch source {
    case .stored(let file, let start): try file.read(into: buffer, at: start + position)
    case .deflated(let inflater): try inflater.read(into: buffer)
    }
    position += buffer.count
    if let sum = checksum, let start = buffer.baseAddress {
      checksum = crc32_z(sum, start.assumingMemoryBound(to: UInt8.self), buffer.count)
    }
  }

  /// The next bytes.
  ///
  /// - Throws: ``FiltersmithError`` when too few are left or they are damaged.
  mutating func bytes(
    _ count: Int, _ what: @autoclosure () -> String
  ) throws(FiltersmithError) -> [UInt8] {
    try require(count, what())
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: FiltersmithError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(FiltersmithError) { try read(into: buffer, what()) } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// The next integer.
  ///
  /// - Throws: ``FiltersmithError`` when too few bytes are left or they are damaged.
  mutating func integer<Number: FixedWidthInteger>(
    _ type: Number.Type = Number.self, _ order: ByteOrder, _ what: @autoclosure () -> String
  ) throws(FiltersmithError) -> Number {
    let bytes = try bytes(MemoryLayout<Number>.size, what())
    return bytes.withUnsafeBytes { $0.loadUnaligned(as: Number.self) }.fromFile(order)
  }

  /// Skips bytes.
  ///
  /// - Throws: ``FiltersmithError`` when too few are left or they are damaged.
  mutating func skip(_ count: Int, _ what: @autoclosure () -> String) throws(FiltersmithError) {
    try require(count, what())
    if case .stored = source, checksum == nil {
      position += count
    } else {
      var rest = count
      while rest > 0 {
        let piece = Swift.min(rest, 1 << 16)
        _ = try bytes(piece, what())
        rest -= piece
      }
    }
  }

  /// Checks at the end of the range that its data ends there and has the expected CRC-32.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` otherwise.
  mutating func finish(expecting expected: UInt32) throws(FiltersmithError) {
    try skip(remaining, "the rest")
    if case .deflated(let inflater) = source { try inflater.finish() }
    if let checksum, checksum != UInt(expected) {
      throw FiltersmithError(.format, "\(name) is damaged: its checksum does not match")
    }
  }

  /// Checks that nothing follows.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` when bytes are left or damaged.
  mutating func requireEnd() throws(FiltersmithError) {
    switch source {
    case .deflated(let inflater): try inflater.finish()
    case .stored:
      guard remaining == 0 else {
        throw FiltersmithError(
          .format, "\(name) should end at byte \(position); \(remaining) bytes follow")
      }
    }
  }

  /// Skips the rest; compressed data is checked for damage to its end.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` when it is damaged.
  mutating func ignoreRest() throws(FiltersmithError) {
    if case .deflated(let inflater) = source { try inflater.drain() }
  }

  private func require(_ needed: Int, _ what: @autoclosure () -> String) throws(FiltersmithError) {
    guard needed >= 0, needed <= remaining else {
      throw FiltersmithError(
        .format,
        "\(name) ends early: \(what()) needs \(needed) bytes at byte \(position); "
          + "\(remaining) are left")
    }
  }
}
