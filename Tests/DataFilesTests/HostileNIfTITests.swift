import Tensors
import TestSupport
import Testing

@testable import DataFiles

@Suite struct HostileNIfTITests {
  private let volume: NIfTIVolume

  init() throws {
    let data = Tensor<Int16>(shape: [2, 3, 4]) { Int16($0[0] * 12 + $0[1] * 4 + $0[2]) }
    var volume = try NIfTIVolume(data: DataArray(data), version: .nifti1)
    volume.extensions = [NIfTIVolume.Extension(code: 6, data: Array("text".utf8))]
    self.volume = volume
  }

  /// The volume's bytes with some of them replaced.
  private func changed(_ place: Int, _ bytes: [UInt8]) -> [UInt8] {
    var file = volume.bytes
    file.replaceSubrange(place..<place + bytes.count, with: bytes)
    return file
  }

  private func expect(
    _ problem: String, _ bytes: [UInt8], _ kind: FiltersmithError.Kind = .format,
    _ location: SourceLocation = #_sourceLocation
  ) {
    for isPacked in [false, true] {
      let error = refusal(location) {
        let packed = try bytes.withUnsafeBytes { try Deflater.gzip([$0], name: "") }
        _ = try NIfTIVolume(bytes: isPacked ? packed : bytes, name: "a.nii")
      }
      #expect(error?.kind == kind, sourceLocation: location)
      let message = error?.message ?? ""
      #expect(message.contains("a.nii"), "\(message)", sourceLocation: location)
      if !isPacked {
        #expect(message.contains(problem), "\(message)", sourceLocation: location)
        #expect(message.contains("byte"), "\(message)", sourceLocation: location)
      }
    }
  }

  private func half(_ numbers: Int16...) -> [UInt8] { numbers.flatMap { $0.bytes(.little) } }

  @Test("Headers that are none, or lie about axes, types and places")
  func headers() {
    expect("the header's size needs 4 bytes", [])
    expect("a header of 2054846 bytes", [0xBE, 0x5A, 0x1F, 0] + [UInt8](repeating: 0, count: 400))
    expect("no signature at byte 344", changed(344, [0]))
    expect("0 axes at byte 40", changed(40, half(0)))
    expect("8 axes at byte 40", changed(40, half(8)))
    expect("-1 axes", changed(40, half(-1)))
    expect("[4, 0, 2]", changed(44, half(0)))
    expect("[-4, 3, 2]", changed(42, half(-4)))
    expect("type 1536 at byte 70", changed(70, half(1536)))
    expect("type 1 at", changed(70, half(1)))
    expect("begin at byte 300.0", changed(108, Float(300).bitPattern.bytes(.little)))
    expect("begin at byte nan", changed(108, Float.nan.bitPattern.bytes(.little)))
    expect(
      "begin at byte 1.0000000150474662e+30", changed(108, Float(1e30).bitPattern.bytes(.little)))
    expect("begin at byte 400.5", changed(108, Float(400.5).bitPattern.bytes(.little)))
    expect("it ends at byte 416", changed(108, Float(16_000_000).bitPattern.bytes(.little)))
  }

  @Test("Sizes that lie are refused before memory is asked for")
  func sizes() throws {
    let huge = [Int16](repeating: .max, count: 7).flatMap { $0.bytes(.little) }
    expect("not plausible", changed(40, half(7) + huge), .limit)
    expect("from byte 368 on; 48 are there", changed(42, half(32767)))
    expect("at byte 352 declares 100000 bytes", changed(352, UInt32(100_000).bytes(.little)))
    expect("at byte 352 declares -5 bytes", changed(352, Int32(-5).bytes(.little)))
    expect("at byte 352 declares 7 bytes", changed(352, UInt32(7).bytes(.little)))
    var wide = try NIfTIVolume(data: volume.data, version: .nifti2)
    wide.header.set(.dimensions, [3, 4, 3, 5e17])
    expect("more bytes than can be counted", wide.bytes, .limit)
    wide.header.set(.dimensions, [3, 9e18, 9e18, 9e18])
    expect("not plausible", wide.bytes, .limit)
  }

  @Test("Files cut off after any byte, plain and compressed, and changed at random")
  func fuzz() throws {
    let plain = volume.bytes
    let packed = try plain.withUnsafeBytes { try Deflater.gzip([$0], name: "") }
    for bytes in [plain, packed] {
      for count in 0..<bytes.count {
        #expect(refusal { _ = try NIfTIVolume(bytes: Array(bytes[..<count])) }?.kind == .format)
      }
    }
    _ = survivors(of: [packed], cases: 2000, seed: 31) { bytes in
      let read = try NIfTIVolume(bytes: bytes)
      #expect(read.data == volume.data && read.extensions == volume.extensions)
    }
    let wide = try NIfTIVolume(data: volume.data, version: .nifti2)
    let accepted = survivors(of: [plain, wide.bytes], cases: 6000, seed: 32) { bytes in
      let read = try NIfTIVolume(bytes: bytes)
      #expect(bits(read.data).count <= bytes.count)
      // What was read can be written and read again.
      let again = try NIfTIVolume(bytes: read.bytes)
      #expect(bits(again.data) == bits(read.data))
      _ = (read.affine, read.spacing, try? read.values())
    }
    #expect(accepted > 0)
  }
}
