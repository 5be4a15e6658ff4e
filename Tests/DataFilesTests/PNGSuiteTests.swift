import Foundation
import Tensors
import TestSupport
import Testing

@testable import DataFiles

/// Willem van Schaik's suite, which lies in the shared data: skipped, by name, where that is absent.
@Suite("PngSuite", .enabled(if: SharedData.url("png/pngsuite") != nil, "needs ../shared"))
struct PNGSuiteTests {
  private struct Facts: Decodable {
    let width: Int
    let height: Int
    /// Channels and depth after palette and tRNS.
    let channels: Int
    let bitDepth: Int

    enum CodingKeys: String, CodingKey {
      case width, height
      case channels = "direct_planes"
      case bitDepth = "direct_bitdepth"
    }
  }

  private func names(corrupt: Bool) throws -> [String] {
    let folder = try #require(SharedData.url("png/pngsuite"))
    return try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".png") && $0.hasPrefix("x") == corrupt }.sorted()
  }

  private func path(_ name: String) throws -> String {
    try #require(SharedData.url("png/pngsuite/\(name)")).path
  }

  @Test("All valid files read with the declared size, channels and depth; golden samples are equal")
  func validFiles() throws {
    let meta = try Data(contentsOf: #require(SharedData.url("png/pngsuite-golden/meta.json")))
    let facts = try JSONDecoder().decode([String: Facts].self, from: meta)
    let names = try names(corrupt: false)
    #expect(names.count == 161)
    var goldenCount = 0
    for name in names {
      let image = try Image(contentsOf: path(name))
      let stem = String(name.dropLast(4))
      let fact = try #require(facts[stem], "\(name)")
      #expect(image.samples.shape == [fact.height, fact.width, fact.channels], "\(name)")
      #expect(image.bitDepth == fact.bitDepth, "\(name)")
      guard let golden = SharedData.url("png/pngsuite-golden/\(stem).npy") else { continue }
      goldenCount += 1
      let expected = try NPYFile.read(golden.path).asFloat()
      #expect(image.samples.map { Float($0) } == expected, "\(name)")
    }
    #expect(goldenCount == 81)
  }

  @Test("Interlacing does not change samples")
  func interlacedTwins() throws {
    let pairs = try names(corrupt: false).filter { $0.hasPrefix("basi") || $0.contains("i3p") }
    #expect(pairs.count == 15 + 18)
    for name in pairs {
      let twin =
        name.hasPrefix("basi")
        ? name.replacing("basi", with: "basn") : name.replacing("i3p", with: "n3p")
      #expect(try Image(contentsOf: path(name)) == Image(contentsOf: path(twin)), "\(name)")
    }
  }

  @Test("All corrupt files are refused; the error names file and problem")
  func corruptFiles() throws {
    let problems = [
      "xs1n0g01": "signature", "xs2n0g01": "signature", "xs4n0g01": "signature",
      "xs7n0g01": "signature", "xcrn0g04": "signature", "xlfn0g04": "signature",
      "xhdn0g08": "checksum of chunk IHDR", "xcsn0g01": "checksum of chunk IDAT",
      "xc1n0g08": "color type 1", "xc9n2c08": "color type 9", "xd0n2c08": "0 bits",
      "xd3n2c08": "3 bits", "xd9n2c08": "99 bits", "xdtn0g01": "no image data",
    ]
    let names = try names(corrupt: true)
    #expect(names.count == 14)
    for name in names {
      let error = refusal { _ = try Image(contentsOf: path(name)) }
      let problem = try #require(problems[String(name.dropLast(4))], "\(name)")
      #expect(error?.kind == .format, "\(name)")
      #expect(error?.message.contains(problem) == true, "\(name): \(error?.message ?? "")")
      #expect(error?.message.contains(name) == true)
    }
  }

  @Test("What is read, written and read again is the same picture")
  func rewritten() throws {
    for name in try names(corrupt: false) {
      let image = try Image(contentsOf: path(name))
      let again = try Image(png: image.pngBytes())
      if image.colorModel == .greyAlpha, image.bitDepth < 8 {
        #expect(again.channels() == image.channels(), "\(name)")
      } else {
        #expect(again == image, "\(name)")
      }
    }
  }
}
