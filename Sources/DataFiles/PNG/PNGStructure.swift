import CZlib
import Tensors

/// The outer structure of a PNG file, checked before libpng sees it: signature, chunks, IHDR.
///
/// Source: PNG specification, third edition, sections 5 and 11.2.1.
struct PNGStructure {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  let width: Int
  let height: Int
  /// Bits per sample, or per palette index.
  let bitDepth: Int
  /// 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGBA.
  let colorType: Int

  /// Samples per pixel as stored: 1 for a palette's index.
  var storedChannels: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType] ?? 1 }

  /// Walks through all chunks.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` for a file that is truncated or damaged, declares
  ///   what PNG does not allow, or declares more pixels than its data can produce.
  init(_ bytes: [UInt8], name: String) throws(FiltersmithError) {
    func refusal(_ problem: String) -> FiltersmithError {
      FiltersmithError(.format, "\(name) \(problem)")
    }
    guard bytes.starts(with: Self.signature) else {
      throw refusal("is not a PNG file: it does not begin with the PNG signature")
    }
    var reader = ByteReader(InputFile(name: name, bytes: bytes))
    try reader.skip(Self.signature.count, "the signature")
    var header: [UInt8]?
    var dataCount = 0
    chunks: while true {
      let start = reader.position
      guard reader.remaining >= 12 else {
        throw refusal("is cut off: a chunk is missing at byte \(start), the end of the file")
      }
      let count = Int(try reader.integer(UInt32.self, .big, "a chunk's length"))
      let type = try reader.bytes(4, "a chunk's type")
      guard type.allSatisfy({ (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }) else {
        throw refusal("is damaged: there is no chunk at byte \(start)")
      }
      let typeName = String(decoding: type, as: UTF8.self)
      guard count <= reader.remaining - 4 else {
        throw refusal(
          "is cut off: chunk \(typeName) at byte \(start) declares \(count) bytes; "
            + "\(max(reader.remaining - 4, 0)) are left")
      }
      let checked = start + 4..<start + 8 + count
      let checksum = bytes.withUnsafeBufferPointer {
        crc32_z(0, $0.baseAddress.map { $0 + checked.lowerBound }, checked.count)
      }
      try reader.skip(count, "chunk \(typeName)")
      guard UInt(try reader.integer(UInt32.self, .big, "a checksum")) == checksum else {
        throw refusal(
          "is damaged: the checksum of chunk \(typeName) at byte \(start) does not match")
      }
      guard (header == nil) == (typeName == "IHDR") else {
        throw refusal("is damaged: its header is not its first chunk, or not its only header")
      }
      switch typeName {
      case "IHDR": header = Array(bytes[start + 8..<start + 8 + count])
      case "IDAT": dataCount += count
      case "IEND": break chunks
      default: break
      }
    }

    guard let header, header.count == 13 else {
      throw refusal("is damaged: its header has a wrong size")
    }
    func integer(_ offset: Int) -> Int {
      header[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    width = integer(0)
    height = integer(4)
    bitDepth = Int(header[8])
    colorType = Int(header[9])
    guard (1...0x7FFF_FFFF).contains(width), (1...0x7FFF_FFFF).contains(height) else {
      throw refusal("declares \(width) × \(height) pixels, which PNG does not allow")
    }
    let depths: [Int: [Int]] = [
      0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16],
    ]
    guard let allowed = depths[colorType] else {
      throw refusal("declares color type \(colorType); PNG knows 0, 2, 3, 4 and 6")
    }
    guard allowed.contains(bitDepth) else {
      throw refusal("declares \(bitDepth) bits per sample; color type \(colorType) has \(allowed)")
    }
    guard header[10] == 0, header[11] == 0, header[12] <= 1 else {
      throw refusal("declares a compression, filter or interlace method that PNG does not know")
    }
    guard dataCount > 0 else { throw refusal("holds no image data: it has no IDAT chunk") }
    let rowBytes = (width * storedChannels * bitDepth + 7) / 8
    let imageBytes = try MemoryLimit.product(rowBytes, height, for: name)
    guard MemoryLimit.isPlausible(count: imageBytes, fromDeflated: dataCount) else {
      throw refusal(
        "declares \(width) × \(height) pixels; its \(dataCount) bytes of data cannot make as many")
    }
  }
}
