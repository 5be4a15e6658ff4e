import CZlib

/// A ZIP encoder for tests, written from the specification and sharing nothing with the library:
/// every field can be made to lie.
struct HandMadeZip {
  /// One entry; fields left `nil` are true.
  struct Entry {
    var name: String
    /// What is stored, compressed already where the method says so.
    var stored: [UInt8]
    var flags: UInt16 = 0
    var method: UInt16 = 0
    var checksum: UInt32?
    var count: UInt32?
    var compressedCount: UInt32?
    var offset: UInt32?
    var localName: String?
    var localSignature: [UInt8] = [0x50, 0x4B, 3, 4]
    var extra: [UInt8] = []
    /// Whether the entry is only listed; its bytes lie inside another's.
    var isListedOnly = false
  }

  var entries: [Entry]
  var entryCount: UInt16?
  var directorySize: UInt32?
  var directoryOffset: UInt32?
  var disk: UInt16 = 0
  var comment: [UInt8] = []

  static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> Number($0 * 8)) }
  }

  /// The fields that the directory and the entry's own header share.
  private static func common(_ entry: Entry, name: String, extra: [UInt8]) -> [UInt8] {
    let sum = UInt32(crc32(0, entry.stored, UInt32(entry.stored.count)))
    let count = UInt32(entry.stored.count)
    let parts = [
      little(UInt16(20)), little(entry.flags), little(entry.method), little(UInt32(0)),
      little(entry.checksum ?? sum), little(entry.compressedCount ?? count),
      little(entry.count ?? count), little(UInt16(name.utf8.count)), little(UInt16(extra.count)),
    ]
    return parts.flatMap { $0 }
  }

  /// An entry's own header and its bytes.
  static func local(_ entry: Entry) -> [UInt8] {
    let name = entry.localName ?? entry.name
    return entry.localSignature + common(entry, name: name, extra: []) + Array(name.utf8)
      + entry.stored
  }

  /// The whole file.
  var bytes: [UInt8] {
    var data: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let offset = entry.offset ?? UInt32(data.count)
      if !entry.isListedOnly { data += Self.local(entry) }
      directory += [0x50, 0x4B, 1, 2] + Self.little(UInt16(20))
      directory += Self.common(entry, name: entry.name, extra: entry.extra)
      directory += [UInt8](repeating: 0, count: 10) + Self.little(offset)
      directory += Array(entry.name.utf8) + entry.extra
    }
    let count = Self.little(entryCount ?? UInt16(entries.count))
    var end: [UInt8] = [0x50, 0x4B, 5, 6] + Self.little(disk) + [0, 0] + count + count
    end += Self.little(directorySize ?? UInt32(directory.count))
    end += Self.little(directoryOffset ?? UInt32(data.count))
    end += Self.little(UInt16(comment.count)) + comment
    return data + directory + end
  }

  /// Raw deflate data.
  static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    // A zlib stream without its two bytes of header and four of checksum.
    Array(HandMadePNG.compressed(bytes).dropFirst(2).dropLast(4))
  }
}
