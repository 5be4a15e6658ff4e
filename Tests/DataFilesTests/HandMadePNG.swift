import CZlib

/// A PNG encoder for tests, written from the specification and sharing nothing with the library:
/// every colour type, depth, interlacing, PLTE and tRNS.
struct HandMadePNG {
  var width: Int
  var height: Int
  var bitDepth: Int
  var colorType: Int
  var isInterlaced = false
  /// PLTE and tRNS, as their chunks hold them.
  var palette: [UInt8] = []
  var transparency: [UInt8] = []
  /// Samples as stored, row by row, channel by channel within a pixel.
  var samples: [UInt16] = []

  var channels: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType] ?? 1 }

  /// The whole file.
  var bytes: [UInt8] {
    Self.signature + Self.chunk("IHDR", header)
      + (palette.isEmpty ? [] : Self.chunk("PLTE", palette))
      + (transparency.isEmpty ? [] : Self.chunk("tRNS", transparency))
      + Self.chunk("IDAT", Self.compressed(scanlines)) + Self.chunk("IEND", [])
  }

  static let signature: [UInt8] = [137, 80, 78, 71, 13, 10, 26, 10]

  var header: [UInt8] {
    Self.bigEndian(width) + Self.bigEndian(height)
      + [UInt8(bitDepth), UInt8(colorType), 0, 0, isInterlaced ? 1 : 0]
  }

  /// All rows of all passes, each after its filter byte (0: none).
  var scanlines: [UInt8] {
    let passes: [(x: Int, y: Int, dx: Int, dy: Int)] =
      isInterlaced
      ? [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
        (0, 1, 1, 2),
      ] : [(0, 0, 1, 1)]
    var lines: [UInt8] = []
    for pass in passes where pass.x < width {
      for y in stride(from: pass.y, to: height, by: pass.dy) {
        lines.append(0)
        var accumulator = 0
        var bits = 0
        for x in stride(from: pass.x, to: width, by: pass.dx) {
          for channel in 0..<channels {
            let sample = Int(samples[(y * width + x) * channels + channel])
            if bitDepth == 16 {
              lines += [UInt8(sample >> 8), UInt8(sample & 255)]
              continue
            }
            accumulator = accumulator << bitDepth | sample
            bits += bitDepth
            if bits == 8 {
              lines.append(UInt8(accumulator))
              (accumulator, bits) = (0, 0)
            }
          }
        }
        if bits > 0 { lines.append(UInt8(accumulator << (8 - bits) & 255)) }
      }
    }
    return lines
  }

  static func bigEndian(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  static func chunk(_ type: String, _ contents: [UInt8]) -> [UInt8] {
    let checked = Array(type.utf8) + contents
    return bigEndian(contents.count) + checked
      + bigEndian(Int(crc32(0, checked, UInt32(checked.count))))
  }

  static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var count = compressBound(UInt(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(count))
    compress2(&result, &count, bytes, UInt(bytes.count), 9)
    return Array(result[..<Int(count)])
  }

  /// The file with the checksums of all whole chunks made right again.
  static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    var start = 8
    while start + 12 <= bytes.count {
      let count = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      guard start + 12 + count <= bytes.count else { break }
      let checked = Array(bytes[start + 4..<start + 8 + count])
      let sum = bigEndian(Int(crc32(0, checked, UInt32(checked.count))))
      bytes.replaceSubrange(start + 8 + count..<start + 12 + count, with: sum)
      start += 12 + count
    }
    return bytes
  }
}
