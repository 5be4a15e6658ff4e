import Tensors

/// The list of files in a ZIP archive, with ZIP64.
///
/// Source: PKWARE's APPNOTE.TXT, version 6.3.10, sections 4.3 and 4.5.3.
struct ZipDirectory: Sendable {
  /// One file of the archive.
  struct Entry: Sendable {
    let name: String
    let isDeflated: Bool
    let checksum: UInt32
    /// The size when expanded, in bytes.
    let count: Int
    /// The offset of its stored bytes in the archive.
    let range: Range<Int>
  }

  /// The entries, in the order of the directory.
  let entries: [Entry]

  /// Reads and checks the directory of an archive.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` when it is not a ZIP archive, contradicts
  ///   itself, overlaps itself, or uses what is not supported (encryption, several disks, methods
  ///   other than stored and deflated).
  init(_ file: InputFile) throws(FiltersmithError) {
    let end = try ZipEnd(file)
    var reader = ByteReader(file, range: end.directory, name: "the directory of \(file.name)")
    var entries: [Entry] = []
    var extents: [(name: String, range: Range<Int>)] = []
    for _ in 0..<end.entryCount {
      let record = try ZipRecord(reading: &reader)
      let start = try record.dataStart(in: file, before: end.directory.lowerBound)
      let range = start..<start + record.compressedCount
      extents.append((record.name, record.headerOffset..<range.upperBound))
      entries.append(
        Entry(
          name: record.name, isDeflated: record.method == 8, checksum: record.checksum,
          count: record.count, range: range))
    }
    extents.sort { $0.range.lowerBound < $1.range.lowerBound }
    for (left, right) in zip(extents, extents.dropFirst())
    where left.range.upperBound > right.range.lowerBound {
      throw FiltersmithError(
        .format, "\(file.name) is damaged: its entries \(left.name) and \(right.name) overlap")
    }
    self.entries = entries
  }

  /// A reader of an entry's expanded bytes, which checks its checksum at the end.
  ///
  /// - Throws: ``FiltersmithError`` of kind `limit` when there is not enough memory to expand it.
  static func reader(for entry: Entry, in file: InputFile) throws(FiltersmithError) -> ByteReader {
    let name = "\(entry.name) in \(file.name)"
    guard entry.isDeflated else {
      return ByteReader(file, range: entry.range, name: name, checksumming: true)
    }
    let inflater = try Inflater(file, range: entry.range, name: name)
    return ByteReader(inflating: inflater, count: entry.count, name: name, checksumming: true)
  }
}

/// The end record of an archive, which locates the directory.
private struct ZipEnd {
  let directory: Range<Int>
  let entryCount: Int

  init(_ file: InputFile) throws(FiltersmithError) {
    func damaged(_ problem: String) -> FiltersmithError {
      FiltersmithError(.format, "\(file.name) is damaged: \(problem)")
    }
    let size = 22
    let signature: [UInt8] = [0x50, 0x4B, 5, 6]
    // A comment of at most 65,535 bytes may follow.
    let tailCount = min(file.count, size + 0xFFFF)
    let tail = try file.bytes(at: file.count - tailCount, count: tailCount)
    let found = stride(from: tailCount - size, through: 0, by: -1).first { start in
      tail[start...].starts(with: signature)
        && Int(tail[start + 20]) + Int(tail[start + 21]) << 8 == tailCount - start - size
    }
    guard let found else {
      throw FiltersmithError(
        .format, "\(file.name) is not a whole ZIP archive: it has no end of directory")
    }
    let position = file.count - tailCount + found
    var reader = ByteReader(file, range: position..<file.count, name: file.name)
    try reader.skip(4, "the signature")
    let disks = [
      try reader.integer(UInt16.self, .little, "the disk"),
      try reader.integer(UInt16.self, .little, "the directory's disk"),
    ]
    let diskEntries = try reader.integer(UInt16.self, .little, "the number of entries")
    let allEntries = try reader.integer(UInt16.self, .little, "the number of entries")
    let shortSize = try reader.integer(UInt32.self, .little, "the directory's size")
    let shortStart = try reader.integer(UInt32.self, .little, "the directory's place")
    var (count, length, start) = (Int(allEntries), Int(shortSize), Int(shortStart))
    var limit = position
    let isLong = allEntries == .max || shortSize == .max || shortStart == .max
    if isLong, let long = try Self.zip64(file, before: position) {
      (count, length, start, limit) = long
    } else {
      guard disks == [0, 0], diskEntries == allEntries else {
        throw damaged("it is one of several disks")
      }
    }
    let (end, overflow) = start.addingReportingOverflow(length)
    guard start >= 0, length >= 0, !overflow, end <= limit else {
      throw damaged("its directory (\(length) bytes at byte \(start)) lies outside the file")
    }
    // An entry takes at least 46 bytes.
    guard count >= 0, count <= length / 46 else {
      throw damaged("its directory of \(length) bytes cannot hold \(count) entries")
    }
    directory = start..<end
    entryCount = count
  }

