import Foundation
import Tensors
import TestSupport
import Testing

@testable import DataFiles

@Suite struct IDXTests {
  private static let types = ["u1", "i1", "i2", "i4", "f4", "f8"]
  private let arrays = Rule.arrays.filter { IDXTests.types.contains($0.code) }.map(\.array)

  @Test("A file spelt out byte by byte")
  func layout() throws {
    let bytes: [UInt8] = [0, 0, 0x0B, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x01, 0x02, 0xFF, 0xFE]
    let array = DataArray.int16(try Tensor(shape: [1, 2], elements: [258, -2]))
    #expect(try IDXFile.read(bytes: bytes) == array)
    #expect(try IDXFile.bytes(of: array) == bytes)
    #expect(try IDXFile.read(bytes: [0, 0, 8, 0, 7]) == .uint8(Tensor(scalar: 7)))
  }

  @Test("All six types come back, plain and compressed, whatever the file is called")
  func roundTrip() throws {
    #expect(arrays.count == 6)
    try withScratchFolder { folder in
      for array in arrays {
        for name in ["a.idx", "a.idx.gz"] {
          try IDXFile.write(array, to: folder + "/" + name)
          #expect(try IDXFile.read(folder + "/" + name) == array)
        }
        let compressed = try contents(folder + "/a.idx.gz")
        #expect(compressed.starts(with: [0x1F, 0x8B]))
        #expect(try IDXFile.read(bytes: compressed) == array)
        try IDXFile.write(array, to: folder + "/b.gz", compressed: false)
        #expect(try contents(folder + "/b.gz") == IDXFile.bytes(of: array))
      }
      #expect(
        try IDXFile.bytes(of: .bool(Tensor([true, false]))) == [0, 0, 8, 1, 0, 0, 0, 2, 1, 0])
      let wrong = refusal { try IDXFile.write(.int64(Tensor([1])), to: folder + "/c") }
      #expect(wrong?.kind == .argument && wrong?.message.contains("int64") == true)
    }
  }

  @Test("Several gzip members, and zeros behind them")
  func members() throws {
    let bytes = try IDXFile.bytes(of: arrays[0])
    var packed: [UInt8] = []
    for half in [bytes[..<20], bytes[20...]] {
      packed += try Array(half).withUnsafeBytes { try Deflater.gzip([$0], name: "") }
    }
    #expect(try IDXFile.read(bytes: packed) == arrays[0])
    #expect(try IDXFile.read(bytes: packed + [0, 0, 0]) == arrays[0])
    #expect(refusal { _ = try IDXFile.read(bytes: packed + [0, 7]) }?.kind == .format)
  }

  /// `Tests/Fixtures/make_records.py`'s and, where they lie beside the package, Fashion-MNIST's.
  @Test(
    "Files that others wrote",
    arguments: [(Fixtures.url("records/fashion"), 10)]
      + [SharedData.url("classification/fashion-mnist")].compactMap { $0.map { ($0, 5000) } })
  func fashion(folder: URL, count: Int) throws {
    let images = try IDXFile.read(folder.path + "/t10k-images-idx3-ubyte.gz")
    let labels = try IDXFile.read(folder.path + "/t10k-labels-idx1-ubyte.gz")
    #expect(images.shape == [count, 28, 28] && images.elementType == .uint8)
    #expect(labels.shape == [count])
    #expect(try Set(labels.asFloat().elements) == Set((0..<10).map { Float($0) }))
  }

  private func expect(
    _ problem: String, _ bytes: [UInt8], _ kind: FiltersmithError.Kind = .format,
    _ location: SourceLocation = #_sourceLocation
  ) {
    for isPacked in [false, true] {
      let error = refusal(location) {
        let packed = try bytes.withUnsafeBytes { try Deflater.gzip([$0], name: "") }
        _ = try IDXFile.read(bytes: isPacked ? packed : bytes, name: "a.idx")
      }
      #expect(error?.kind == kind, sourceLocation: location)
      let message = error?.message ?? ""
      #expect(message.contains("a.idx"), "\(message)", sourceLocation: location)
      if !isPacked { #expect(message.contains(problem), "\(message)", sourceLocation: location) }
    }
  }

  @Test("Headers that lie are refused before memory is asked for")
  func lies() {
    expect("ends early", [])
    expect("begins with 00 01 08 01 at byte 0", [0, 1, 8, 1, 0, 0, 0, 0])
    expect("begins with 00 00 0a 01", [0, 0, 10, 1, 0, 0, 0, 0])
    expect("255 axes at byte 3", [0, 0, 8, 255, 0, 0, 0, 0])
    expect("the extent of axis 1 needs 4 bytes at byte 8", [0, 0, 8, 2, 0, 0, 0, 1, 0])
    expect("from byte 8 on; 3 are there", [0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3])
    expect("from byte 8 on; 3 are there", [0, 0, 14, 1, 255, 255, 255, 255, 1, 2, 3])
    expect("not plausible", [0, 0, 8, 2] + [UInt8](repeating: 255, count: 8) + [1])
    expect("should end at byte 10; 1 bytes follow", [0, 0, 8, 1, 0, 0, 0, 2, 1, 2, 3])
  }

  @Test("Compressed files cut off after any byte are refused, and damage is found")
  func compressedDamage() throws {
    let bytes = try IDXFile.bytes(of: arrays[2])
    let packed = try bytes.withUnsafeBytes { try Deflater.gzip([$0], name: "") }
    for count in 0..<packed.count {
      #expect(refusal { _ = try IDXFile.read(bytes: Array(packed[..<count])) }?.kind == .format)
    }
    _ = survivors(of: [packed], cases: 2000, seed: 22) { bytes in
      // The checksum leaves nothing but the header's date and the like to change.
      let read = try IDXFile.read(bytes: bytes)
      #expect(read == arrays[2])
    }
    let accepted = survivors(of: [bytes], cases: 2000, seed: 23) { bytes in
      let read = try IDXFile.read(bytes: bytes)
      #expect(bits(read).count <= bytes.count)
    }
    #expect(accepted > 0)
  }
}
