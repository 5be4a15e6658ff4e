import Foundation
import Numerics
import Tensors
import TestSupport
import Testing

@testable import DataFiles

@Suite struct SafetensorsTests {
  /// What `make_format_fixtures.py` wrote.
  private let arrays: [(name: String, array: DataArray)] =
    Rule.arrays.filter { $0.code != "c16" }.map { ($0.code, $0.array) } + [
      ("z.empty", .float32(Tensor(zeros: [0, 3]))), ("scalar", .float32(Tensor(scalar: 2.5))),
      ("π \"quoted\"\n", .uint8(Tensor([0, 1, 2]))),
    ]
  private let metadata = ["é\\\t": "x\u{1}/😀"]

  @Test("Every type that Python's safetensors wrote reads exactly, and writes to the same bytes")
  func pythonFile() throws {
    let path = try fixture("types.safetensors")
    let file = try SafetensorsFile(contentsOf: path)
    #expect(file.metadata == metadata)
    #expect(Set(file.names) == Set(arrays.map(\.name)))
    for (name, expected) in arrays {
      #expect(try file.array(name) == expected, "\(name)")
      #expect(file.shape(of: name) == expected.shape)
    }
    let written = try SafetensorsFile.bytes(of: arrays.reversed(), metadata: metadata)
    #expect(try written == contents(path))
    try withScratchFolder { folder in
      try SafetensorsFile.write(arrays, metadata: metadata, to: folder + "/a.safetensors")
      #expect(try contents(folder + "/a.safetensors") == written)
      #expect(try listing(folder) == ["a.safetensors"])
    }
  }

  @Test("BF16 becomes the single-precision numbers it abbreviates; eight-bit floats are refused")
  func narrowTypes() throws {
    let file = try SafetensorsFile(contentsOf: fixture("bfloat16.safetensors"))
    // The rule's numbers have few enough digits for BF16.
    #expect(try file.array("bf16") == .float32(Rule.floating(Float.self)))
    #expect(refusal { _ = try file.array("fp8") }?.message.contains("F8_E4M3") == true)
  }

  /// `Tests/Fixtures/make_network.py`'s network and, where it lies beside the package, ResNet-20.
  static let written: [(file: URL, width: Int, parameters: Int)] =
    [(Fixtures.url("network/weights.safetensors"), 4, 11_166)]
    + [SharedData.url("pretrained/resnet-cifar10/resnet20-12fca82f.safetensors")].compactMap {
      $0.map { ($0, 16, 269_722) }
    }

  @Test("Networks that PyTorch wrote", arguments: written)
  func networks(url: URL, width: Int, parameters: Int) throws {
    let file = try SafetensorsFile(contentsOf: url.path)
    #expect(file.shape(of: "conv1.weight") == [width, 3, 3, 3])
    var count = 0
    for name in file.names {
      let array = try file.array(name)
      try array.requireFinite(name)
      if !name.contains("running"), !name.contains("batches") { count += array.shape.elementCount }
    }
    #expect(count == parameters)
    let weight = try file.array("layer1.0.conv1.weight").asFloat()
    #expect(weight.shape == [width, width, 3, 3])
  }

  @Test("Names and types that cannot be written are refused before a file is made")
  func refusedWriting() throws {
    let one = DataArray(Tensor<Float>([1]))
    let cases: [([(name: String, array: DataArray)], String)] = [
      ([("a", one), ("a", one)], "two arrays"), ([("__metadata__", one)], "cannot name"),
      ([("a", DataArray(text: "x"))], "text"),
      ([("a", .complex128(Tensor(scalar: Complex(1, 2))))], "complex128"),
    ]
    try withScratchFolder { folder in
      for (arrays, problem) in cases {
        let error = refusal { try SafetensorsFile.write(arrays, to: folder + "/a") }
        #expect(error?.kind == .argument)
        #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
      }
      let names = try listing(folder)
      #expect(names.isEmpty)
    }
  }

  private func file(_ header: String, _ payload: Int = 8, length: UInt64? = nil) -> [UInt8] {
    (length ?? UInt64(header.utf8.count)).bytes(.little) + Array(header.utf8)
      + [UInt8](repeating: 0, count: payload)
  }

  private func expect(
    _ problem: String, _ bytes: [UInt8], _ location: SourceLocation = #_sourceLocation
  ) {
    let error = refusal(location) {
      _ = try SafetensorsFile(bytes: bytes, name: "a.safetensors")
    }
    #expect(error?.kind == .format, sourceLocation: location)
    let message = error?.message ?? ""
    #expect(message.contains(problem), "\(message)", sourceLocation: location)
    #expect(message.contains("a.safetensors"), "\(message)", sourceLocation: location)
    #expect(message.contains("byte"), "\(message)", sourceLocation: location)
  }