  /// The 64-bit fields, if there are any.
  private static func zip64(
    _ file: InputFile, before position: Int
  ) throws(FiltersmithError) -> (count: Int, length: Int, start: Int, limit: Int)? {
    guard position >= 20 else { return nil }
    var locator = ByteReader(file, range: position - 20..<position, name: file.name)
    guard try locator.integer(UInt32.self, .little, "the ZIP64 locator") == 0x0706_4B50 else {
      return nil
    }
    try locator.skip(4, "the disk")
    let place = Int(
      clamping: try locator.integer(UInt64.self, .little, "the offset of the ZIP64 end"))
    guard place <= position - 20 - 56 else {
      throw FiltersmithError(
        .format, "\(file.name) is damaged: its ZIP64 end at byte \(place) lies outside the file")
    }
    var end = ByteReader(file, range: place..<position - 20, name: file.name)
    guard try end.integer(UInt32.self, .little, "the ZIP64 end") == 0x0606_4B50 else {
      throw FiltersmithError(
        .format, "\(file.name) is damaged: there is no ZIP64 end at byte \(place)")
    }
    try end.skip(28, "sizes, versions and disks")
    let count = try end.integer(UInt64.self, .little, "the number of entries")
    let length = try end.integer(UInt64.self, .little, "the directory's size")
    let start = try end.integer(UInt64.self, .little, "the directory's place")
    return (Int(clamping: count), Int(clamping: length), Int(clamping: start), place)
  }
}

/// One entry as the directory lists it.
private struct ZipRecord {
  let name: String
  let nameBytes: [UInt8]
  let method: Int
  let checksum: UInt32
  let compressedCount: Int
  let count: Int
  let headerOffset: Int

