import Tensors
import TestSupport
import Testing

@testable import DataFiles

/// Files changed at random: whatever comes out, the process lives, and what is read makes sense.
@Suite struct FuzzTests {
  private var pictures: [[UInt8]] {
    var source = RandomSource(seed: 11)
    return ImageTests.forms.flatMap { form in
      [false, true].map { isInterlaced in
        var png = HandMadePNG(
          width: 9, height: 6, bitDepth: form.bitDepth, colorType: form.colorType,
          isInterlaced: isInterlaced)
        png.samples = (0..<54 * png.channels).map { _ in
          UInt16(source.integer(below: 1 << form.bitDepth))
        }
        if form.colorType == 3 {
          png.palette = [UInt8](repeating: 7, count: 3 << form.bitDepth)
          png.transparency = [1, 2]
        } else if form.colorType == 0 {
          png.transparency = [0, 1]
        }
        return png.bytes
      }
    }
  }

  private func readPicture(_ bytes: [UInt8]) throws {
    let image = try Image(png: bytes)
    // Whatever was declared, the samples keep to it.
    #expect(image.samples.count == image.width * image.height * image.colorModel.channelCount)
    #expect(image.samples.elements.allSatisfy { $0 <= image.maximum })
  }

  @Test("Pictures, their checksums as they are: damage is found")
  func pictureDamage() {
    _ = survivors(of: pictures, cases: 3000, seed: 12, readPicture)
  }

  @Test("Pictures, their checksums made right: libpng sees the lies")
  func pictureLies() {
    let accepted = survivors(
      of: pictures, cases: 6000, seed: 13, repair: HandMadePNG.repaired, readPicture)
    // Changes to what is passed over, or to a palette, leave a valid file.
    #expect(accepted > 0)
  }

  @Test("Arrays")
  func arrays() {
    let files = [
      NPYFile.bytes(of: DataArray(Tensor<Float>(repeating: 1, shape: [2, 3]))),
      NPYFile.bytes(of: DataArray(Tensor<Bool>([true, false]))),
      NPYFile.bytes(of: DataArray(Tensor<String>(["π/3", "", "x"]))),
      NPYFile.bytes(of: DataArray(Tensor<UInt64>(repeating: 1, shape: []))),
    ]
    let accepted = survivors(of: files, cases: 6000, seed: 14) { bytes in
      let array = try NPYFile.read(bytes: bytes)
      #expect(bits(array).count <= 8 * bytes.count)
    }
    #expect(accepted > 0)
  }

  @Test("Archives: with the checksum of every entry, damaged elements are never returned")
  func archives() throws {
    let names = ["types-deflated.npz", "zip64.npz", "streamed.npz", "corners.npz"]
    let files = try names.map { try contents(fixture($0)) }
    let truths = try files.map { bytes in
      let file = try NPZFile(bytes: bytes)
      return Set(try file.names.map { bits(try file.array($0)) })
    }
    for (bytes, truth) in zip(files, truths) {
      let accepted = survivors(of: [bytes], cases: 1500, seed: 15) { bytes in
        let file = try NPZFile(bytes: bytes)
        for name in file.names.prefix(4) {
          #expect(truth.contains(bits(try file.array(name))), "\(name)")
        }
      }
      #expect(accepted > 0)
    }
  }

  @Test("Archives cut off after any byte are refused")
  func truncatedArchives() throws {
    for name in ["zip64.npz", "streamed.npz"] {
      let bytes = try contents(fixture(name))
      for count in 0..<bytes.count {
        #expect(refusal { _ = try NPZFile(bytes: Array(bytes[..<count])) }?.kind == .format)
      }
    }
  }

  @Test("Random bytes behind a right signature")
  func noise() {
    var source = RandomSource(seed: 16)
    for _ in 0..<3000 {
      let noise = (0..<source.integer(below: 200)).map { _ in UInt8(source.integer(below: 256)) }
      _ = refusal { _ = try Image(png: HandMadePNG.signature + noise) }
      _ = refusal { _ = try NPYFile.read(bytes: NPYHeader.magic + [1, 0] + noise) }
      _ = refusal { _ = try NPZFile(bytes: noise + [0x50, 0x4B, 5, 6] + noise.prefix(18)) }
    }
  }
}
