import Foundation
import Tensors
import TestSupport
import Testing

@testable import DataFiles

/// Files of every kind that PNG knows: `Tests/Fixtures/make_png.py`'s and, where it lies beside the
/// package, Willem van Schaik's suite.
@Suite("Suites of PNG files") struct PNGSuiteTests {
  struct Files: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let folder: URL
    /// Sizes and depths of all valid files.
    let meta: URL
    let validCount: Int
    /// How the name of a file without interlacing is made of its interlaced twin's.
    let twin: @Sendable (String) -> String?
    let twinCount: Int
    /// What a reader must say of the broken files, by the beginning of their names.
    let problems: [String: String]
    /// The samples of a file, where they are stored; of so many they are.
    let samples: @Sendable (String) throws -> Tensor<Float>?
    let sampledCount: Int
  }

  static let suites: [Files] =
    [own] + [SharedData.url("png")].compactMap { $0.map { published($0) } }

  private static let own = Files(
    testDescription: "Tests/Fixtures", folder: Fixtures.url("png"),
    meta: Fixtures.url("png/meta.json"), validCount: 78,
    twin: { $0.hasSuffix("-interlaced") ? String($0.dropLast(11)) : nil }, twinCount: 35,
    problems: [
      "broken-signature": "signature", "broken-newlines": "signature",
      "broken-header-checksum": "checksum of chunk IHDR",
      "broken-data-checksum": "checksum of chunk IDAT",
      "broken-color-1": "color type 1", "broken-color-9": "color type 9",
      "broken-depth-0": "0 bits", "broken-depth-3": "3 bits", "broken-depth-99": "99 bits",
      "broken-no-data": "no image data",
    ],
    samples: { try NPZFile(contentsOf: Fixtures.url("png/samples.npz").path).array($0).asFloat() },
    sampledCount: 78)

  private static func published(_ folder: URL) -> Files {
    let golden = folder.appendingPathComponent("pngsuite-golden")
    return Files(
      testDescription: "PngSuite", folder: folder.appendingPathComponent("pngsuite"),
      meta: golden.appendingPathComponent("meta.json"), validCount: 161,
      twin: { name in
        if name.hasPrefix("basi") { return name.replacing("basi", with: "basn") }
        return name.contains("i3p") ? name.replacing("i3p", with: "n3p") : nil
      }, twinCount: 15 + 18,
      problems: [
        "xs1n0g01": "signature", "xs2n0g01": "signature", "xs4n0g01": "signature",
        "xs7n0g01": "signature", "xcrn0g04": "signature", "xlfn0g04": "signature",
        "xhdn0g08": "checksum of chunk IHDR", "xcsn0g01": "checksum of chunk IDAT",
        "xc1n0g08": "color type 1", "xc9n2c08": "color type 9", "xd0n2c08": "0 bits",
        "xd3n2c08": "3 bits", "xd9n2c08": "99 bits", "xdtn0g01": "no image data",
      ],
      samples: { stem in
        let file = golden.appendingPathComponent("\(stem).npy")
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        return try NPYFile.read(file.path).asFloat()
      }, sampledCount: 81)
  }

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

  /// The names of the valid or of the broken files, without their endings.
  private func stems(_ suite: Files, broken: Bool = false) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: suite.folder.path)
      .filter { $0.hasSuffix(".png") }.map { String($0.dropLast(4)) }
      .filter { (suite.problems[$0] != nil) == broken }.sorted()
  }

  private func path(_ stem: String, _ suite: Files) -> String {
    suite.folder.appendingPathComponent("\(stem).png").path
  }

  @Test(
    "All valid files read with the declared size, channels and depth; golden samples are equal",
    arguments: suites)
  func validFiles(_ suite: Files) throws {
    let facts = try JSONDecoder().decode([String: Facts].self, from: Data(contentsOf: suite.meta))
    let stems = try stems(suite)
    #expect(stems.count == suite.validCount)
    var sampledCount = 0
    for stem in stems {
      let image = try Image(contentsOf: path(stem, suite))
      let fact = try #require(facts[stem], "\(stem)")
      #expect(image.samples.shape == [fact.height, fact.width, fact.channels], "\(stem)")
      #expect(image.bitDepth == fact.bitDepth, "\(stem)")
      guard let expected = try suite.samples(stem) else { continue }
      sampledCount += 1
      #expect(image.samples.map { Float($0) } == expected, "\(stem)")
    }
    #expect(sampledCount == suite.sampledCount)
  }

  @Test("Interlacing does not change samples", arguments: suites)
  func interlacedTwins(_ suite: Files) throws {
    var count = 0
    for stem in try stems(suite) {
      guard let twin = suite.twin(stem) else { continue }
      count += 1
      #expect(
        try Image(contentsOf: path(stem, suite)) == Image(contentsOf: path(twin, suite)), "\(stem)")
    }
    #expect(count == suite.twinCount)
  }

  @Test("All corrupt files are refused; the error names file and problem", arguments: suites)
  func corruptFiles(_ suite: Files) throws {
    let stems = try stems(suite, broken: true)
    #expect(stems.count == suite.problems.count)
    for stem in stems {
      let error = refusal { _ = try Image(contentsOf: path(stem, suite)) }
      let problem = try #require(suite.problems[stem], "\(stem)")
      #expect(error?.kind == .format, "\(stem)")
      #expect(error?.message.contains(problem) == true, "\(stem): \(error?.message ?? "")")
      #expect(error?.message.contains("\(stem).png") == true)
    }
  }

  @Test("What is read, written and read again is the same picture", arguments: suites)
  func rewritten(_ suite: Files) throws {
    for stem in try stems(suite) {
      let image = try Image(contentsOf: path(stem, suite))
      let again = try Image(png: image.pngBytes())
      if image.colorModel == .greyAlpha, image.bitDepth < 8 {
        #expect(again.channels() == image.channels(), "\(stem)")
      } else {
        #expect(again == image, "\(stem)")
      }
    }
  }
}