  init(reading reader: inout ByteReader) throws(FiltersmithError) {
    let place = reader.name
    guard try reader.integer(UInt32.self, .little, "an entry") == 0x0201_4B50 else {
      throw FiltersmithError(
        .format, "\(place) is damaged: there is no entry at its byte \(reader.position - 4)")
    }
    try reader.skip(4, "versions")
    let flags = try reader.integer(UInt16.self, .little, "flags")
    method = Int(try reader.integer(UInt16.self, .little, "the method"))
    try reader.skip(4, "the date")
    checksum = try reader.integer(UInt32.self, .little, "the checksum")
    let shortCompressed = try reader.integer(UInt32.self, .little, "the compressed size")
    let shortCount = try reader.integer(UInt32.self, .little, "the size")
    let nameCount = Int(try reader.integer(UInt16.self, .little, "the name's length"))
    let extraCount = Int(try reader.integer(UInt16.self, .little, "the extra field's length"))
    let commentCount = Int(try reader.integer(UInt16.self, .little, "the comment's length"))
    try reader.skip(8, "disk and attributes")
    let shortOffset = try reader.integer(UInt32.self, .little, "the place")
    nameBytes = try reader.bytes(nameCount, "the name")
    name = String(decoding: nameBytes, as: UTF8.self)
    let extra = try reader.bytes(extraCount, "the extra field")
    try reader.skip(commentCount, "the comment")

    let (name, method) = (name, method)
    var long = try Self.zip64Values(extra, name: "\(name), in \(place),")[...]
    func value(_ short: UInt32) throws(FiltersmithError) -> Int {
      guard short == .max else { return Int(short) }
      guard let value = long.popFirst() else {
        throw FiltersmithError(.format, "\(name), in \(place), lacks its ZIP64 sizes")
      }
      return Int(clamping: value)
    }
    // The fields are in this order, and only those that do not fit 32 bits are present.
    let (count, compressedCount) = (try value(shortCount), try value(shortCompressed))
    (self.count, self.compressedCount) = (count, compressedCount)
    headerOffset = try value(shortOffset)

    func refusal(_ problem: String) -> FiltersmithError {
      FiltersmithError(.format, "\(name), in \(place), \(problem)")
    }
    guard flags & 1 == 0 else { throw refusal("is encrypted") }
    guard method == 0 || method == 8 else {
      throw refusal("is compressed with method \(method); 0 (stored) and 8 (deflated) are read")
    }
    guard method == 8 || count == compressedCount else {
      throw refusal("declares \(count) bytes but stores \(compressedCount)")
    }
    guard method == 0 || MemoryLimit.isPlausible(count: count, fromDeflated: compressedCount) else {
      throw refusal("declares \(count) bytes; its \(compressedCount) cannot make as many")
    }
  }

  /// The values of the extra field 0x0001.
  private static func zip64Values(
    _ extra: [UInt8], name: String
  ) throws(FiltersmithError) -> [UInt64] {
    var reader = ByteReader(InputFile(name: "the extra field of \(name)", bytes: extra))
    // Some writers pad with less than a whole field.
    while reader.remaining >= 4 {
      let kind = try reader.integer(UInt16.self, .little, "a field")
      let length = Int(try reader.integer(UInt16.self, .little, "a field's length"))
      if kind == 1 {
        var values: [UInt64] = []
        for _ in 0..<length / 8 {
          values.append(try reader.integer(UInt64.self, .little, "a size"))
        }
        return values
      }
      try reader.skip(length, "a field")
    }
    return []
  }

  /// Where the data begins, according to the entry's own header, which must agree with this one.
  func dataStart(in file: InputFile, before limit: Int) throws(FiltersmithError) -> Int {
    func damaged(_ problem: String) -> FiltersmithError {
      FiltersmithError(.format, "\(file.name) is damaged: its entry \(name) \(problem)")
    }
    guard headerOffset >= 0, headerOffset <= limit - 30 else {
      throw damaged("at byte \(headerOffset) lies outside the data")
    }
    var reader = ByteReader(file, range: headerOffset..<limit, name: file.name)
    guard try reader.integer(UInt32.self, .little, "an entry") == 0x0403_4B50 else {
      throw damaged("has no header at byte \(headerOffset)")
    }
    try reader.skip(4, "version and flags")
    let method = Int(try reader.integer(UInt16.self, .little, "the method"))
    try reader.skip(16, "date, checksum and sizes")
    let nameCount = Int(try reader.integer(UInt16.self, .little, "the name's length"))
    let extraCount = Int(try reader.integer(UInt16.self, .little, "the extra field's length"))
    let ownName = try reader.bytes(nameCount, "the name")
    guard method == self.method, ownName == nameBytes else {
      throw damaged("has another name or method in its header at byte \(headerOffset)")
    }
    try reader.skip(extraCount, "the extra field")
    guard compressedCount <= reader.remaining else {
      throw damaged("declares \(compressedCount) bytes; at most \(reader.remaining) are there")
    }
    return headerOffset + reader.position
  }
}
