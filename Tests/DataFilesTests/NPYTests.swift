import Foundation
import Numerics
import Tensors
import TestSupport
import Testing

@testable import DataFiles

/// What `rule.py` puts into element k of its arrays.
enum Rule {
  static func integer<Number: FixedWidthInteger>(_ type: Number.Type) -> Tensor<Number> {
    Tensor(shape: [2, 3, 4]) {
      Number(truncatingIfNeeded: UInt64($0[0] * 12 + $0[1] * 4 + $0[2]) &* 0x9E37_79B9_7F4A_7C15)
    }
  }

  static func floating<Number: BinaryFloatingPoint>(_ type: Number.Type) -> Tensor<Number> {
    Tensor(shape: [2, 3, 4]) { Number($0[0] * 12 + $0[1] * 4 + $0[2] - 11) / 8 }
  }

  static func complex<Number: Real & BinaryFloatingPoint>(
    _ type: Number.Type
  ) -> Tensor<Complex<Number>> {
    Tensor(shape: [2, 3, 4]) {
      let k = Number($0[0] * 12 + $0[1] * 4 + $0[2])
      return Complex((k - 11) / 8, k * k / 4)
    }
  }

  static let arrays: [(code: String, array: DataArray)] = [
    ("b1", .bool(Tensor(shape: [2, 3, 4]) { ($0[0] * 12 + $0[1] * 4 + $0[2]) % 3 == 1 })),
    ("i1", .int8(integer(Int8.self))), ("i2", .int16(integer(Int16.self))),
    ("i4", .int32(integer(Int32.self))), ("i8", .int64(integer(Int64.self))),
    ("u1", .uint8(integer(UInt8.self))), ("u2", .uint16(integer(UInt16.self))),
    ("u4", .uint32(integer(UInt32.self))), ("u8", .uint64(integer(UInt64.self))),
    ("f2", .float16(floating(Float16.self))), ("f4", .float32(floating(Float.self))),
    ("f8", .float64(floating(Double.self))), ("c8", .complex64(complex(Float.self))),
    ("c16", .complex128(complex(Double.self))),
  ]
}

@Suite struct NPYTests {
  @Test(
    "Every type × byte order × layout that numpy.savez wrote reads exactly",
    arguments: ["types-stored.npz", "types-deflated.npz"])
  func everyType(name: String) throws {
    let file = try NPZFile(contentsOf: fixture(name))
    #expect(file.names.count == 56)
    for (code, expected) in Rule.arrays {
      for order in ["little", "big"] {
        for layout in ["C", "F"] {
          let array = try file.array("\(code)-\(order)-\(layout)")
          #expect(array == expected, "\(code) \(order) \(layout)")
        }
      }
    }
  }

  @Test("Writing gives the bytes that numpy.save gives")
  func sameBytesAsNumPy() throws {
    let file = try InputFile(fixture("types-stored.npz"), expected: "")
    var compared = 0
    for entry in try ZipDirectory(file).entries where entry.name.hasSuffix("little-C.npy") {
      let bytes = try file.bytes(at: entry.range.lowerBound, count: entry.count)
      #expect(NPYFile.bytes(of: try NPYFile.read(bytes: bytes)) == bytes, "\(entry.name)")
      compared += 1
    }
    #expect(compared == 14)
    let corners = try InputFile(fixture("corners.npz"), expected: "")
    let unchanged = ["zero-rank", "empty", "one", "special", "payload", "text", "texts"]
    for entry in try ZipDirectory(corners).entries
    where unchanged.contains(String(entry.name.dropLast(4))) {
      let bytes = try corners.bytes(at: entry.range.lowerBound, count: entry.count)
      #expect(NPYFile.bytes(of: try NPYFile.read(bytes: bytes)) == bytes, "\(entry.name)")
      compared += 1
    }
    #expect(compared == 14 + unchanged.count)
  }

