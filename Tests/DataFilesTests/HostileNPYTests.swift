import Tensors
import TestSupport
import Testing

@testable import DataFiles

@Suite struct HostileNPYTests {
  private func file(
    _ header: String, version: UInt8 = 1, payload: [UInt8] = [UInt8](repeating: 0, count: 24)
  ) -> [UInt8] {
    let length = header.utf8.count
    let count = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + count + Array(header.utf8) + payload
  }

  private func header(
    _ shape: String = "(2, 3)", _ descr: String = "'<f4'", _ fortran: String = "False"
  ) -> String {
    "{'descr': \(descr), 'fortran_order': \(fortran), 'shape': \(shape), }"
  }

  private func expect(
    _ problem: String, _ bytes: [UInt8], _ location: SourceLocation = #_sourceLocation
  ) {
    let error = refusal(location) { _ = try NPYFile.read(bytes: bytes, name: "a.npy") }
    let message = error?.message ?? ""
    #expect(message.contains(problem), "\(message)", sourceLocation: location)
    #expect(message.contains("a.npy"), "\(message)", sourceLocation: location)
  }

  @Test("The wrong signature, version or header length")
  func fronts() {
    expect("NPY signature", [])
    expect("NPY signature", Array("not an array".utf8))
    var bytes = file(header())
    bytes[6] = 4
    expect("version 4.0", bytes)
    bytes[6] = 1
    bytes[7] = 1
    expect("version 1.1", bytes)
    bytes = file(header(), version: 2)
    bytes.replaceSubrange(8..<12, with: [0xFF, 0xFF, 0xFF, 0xFF])
    expect("a header of 4294967295 bytes", bytes)
    bytes = file(header())
    bytes.replaceSubrange(8..<10, with: [0xFF, 0xFF])
    expect("ends early", bytes)
  }

  @Test("Headers that are no dictionary of the three entries")
  func dictionaries() {
    for text in ["", "{", "{'descr': '<f4'", "[1]", "{'descr': '<f4'}", "None", "{}", "{,}"] {
      expect("header of a.npy", file(text))
    }
    let whole = header()
    for count in 0..<whole.utf8.count {
      expect("header of a.npy", file(String(whole.prefix(count))))
    }
    expect("only 'descr'", file("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'x': 1}"))
    expect(
      "only 'descr'",
      file("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6,)}"))
    expect("expected at byte", file(header() + "x"))
    expect("a closing quote", file("{'descr': '<f4"))
    expect("escapes", file(header("(2, 3)", "'\\x3cf4'")))
    expect("flatter", file(String(repeating: "(", count: 5000)))
    expect("flatter", file(header(String(repeating: "[", count: 5000))))
    expect("neither True nor False", file(header("(2, 3)", "'<f4'", "0")))
    expect("a value", file(header("(2, 3)", "'<f4'", "false")))
  }

  @Test("Shapes that are negative, too large, no tuple or more than the payload")
  func shapes() {
    expect("from 0 up", file(header("(-2, 3)")))
    expect("from 0 up", file(header("('2', 3)")))
    expect("from 0 up", file(header("(True, 3)")))
    expect("not a tuple", file(header("[2, 3]")))
    expect("not a tuple", file(header("(6)")))
    expect("64 bits", file(header("(99999999999999999999999999,)")))
    expect("64 bits", file(header("(-,)")))
    expect("more elements than fit", file(header("(4294967296, 4294967296, 16)")))
    expect("more elements than fit", file(header("(0, 9223372036854775807, 9223372036854775807)")))
    expect("more bytes than can be counted", file(header("(9223372036854775807,)")))
    expect("65 axes", file(header("(" + String(repeating: "1, ", count: 65) + ")")))
    expect("float32 [2, 4], 32 bytes; 24 follow", file(header("(2, 4)")))
    expect("float32 [2, 2], 16 bytes; 24 follow", file(header("(2, 2)")))
    expect("float32 [1000000000000], 4000000000000 bytes", file(header("(1000000000000,)")))
    expect("float32 [0], 0 bytes; 24 follow", file(header("(0,)")))
  }

  @Test("Elements that are no numbers and no text of a width")
  func elements() {
    for code in [
      "|O", "|V8", "<M8[ns]", "<m8", "<f16", "<c32", "<i3", "<f-4", "<f", "f", "<", "", "<q8",
      "<x4",
      "<b2", "<U0", "|S0", "<U4611686018427387904", "<i4 ", "<i٤", "<f0",
    ] {
      expect("header of a.npy names", file(header("(2, 3)", "'\(code)'")))
    }
    expect("structured", file(header("(2, 3)", "[('x', '<f4')]")))
    expect("structured", file(header("(2, 3)", "None")))
    expect("bytes; 24 follow", file(header("()", "'<U1000000000'")))
    expect(
      "not a Unicode character",
      file(header("()", "'<U6'"), payload: [0, 0, 0x11, 0] + [UInt8](repeating: 0, count: 20)))
    expect(
      "not text in UTF-8",
      file(header("(2, 3)", "'|S4'"), payload: [0xFF] + [UInt8](repeating: 0, count: 23)))
  }

  @Test("What other writers may write is read: spaces, quotes, no trailing comma, long numbers")
  func tolerated() throws {
    let expected = DataArray.float32(Tensor(repeating: 0, shape: [2, 3]))
    for text in [
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
      "  {\t\"shape\":(2L,3L,) , \"fortran_order\":False,\n'descr' : \"<f4\" , }   \n",
      "{'descr': 'f4', 'fortran_order': False, 'shape': (+2, 03)}",
      "{'descr': '=f4', 'fortran_order': False, 'shape': ((2), (3))}",
    ] {
      for version: UInt8 in 1...3 {
        #expect(try NPYFile.read(bytes: file(text, version: version)) == expected, "\(text)")
      }
    }
    let bools = file(header("(4,)", "'|b1'"), payload: [0, 1, 2, 255])
    #expect(try NPYFile.read(bytes: bools) == .bool(Tensor([false, true, true, true])))
  }

  @Test("Cut off after any byte, a file is refused")
  func truncation() {
    for array in [DataArray(Tensor<Double>([1, 2, 3])), DataArray(text: "π/3")] {
      let bytes = NPYFile.bytes(of: array)
      for count in 0..<bytes.count {
        #expect(refusal { _ = try NPYFile.read(bytes: Array(bytes[..<count])) }?.kind == .format)
      }
    }
  }
}
