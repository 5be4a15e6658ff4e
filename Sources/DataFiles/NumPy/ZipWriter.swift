import CZlib
import Tensors

/// Writes a ZIP archive front to back, with ZIP64 where sizes require it.
///
/// Source: PKWARE's APPNOTE.TXT, version 6.3.10, sections 4.3 and 4.5.3.
struct ZipWriter: ~Copyable {
  private var file: AtomicFile
  private var position = 0
  private var directory: [UInt8] = []
  private var entryCount = 0
  /// From here on sizes and offsets take 64 bits.
  private let zip64Threshold: Int

  init(_ path: String, zip64Threshold: Int = 0xFFFF_FFFF) throws(FiltersmithError) {
    file = try AtomicFile(path)
    self.zip64Threshold = zip64Threshold
  }

  /// Appends a file made of consecutive pieces.
  ///
  /// - Throws: ``FiltersmithError`` when the system refuses.
  mutating func append(
    name: String, _ pieces: [UnsafeRawBufferPointer], deflated: Bool
  ) throws(FiltersmithError) {
    var checksum: UInt = 0
    for piece in pieces where !piece.isEmpty {
      checksum = crc32_z(
        checksum, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), piece.count)
    }
    let count = pieces.reduce(0) { $0 + $1.count }
    let compressed = deflated ? try Deflater.deflate(pieces, name: name) : []
    let stored = deflated ? compressed.count : count
    let isLong = count >= zip64Threshold || stored >= zip64Threshold
    let isFarOff = position >= zip64Threshold

    let nameBytes = Array(name.utf8)
    func short(_ value: Int, _ isLong: Bool) -> [UInt8] {
      (isLong ? UInt32.max : UInt32(truncatingIfNeeded: value)).bytes(.little)
    }
    func extra(_ values: [Int]) -> [UInt8] {
      guard !values.isEmpty else { return [] }
      return UInt16(1).bytes(.little) + UInt16(8 * values.count).bytes(.little)
        + values.flatMap { UInt64($0).bytes(.little) }
    }
    // Version, flags (names are UTF-8), method, time, 1 January 1980: no clock, so that the same
    // arrays give the same file.
    var common = UInt16(isLong || isFarOff ? 45 : 20).bytes(.little)
    common += UInt16(nameBytes.allSatisfy { $0 < 0x80 } ? 0 : 0x800).bytes(.little)
    common += UInt16(deflated ? 8 : 0).bytes(.little)
    common += UInt16(0).bytes(.little) + UInt16(0x21).bytes(.little)
    common += UInt32(truncatingIfNeeded: checksum).bytes(.little)
    common += short(stored, isLong) + short(count, isLong)
    common += UInt16(nameBytes.count).bytes(.little)

    let localExtra = extra(isLong ? [count, stored] : [])
    let header =
      [0x50, 0x4B, 3, 4] + common + UInt16(localExtra.count).bytes(.little) + nameBytes + localExtra
    let directoryExtra = extra((isLong ? [count, stored] : []) + (isFarOff ? [position] : []))
    // Made by: version 4.5, Unix; permissions rw-r--r--.
    directory += [0x50, 0x4B, 1, 2] + UInt16(3 << 8 | 45).bytes(.little) + common
    directory += UInt16(directoryExtra.count).bytes(.little) + [UInt8](repeating: 0, count: 6)
    directory += UInt32(0o100644 << 16).bytes(.little) + short(position, isFarOff)
    directory += nameBytes + directoryExtra
    entryCount += 1

    try file.write(header)
    if deflated {
      try file.write(compressed)
    } else {
      for piece in pieces { try file.write(piece) }
    }
    position += header.count + stored
  }

  /// Writes the directory and puts the archive in its place.
  ///
  /// - Throws: ``FiltersmithError`` when the system refuses; nothing is left then.
  consuming func commit() throws(FiltersmithError) {
    let size = directory.count
    var end: [UInt8] = []
    let isLong = position >= zip64Threshold || size >= zip64Threshold || entryCount >= 0xFFFF
    if isLong {
      end += [0x50, 0x4B, 6, 6] + UInt64(44).bytes(.little)
      end += UInt16(3 << 8 | 45).bytes(.little) + UInt16(45).bytes(.little)
      end += [UInt8](repeating: 0, count: 8)
      end += UInt64(entryCount).bytes(.little) + UInt64(entryCount).bytes(.little)
      end += UInt64(size).bytes(.little) + UInt64(position).bytes(.little)
      end += [0x50, 0x4B, 6, 7] + UInt32(0).bytes(.little)
      end += UInt64(position + size).bytes(.little) + UInt32(1).bytes(.little)
    }
    let shortCount = (isLong ? UInt16.max : UInt16(entryCount)).bytes(.little)
    let shortSize = (isLong ? UInt32.max : UInt32(size)).bytes(.little)
    let shortPosition = (isLong ? UInt32.max : UInt32(position)).bytes(.little)
    end += [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 4)
    end += shortCount + shortCount + shortSize + shortPosition + [0, 0]
    try file.write(directory)
    try file.write(end)
    try file.commit()
  }
}
