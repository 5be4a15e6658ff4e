import CZlib
import Numerics
import Tensors
import TestSupport
import Testing

@testable import DataFiles

@Suite struct NPZTests {
  private let array = DataArray(Tensor<Float>(shape: [2, 3]) { Float($0[0] * 3 + $0[1]) })
  private var npy: [UInt8] { NPYFile.bytes(of: array) }
  private var checksum: UInt32 { UInt32(crc32(0, npy, UInt32(npy.count))) }

  private func entry(_ name: String = "a.npy") -> HandMadeZip.Entry {
    HandMadeZip.Entry(name: name, stored: npy)
  }

  /// Opens an archive and reads all of it.
  @discardableResult
  private func read(_ bytes: [UInt8]) throws -> [String: DataArray] {
    let file = try NPZFile(bytes: bytes, name: "a.npz")
    var arrays: [String: DataArray] = [:]
    for name in file.names { arrays[name] = try file.array(name) }
    return arrays
  }

  @Test("A bank as the command writes it: complex kernels, directions, design as text")
  func bank() throws {
    let kernels = Tensor<Complex<Double>>(shape: [4, 5, 5]) {
      Complex(Double($0[1]) / 7, -Double($0[2]) / 3)
    }
    let directions = Tensor<Double>(shape: [4, 2]) { Double($0[0] + $0[1]) }
    try withScratchFolder { folder in
      for compressed in [false, true] {
        let path = folder + "/bank.npz"
        try NPZFile.write(
          [
            ("kernels", .complex128(kernels)), ("directions", .float64(directions)),
            ("design", DataArray(text: #"{"center": "π/3"}"#)),
          ], to: path, compressed: compressed)
        let file = try NPZFile(contentsOf: path)
        #expect(file.names == ["kernels", "directions", "design"])
        #expect(try file.array("kernels") == .complex128(kernels))
        #expect(try file.array("directions").asDouble() == directions)
        #expect(try file.array("design").asText() == #"{"center": "π/3"}"#)
        #expect(try listing(folder) == ["bank.npz"])
      }
    }
  }

  @Test("ZIP64 and streamed archives that Python wrote")
  func python() throws {
    let file = try NPZFile(contentsOf: fixture("zip64.npz"))
    #expect(file.names == ["a", "b"])
    for (name, first) in [("a", 97.0), ("b", 98.0)] {
      #expect(try file.array(name) == .float64(Tensor([0, 1, 2, 3, 4].map { $0 + first })))
    }
    let streamed = try NPZFile(contentsOf: fixture("streamed.npz"))
    #expect(try streamed.array("a") == .float64(Tensor([0, 1, 2, 3, 4])))
  }

  @Test("Every threshold at which sizes and places become long gives a file that reads back")
  func writingZip64() throws {
    try withScratchFolder { folder in
      let path = folder + "/a.npz"
      let arrays = (0..<3).map { index in
        (name: "é\(index)", array: DataArray(Tensor<UInt8>(repeating: 7, shape: [50 * index + 1])))
      }
      for threshold in [0, 1, 100, 180, 200, 240, 300, 500, 1_000_000] {
        for compressed in [false, true] {
          let writer = try ZipWriter(path, zip64Threshold: threshold)
          try NPZFile.write(arrays, using: writer, path: path, compressed: compressed)
          let file = try NPZFile(contentsOf: path)
          #expect(file.names == arrays.map(\.name))
          for (name, array) in arrays { #expect(try file.array(name) == array) }
        }
      }
    }
  }

  @Test("No arrays, and more than 65,535")
  func counts() throws {
    try withScratchFolder { folder in
      let path = folder + "/a.npz"
      try NPZFile.write([], to: path)
      #expect(try NPZFile(contentsOf: path).names.isEmpty)
      let one = DataArray(Tensor<UInt8>([1]))
      try NPZFile.write((0..<65_540).map { ("\($0)", one) }, to: path)
      let file = try NPZFile(contentsOf: path)
      #expect(file.names.count == 65_540)
      #expect(try file.array("65539") == one)
    }
  }

  @Test("A true archive by hand reads, with a comment, a folder, extra fields and raw deflate too")
  func byHand() throws {
    var deflated = entry("b.npy")
    deflated.stored = HandMadeZip.deflated(npy)
    deflated.method = 8
    deflated.count = UInt32(npy.count)
    deflated.checksum = checksum
    var extra = entry("c.npy")
    extra.extra = [9, 9, 2, 0, 1, 1, 0]
    let folder = HandMadeZip.Entry(name: "folder/", stored: [])
    let zip = HandMadeZip(
      entries: [entry(), deflated, folder, extra], comment: Array("PK\u{5}\u{6} a comment".utf8))
    let arrays = try read(zip.bytes)
    #expect(arrays == ["a": array, "b": array, "c": array])
  }

  @Test("Each lie is refused with a sentence that names the file and the problem")
  func lies() throws {
    func expect(
      _ problem: String, _ zip: HandMadeZip, _ location: SourceLocation = #_sourceLocation
    ) {
      let message = refusal(location) { try read(zip.bytes) }?.message ?? ""
      #expect(message.contains(problem), "\(message)", sourceLocation: location)
      #expect(message.contains("a.npz"), "\(message)", sourceLocation: location)
    }
    func expect(
      _ problem: String, _ location: SourceLocation = #_sourceLocation,
      _ change: (inout HandMadeZip.Entry) -> Void
    ) {
      var lying = entry()
      change(&lying)
      expect(problem, HandMadeZip(entries: [lying]), location)
    }
    expect("checksum") { $0.checksum = 1 }
    expect("encrypted") { $0.flags = 1 }
    expect("method 14") { $0.method = 14 }
    expect("compressed data is not valid") {
      ($0.method, $0.stored) = (8, [UInt8](repeating: 0xFF, count: 40))
    }
    expect("declares 9999 bytes but stores") { $0.count = 9999 }
    expect("declares 9999 bytes; at most") { ($0.count, $0.compressedCount) = (9999, 9999) }
    expect("lacks its ZIP64 sizes") { $0.count = .max }
    expect("extra field") { ($0.count, $0.extra) = (.max, [1, 0, 8, 0, 1]) }
    expect("outside the data") { $0.offset = 1_000_000 }
    expect("no header at byte 0") { $0.localSignature = [1, 2, 3, 4] }
    expect("another name") { $0.localName = "b.npy" }
    expect("cannot make as many") { ($0.method, $0.count) = (8, 2_000_000_000) }

    for (problem, bytes) in [
      ("fewer bytes", Array(npy.dropLast(8))), ("more bytes", npy + [0, 0, 0]),
    ] {
      expect(problem) {
        ($0.stored, $0.method) = (HandMadeZip.deflated(bytes), 8)
        ($0.count, $0.checksum) = (UInt32(npy.count), checksum)
      }
    }
    expect("twice", HandMadeZip(entries: [entry(), entry()]))
    expect("several disks", HandMadeZip(entries: [entry()], disk: 1))
    expect("cannot hold 40000 entries", HandMadeZip(entries: [entry()], entryCount: 40_000))
    expect("lies outside the file", HandMadeZip(entries: [entry()], directorySize: 1_000_000))
    expect("lies outside the file", HandMadeZip(entries: [entry()], directoryOffset: 1_000_000))

    // An entry whose bytes hold another, which is listed as well.
    let inner = entry("inner.npy")
    let outer = HandMadeZip.Entry(name: "outer.npy", stored: HandMadeZip.local(inner))
    var listed = inner
    listed.isListedOnly = true
    listed.offset = UInt32(30 + outer.name.utf8.count)
    expect("outer.npy and inner.npy overlap", HandMadeZip(entries: [outer, listed]))
  }

  @Test("What is no archive, or no array inside of one, is refused")
  func notArchives() throws {
    #expect(refusal { try read([]) }?.message.contains("end of directory") == true)
    #expect(refusal { try read(Array("PK".utf8)) }?.kind == .format)
    let text = HandMadeZip.Entry(name: "notes.txt", stored: Array("hello".utf8))
    let file = try NPZFile(bytes: HandMadeZip(entries: [text, entry()]).bytes, name: "a.npz")
    // The other array is not lost.
    #expect(file.names == ["notes.txt", "a"])
    #expect(try file.array("a") == array)
    #expect(
      refusal { _ = try file.array("notes.txt") }?.message.contains("notes.txt in a.npz") == true)
    let missing = refusal { _ = try file.array("b") }
    #expect(missing?.message == "a.npz holds no array b; it holds notes.txt, a")
  }

  @Test("Names that NumPy could not read back are refused, and nothing is written")
  func badNames() throws {
    try withScratchFolder { folder throws in
      let path = folder + "/a.npz"
      #expect(refusal { try NPZFile.write([("", array)], to: path) }?.kind == .argument)
      #expect(refusal { try NPZFile.write([("a\0", array)], to: path) }?.kind == .argument)
      let twice = refusal { try NPZFile.write([("a", array), ("a", array)], to: path) }
      #expect(twice?.message.contains("name a") == true)
      #expect(try listing(folder).isEmpty)
    }
  }
}
