import Tensors
import TestSupport
import Testing

@testable import DataFiles

@Suite struct HostilePNGTests {
  private var valid: HandMadePNG {
    var png = HandMadePNG(width: 4, height: 3, bitDepth: 8, colorType: 0)
    png.samples = (0..<12).map { UInt16($0) }
    return png
  }

  private func expect(
    _ problem: String, kind: FiltersmithError.Kind = .format, _ bytes: [UInt8],
    _ location: SourceLocation = #_sourceLocation
  ) {
    let error = refusal(location) { _ = try Image(png: bytes, name: "photo.png") }
    let message = error?.message ?? ""
    #expect(message.contains(problem), "\(message)", sourceLocation: location)
    #expect(message.hasPrefix("photo.png"), "\(message)", sourceLocation: location)
    #expect(error?.kind == kind, sourceLocation: location)
  }

  /// A file of the given chunks.
  private func file(_ chunks: (type: String, contents: [UInt8])...) -> [UInt8] {
    HandMadePNG.signature + chunks.flatMap { HandMadePNG.chunk($0.type, $0.contents) }
  }

  private var data: [UInt8] { HandMadePNG.compressed(valid.scanlines) }

  @Test("Headers that promise more than the file can hold are refused before memory is asked for")
  func huge() {
    for (width, height, bits) in [
      (0x7FFF_FFFF, 0x7FFF_FFFF, 16), (100_000, 100_000, 8), (0x7FFF_FFFF, 1, 8), (40_000, 1, 8),
    ] {
      var png = valid
      (png.width, png.height, png.bitDepth) = (width, height, bits)
      png.colorType = 6
      let bytes = file(("IHDR", png.header), ("IDAT", data), ("IEND", []))
      let isCountable = width < 0x7FFF_FFFF || height < 0x7FFF_FFFF
      expect(
        isCountable ? "cannot make as many" : "more bytes than can be counted",
        kind: isCountable ? .format : .limit, bytes)
    }
    #expect(MemoryLimit.isPlausible(count: 1032, fromDeflated: 1))
    #expect(!MemoryLimit.isPlausible(count: 1033, fromDeflated: 1))
    #expect(MemoryLimit.isPlausible(count: .max, fromDeflated: .max))
    #expect(refusal { try MemoryLimit.check(.max, for: "photo.png") }?.kind == .limit)
  }

  @Test("Headers outside the format")
  func headers() {
    func changed(_ offset: Int, _ value: UInt8) -> [UInt8] {
      var header = valid.header
      header[offset] = value
      return file(("IHDR", header), ("IDAT", data), ("IEND", []))
    }
    expect("declares 0 × 3 pixels", changed(3, 0))
    expect("declares 2147483652 × 3 pixels", changed(0, 0x80))
    expect("7 bits", changed(8, 7))
    expect("color type 5", changed(9, 5))
    expect("interlace", changed(10, 1))
    expect("interlace", changed(11, 1))
    expect("interlace", changed(12, 2))
    expect("wrong size", file(("IHDR", []), ("IDAT", data), ("IEND", [])))
    expect("first chunk", file(("IDAT", data), ("IHDR", valid.header), ("IEND", [])))
    expect("first chunk", file(("IHDR", valid.header), ("IHDR", valid.header), ("IEND", [])))
  }

  @Test("Data that is missing, too short, too long or not deflated")
  func imageData() {
    func with(_ data: [UInt8]) -> [UInt8] {
      file(("IHDR", valid.header), ("IDAT", data), ("IEND", []))
    }
    expect("no image data", file(("IHDR", valid.header), ("IEND", [])))
    expect("no image data", with([]))
    expect("is damaged", with(HandMadePNG.compressed(Array(valid.scanlines.dropLast(4)))))
    expect("is damaged", with(HandMadePNG.compressed(valid.scanlines + [1, 2, 3])))
    expect("is damaged", with(Array(data.dropLast(1))))
    expect("is damaged", with([UInt8](repeating: 0xA5, count: 40)))
    var wrongChecksum = data
    wrongChecksum[data.count - 1] ^= 1
    expect("is damaged", with(wrongChecksum))
    var wrongFilter = valid.scanlines
    wrongFilter[0] = 9
    expect("is damaged", with(HandMadePNG.compressed(wrongFilter)))
  }

  @Test("Palettes and transparency that do not fit")
  func palettes() {
    var png = HandMadePNG(width: 2, height: 1, bitDepth: 4, colorType: 3)
    png.palette = [1, 2, 3, 4, 5, 6]
    png.samples = [0, 2]
    expect("pixel [0, 1] asks for colour 2 of a palette of 2", png.bytes)
    png.samples = [0, 1]
    #expect(throws: Never.self) { try Image(png: png.bytes) }
    var broken = png
    broken.palette = []
    expect("is damaged", broken.bytes)
    broken.palette = [1, 2, 3, 4]
    expect("is damaged", broken.bytes)
    broken = png
    broken.transparency = [1, 2, 3]
    expect("is damaged", broken.bytes)
    var grey = valid
    grey.transparency = [1]
    expect("is damaged", grey.bytes)
    grey.colorType = 4
    grey.samples += grey.samples
    grey.transparency = [0, 1]
    expect("is damaged", grey.bytes)
  }

  @Test("Chunks that are not understood are passed over; unknown critical ones are refused")
  func otherChunks() throws {
    let end = (type: "IEND", contents: [UInt8]())
    let passed = file(
      ("IHDR", valid.header), ("gAMA", [0, 0, 0x30, 0]), ("sBIT", [3]), ("abCd", [1, 2]),
      ("iCCP", [1, 2, 3]), ("IDAT", data), ("tEXt", []), end)
    #expect(try Image(png: passed) == Image(png: valid.bytes))
    #expect(try Image(png: valid.bytes + [1, 2, 3]) == Image(png: valid.bytes))
    expect("is damaged", file(("IHDR", valid.header), ("ABCD", [1]), ("IDAT", data), end))
  }

  @Test("Cut off after any byte, or with any one byte changed, a file is refused")
  func everyByte() {
    var png = HandMadePNG(width: 5, height: 4, bitDepth: 2, colorType: 3, isInterlaced: true)
    png.palette = [UInt8](0..<12)
    png.transparency = [9, 8]
    png.samples = (0..<20).map { UInt16($0 % 4) }
    let bytes = png.bytes
    for count in 0..<bytes.count {
      #expect(refusal { _ = try Image(png: Array(bytes[..<count])) }?.kind == .format)
    }
    for index in bytes.indices {
      for change: UInt8 in [1, 0x20, 0x80, 0xFF] {
        var changed = bytes
        changed[index] ^= change
        let error = refusal { _ = try Image(png: changed) }
        #expect(error != nil, "byte \(index) ^ \(change)")
      }
    }
  }
}
