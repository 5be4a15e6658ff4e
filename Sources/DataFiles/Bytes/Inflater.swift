import CZlib
import Tensors

/// Expands a deflated range of a file, front to back, in bounded memory.
final class Inflater {
  /// The format around the deflated data.
  enum Format {
    /// Nothing (RFC 1951).
    case raw
    /// gzip's header and checksum, possibly several members (RFC 1952).
    case gzip
  }

  private let file: InputFile
  private let format: Format
  private let name: String
  private var next: Int
  private let end: Int
  /// zlib's state points back to this, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private var input: [UInt8] = []
  private var consumed = 0
  private var isAtEnd = false

  /// The offset of the next compressed byte in the file.
  private var place: Int { next - input.count + consumed }

  /// Expands deflated data in a range that lies inside the file.
  ///
  /// - Throws: ``FiltersmithError`` of kind `limit` when zlib cannot allocate memory.
  init(
    _ file: InputFile, range: Range<Int>, name: String, format: Format = .raw
  ) throws(FiltersmithError) {
    self.file = file
    self.format = format
    self.name = name
    next = range.lowerBound
    end = range.upperBound
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // zlib reads gzip's header and checks its checksum when 16 is added to the window's size.
    let window = format == .gzip ? MAX_WBITS + 16 : -MAX_WBITS
    let code = inflateInit2_(
      stream, window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else {
      throw FiltersmithError(.limit, "there is not enough memory to expand \(name)")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Fills the buffer with the next expanded bytes.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` when the data is damaged or expands to too few bytes.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FiltersmithError) {
    var filled = 0
    while filled < buffer.count {
      let made = try step(UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
      guard made > 0 || !isAtEnd else {
        throw FiltersmithError(
          .format,
          "\(name) is damaged: its compressed data, which ends at byte \(place), makes fewer bytes "
            + "than declared")
      }
      filled += made
    }
  }

  /// Checks that the data ends here.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` when it expands to more bytes or does not end.
  func finish() throws(FiltersmithError) {
    var extra: UInt8 = 0
    var made = 0
    while !isAtEnd, made == 0 {
      var failure: FiltersmithError?
      withUnsafeMutableBytes(of: &extra) { buffer in
        do throws(FiltersmithError) { made = try step(buffer) } catch { failure = error }
      }
      if let failure { throw failure }
    }
    guard made == 0, next == end, consumed == input.count else {
      throw FiltersmithError(
        .format, "\(name) is damaged: its compressed data makes more bytes than declared")
    }
  }

  /// Skips the rest and verifies its checksum.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` when it is damaged or does not end.
  func drain() throws(FiltersmithError) {
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while !isAtEnd {
      var failure: FiltersmithError?
      piece.withUnsafeMutableBytes { buffer in
        do throws(FiltersmithError) { _ = try step(buffer) } catch { failure = error }
      }
      if let failure { throw failure }
    }
  }

  /// Expands into a non-empty buffer as far as the present input goes, and returns how many bytes it wrote.
  private func step(_ buffer: UnsafeMutableRawBufferPointer) throws(FiltersmithError) -> Int {
    guard !isAtEnd else { return 0 }
    guard try refill() else {
      throw FiltersmithError(
        .format, "\(name) is damaged: its compressed data ends early, at byte \(end)")
    }
    let room = min(buffer.count, 1 << 30)
    let (code, left, unfilled) = input.withUnsafeMutableBufferPointer { source in
      stream.pointee.next_in = source.baseAddress.map { $0 + consumed }
      stream.pointee.avail_in = UInt32(source.count - consumed)
      stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(room)
      let code = inflate(stream, Z_NO_FLUSH)
      return (code, Int(stream.pointee.avail_in), Int(stream.pointee.avail_out))
    }
    consumed = input.count - left
    guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
      throw FiltersmithError(
        .format, "\(name) is damaged: its compressed data is not valid before byte \(place)")
    }
    if code == Z_STREAM_END { try endMember() }
    return room - unfilled
  }

  /// Makes sure that there is input; false at its end.
  private func refill() throws(FiltersmithError) -> Bool {
    guard consumed == input.count else { return true }
    guard next < end else { return false }
    input = try file.bytes(at: next, count: min(end - next, 1 << 16))
    next += input.count
    consumed = 0
    return true
  }

  /// Ends, or begins the next of several concatenated gzip files.
  private func endMember() throws(FiltersmithError) {
    guard format == .gzip else {
      isAtEnd = true
      return
    }
    // Tapes and some tools pad with zeros.
    while try refill() {
      switch input[consumed] {
      case 0: consumed += 1
      case 0x1F:
        inflateReset(stream)
        return
      default:
        throw FiltersmithError(
          .format, "\(name) is damaged: its compressed data does not continue at byte \(place)")
      }
    }
    isAtEnd = true
  }
}