  private func entry(
    _ name: String = "a", _ type: String = "F32", _ shape: String = "[2]", _ range: String = "[0,8]"
  ) -> String {
    #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(range)}"#
  }

  @Test("Hand-made headers: what is right is read, however it is spaced")
  func spacing() throws {
    let header =
      "{ \"a\" : { \"shape\":[ 1 , 2 ] ,\n\"data_offsets\":[0,8],\t\"dtype\":\"F32\" } }  "
    let read = try SafetensorsFile(bytes: file(header))
    #expect(try read.array("a") == .float32(Tensor(zeros: [1, 2])))
    #expect(try SafetensorsFile(bytes: file("{}", 0)).names.isEmpty)
    let escaped = try SafetensorsFile(bytes: file("{" + entry(#"\u00e9\ud83d\ude00\/"#) + "}"))
    #expect(escaped.names == ["é😀/"])
  }

  @Test("Lengths that lie")
  func lengths() {
    expect("ends early", [1, 2, 3])
    expect("100000000", file("{}", length: .max))
    expect("100000000", file("{}", length: 100_000_001))
    expect("ends early", file("{}", length: 100_000_000))
    expect("'{'", file("", 0))
    expect("'{'", file(" {}", 0))
  }

  @Test("Arrays that overlap, leave gaps, are cut off or contradict their shapes")
  func layouts() {
    expect(
      "the array before it ends at 8",
      file("{\(entry()),\(entry("b", "F32", "[2]", "[4,12]"))}", 12))
    expect(
      "the array before it ends at 8",
      file("{\(entry()),\(entry("b", "F32", "[1]", "[12,16]"))}", 16))
    expect("the array before it ends at 0", file("{\(entry("a", "F32", "[1]", "[4,8]"))}", 8))
    expect("follow its header", file("{\(entry())}", 7))
    expect("follow its header", file("{\(entry())}", 9))
    expect("follow its header", file("{}", 1))
    expect("shape does not need", file("{\(entry("a", "F32", "[3]"))}"))
    expect("shape does not need", file("{\(entry("a", "F32", "[9223372036854775807]"))}"))
    expect("fits memory", file("{\(entry("a", "F32", "[4294967296,4294967296]"))}"))
    expect("the first not beyond", file("{\(entry("a", "F32", "[2]", "[8,0]"))}"))
    expect("the first not beyond", file("{\(entry("a", "F32", "[2]", "[0,8,8]"))}"))
    expect("whole number", file("{\(entry("a", "F32", "[-2]"))}"))
    expect("whole number", file("{\(entry("a", "F32", "[2.0]"))}"))
    expect("whole number", file("{\(entry("a", "F32", "[2e0]"))}"))
    expect("whole number", file("{\(entry("a", "F32", "[02]"))}"))
    expect("whole number", file("{\(entry("a", "F32", "[99999999999999999999]"))}"))
    expect("one of the types", file("{\(entry("a", "F33"))}"))
  }

  @Test("Names that come twice, members that are missing or strange")
  func members() {
    expect("has not occurred before", file("{\(entry()),\(entry())}"))
    expect("has not occurred before", file(#"{"__metadata__":{"a":"b","a":"c"}}"#, 0))
    expect("'\"'", file(#"{"__metadata__":{"a":1}}"#, 0))
    expect("one dtype", file(#"{"a":{"dtype":"F32","dtype":"F32"}}"#))
    expect("one dtype", file(#"{"a":{"type":"F32"}}"#))
    expect("before here", file(#"{"a":{"dtype":"F32","shape":[2]}}"#))
    expect("the end", file("{} x", 0))
    expect("known escape", file(#"{"\x":1}"#))
    expect("four hexadecimal", file(#"{"\u12":1}"#))
    expect("whole Unicode", file(#"{"\ud800":1}"#))
    expect("second half", file(#"{"\ud800\u0041":1}"#))
    expect("control character", file("{\"a\nb\":1}"))
    expect("closing quote", file("{\"abc"))
    expect("'{'", file("{\"a\":" + String(repeating: "[", count: 100_000)))
  }

  @Test("Files cut off after any byte, and changed at random")
  func fuzz() throws {
    let bytes = try contents(fixture("types.safetensors"))
    for count in 0..<bytes.count {
      #expect(refusal { _ = try SafetensorsFile(bytes: Array(bytes[..<count])) }?.kind == .format)
    }
    let accepted = survivors(of: [bytes], cases: 3000, seed: 21) { bytes in
      let file = try SafetensorsFile(bytes: bytes)
      for name in file.names { #expect(bits(try file.array(name)).count <= 2 * bytes.count) }
    }
    // Changes to elements are no business of the format.
    #expect(accepted > 0)
  }
}
