import CZlib
import Tensors

/// Compresses pieces of data that follow each other into one raw deflate stream (RFC 1951).
enum Deflater {
  /// The compressed bytes of all pieces.
  ///
  /// - Throws: ``FiltersmithError`` of kind `limit` when zlib cannot allocate memory.
  static func deflate(
    _ pieces: [UnsafeRawBufferPointer], name: String
  ) throws(FiltersmithError) -> [UInt8] {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    let started = deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    guard started == Z_OK else {
      throw FiltersmithError(.limit, "there is not enough memory to compress \(name)")
    }
    defer { deflateEnd(stream) }

    var compressed: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1 << 16)
    func run(_ flush: Int32) -> Int32 {
      while true {
        let (code, made) = room.withUnsafeMutableBufferPointer { target in
          stream.pointee.next_out = target.baseAddress
          stream.pointee.avail_out = UInt32(target.count)
          let code = CZlib.deflate(stream, flush)
          return (code, target.count - Int(stream.pointee.avail_out))
        }
        compressed.append(contentsOf: room[..<made])
        // Room left over means that zlib has no more output for this input.
        if code != Z_OK || made < room.count { return code }
      }
    }
    for piece in pieces {
      var rest = piece[...]
      while !rest.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
        stream.pointee.next_in = UnsafeMutablePointer(
          mutating: part.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(part.count)
        _ = run(Z_NO_FLUSH)
        rest = rest.dropFirst(part.count)
      }
    }
    guard run(Z_FINISH) == Z_STREAM_END else {
      throw FiltersmithError(.limit, "there is not enough memory to compress \(name)")
    }
    return compressed
  }

  /// The pieces as one gzip file (RFC 1952) without a name or a date, so that equal data give equal
  /// bytes.
  ///
  /// - Throws: ``FiltersmithError`` of kind `limit` when zlib cannot allocate memory.
  static func gzip(
    _ pieces: [UnsafeRawBufferPointer], name: String
  ) throws(FiltersmithError) -> [UInt8] {
    var checksum: UInt = 0
    var count = 0
    for piece in pieces where !piece.isEmpty {
      checksum = crc32_z(checksum, piece.bindMemory(to: UInt8.self).baseAddress, piece.count)
      count += piece.count
    }
    // No flags, no date, no extra flags, unknown system.
    let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    return try header + deflate(pieces, name: name)
      + UInt32(truncatingIfNeeded: checksum).bytes(.little)
      + UInt32(truncatingIfNeeded: count).bytes(.little)
  }
}