  @Test("Any byte order and layout, from bytes put together by hand")
  func byHand() throws {
    // Element [i, j] of a 2 × 3 array is 256 i + j + 1.
    func bytes(_ code: String, fortran: Bool, _ element: (Int) -> [UInt8]) -> [UInt8] {
      let header =
        "{'descr': '\(code)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': (2, 3)}\n"
      var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0]
      bytes += Array(header.utf8)
      if fortran {
        for j in 0..<3 { for i in 0..<2 { bytes += element(256 * i + j + 1) } }
      } else {
        for i in 0..<2 { for j in 0..<3 { bytes += element(256 * i + j + 1) } }
      }
      return bytes
    }
    let expected = Tensor<Double>(shape: [2, 3]) { Double(256 * $0[0] + $0[1] + 1) }
    func little(_ number: some FixedWidthInteger, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
    for fortran in [false, true] {
      for count in [2, 4, 8] {
        for letter in ["i", "u"] {
          let low = bytes("<\(letter)\(count)", fortran: fortran) { little($0, count) }
          let high = bytes(">\(letter)\(count)", fortran: fortran) { little($0, count).reversed() }
          #expect(try NPYFile.read(bytes: low).asDouble() == expected)
          #expect(try NPYFile.read(bytes: high).asDouble() == expected)
        }
      }
      func single(_ value: Int) -> [UInt8] { little(Float(value).bitPattern, 4) }
      func double(_ value: Int) -> [UInt8] { little(Double(value).bitPattern, 8) }
      #expect(
        try NPYFile.read(bytes: bytes("<f4", fortran: fortran, single)).asDouble() == expected)
      #expect(
        try NPYFile.read(bytes: bytes(">f8", fortran: fortran) { double($0).reversed() }).asDouble()
          == expected)
      let complex = bytes(">c16", fortran: fortran) {
        double($0).reversed() + double(-$0).reversed()
      }
      #expect(try NPYFile.read(bytes: complex) == .complex128(expected.map { Complex($0, -$0) }))
    }
  }

  @Test("Corner cases that NumPy wrote: no axes, no elements, many axes, special numbers, text")
  func corners() throws {
    let file = try NPZFile(contentsOf: fixture("corners.npz"))
    #expect(try file.array("zero-rank") == .float64(Tensor(scalar: 2.5)))
    #expect(try file.array("empty") == .float32(Tensor(shape: [3, 0, 2], elements: [])))
    #expect(try file.array("one") == .int16(Tensor([7])))
    #expect(
      try file.array("matrix-F") == .int32(Tensor(shape: [70, 45]) { Int32($0[0] * 45 + $0[1]) }))
    let five = Shape([2, 3, 4, 5, 6])
    #expect(
      try file.array("rank-five-F") == .float64(Tensor(shape: five) { Double(five.offset(of: $0)) })
    )
    let special = try #require(try file.array("special").tensor(of: Double.self)).elements
    #expect(special[0].isNaN && special[1].isNaN)
    #expect(special[1].sign == .minus)
    #expect(special[2...] == [.infinity, -.infinity, 0, .leastNonzeroMagnitude])
    #expect(special[4].sign == .minus)
    let payload = try #require(try file.array("payload").tensor(of: Double.self))
    #expect(payload.map(\.bitPattern).elements == [0x7FF8_0000_0000_0123, 0xFFF0_0000_0000_0001])
    #expect(try file.array("text").asText() == #"{"size": [9, 9], "name": "π/3 é 😀"}"#)
    #expect(try file.array("text-big").asText() == "π/3")
    #expect(
      try file.array("texts") == .text(Tensor(shape: [2, 2], elements: ["x", "y", "45°", ""])))
    #expect(
      try file.array("texts-F")
        == .text(Tensor(shape: [2, 3], elements: ["x", "y", "z", "45°", "", "w"])))
    #expect(try file.array("bytes") == .text(Tensor(["plain", "naïve"])))
  }

  @Test("Versions 1, 2 and 3, and a header of Python 2")
  func versions() throws {
    let expected = Tensor<Float>(shape: [2, 3]) { Float($0[0] * 3 + $0[1]) }
    for version in 1...3 {
      #expect(try NPYFile.read(fixture("version-\(version).npy")) == .float32(expected))
    }
    #expect(try NPYFile.read(fixture("python-2.npy")).asFloat() == expected)
  }

  @Test("Structured elements, Python objects and dates are refused with a sentence that says so")
  func otherTypes() throws {
    func message(_ name: String) throws -> String? {
      let path = try fixture(name)
      return refusal { _ = try NPYFile.read(path) }?.message
    }
    #expect(try message("structured.npy")?.contains("structured elements") == true)
    #expect(try message("objects.npy")?.contains("Python objects ('|O')") == true)
    #expect(try message("dates.npy")?.contains("'<M8[D]'") == true)
  }

  @Test("Every type, any shape, random bits: written and read again, bit for bit")
  func roundTrip() throws {
    var source = RandomSource(seed: 5)
    func random<Element>(_ type: Element.Type, _ shape: Shape) -> Tensor<Element> {
      Tensor(uninitialized: shape) { buffer in
        for index in UnsafeMutableRawBufferPointer(buffer).indices {
          UnsafeMutableRawBufferPointer(buffer)[index] = UInt8(source.integer(below: 256))
        }
      }
    }
    try withScratchFolder { folder in
      for shape in [Shape([]), [0], [1], [7], [3, 0], [2, 3], [2, 3, 4, 5], [1, 1, 1, 1, 1, 2]] {
        let arrays: [DataArray] = [
          .bool(random(UInt8.self, shape).map { $0 > 127 }), .int8(random(Int8.self, shape)),
          .int16(random(Int16.self, shape)), .int32(random(Int32.self, shape)),
          .int64(random(Int64.self, shape)), .uint8(random(UInt8.self, shape)),
          .uint16(random(UInt16.self, shape)), .uint32(random(UInt32.self, shape)),
          .uint64(random(UInt64.self, shape)), .float16(random(Float16.self, shape)),
          .float32(random(Float.self, shape)), .float64(random(Double.self, shape)),
          .complex64(random(Complex<Float>.self, shape)),
          .complex128(random(Complex<Double>.self, shape)),
          .text(random(UInt8.self, shape).map { String(repeating: "é𝄞", count: Int($0) % 5) }),
        ]
        for array in arrays {
          try NPYFile.write(array, to: folder + "/a.npy")
          let again = try NPYFile.read(folder + "/a.npy")
          #expect(again.shape == shape)
          #expect(again.elementType == array.elementType)
          #expect(bits(again) == bits(array), "\(array)")
          #expect(try contents(folder + "/a.npy") == NPYFile.bytes(of: array))
        }
      }
    }
  }

  @Test("As many axes as NumPy allows")
  func manyAxes() throws {
    let shape = Shape([Int](repeating: 1, count: 64))
    let array = DataArray(Tensor<UInt8>(repeating: 9, shape: shape))
    #expect(try NPYFile.read(bytes: NPYFile.bytes(of: array)) == array)
  }

  @Test("Conversions keep values, and refuse where there is no meaning")
  func conversions() throws {
    for (code, array) in Rule.arrays {
      if array.isComplex {
        #expect(refusal { _ = try array.asDouble() }?.kind == .format)
        #expect(refusal { _ = try array.asFloat() }?.kind == .format)
        #expect(try array.asComplex() == Rule.complex(Double.self))
      } else {
        let double = try array.asDouble()
        #expect(try array.asComplex() == double.map { Complex($0, 0) })
        #expect(try array.asFloat().elements.count == 24)
        if code.hasPrefix("f") { #expect(double == Rule.floating(Double.self)) }
        if code == "i8" { #expect(double == Rule.integer(Int64.self).map { Double($0) }) }
        if code == "b1" { #expect(double.sum() == 8) }
      }
      #expect(refusal { _ = try array.asText() }?.kind == .format)
    }
    #expect(
      refusal { _ = try DataArray(text: "a").asComplex() }?.message.contains("text []") == true)
    #expect(DataArray(Tensor<Float>([1])).tensor(of: Float.self) == Tensor([1]))
    #expect(DataArray(Tensor<Float>([1])).tensor(of: Double.self) == nil)
  }

  @Test(
    "All arrays of the shared data read, with the shape their header spells out",
    .enabled(if: SharedData.url("conformance") != nil, "needs ../shared"))
  func sharedArrays() throws {
    let root = try #require(SharedData.url("conformance"))
    let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    var count = 0
    while let url = files?.nextObject() as? URL {
      guard url.pathExtension == "npy" else { continue }
      let array = try NPYFile.read(url.path)
      let header = try contents(url.path).prefix(128)
      let extents = array.shape.dimensions.map(String.init)
      let shape = "(" + extents.joined(separator: ", ") + (extents.count == 1 ? ",)" : ")")
      #expect(String(decoding: header, as: UTF8.self).contains("'shape': \(shape)"), "\(url.path)")
      count += 1
    }
    #expect(count > 1000)
  }
}
