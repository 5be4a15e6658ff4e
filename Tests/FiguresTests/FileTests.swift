import DataFiles
import Foundation
import Tensors
import Testing

@testable import Figures

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct FileTests {
  /// A figure with every sort of panel and legend.
  private static func figure(title: String = "Curves & \"pictures\" <of> all sorts") throws
    -> Figure
  {
    let curve = Axes.Series(
      x: [0, 1, 2, 3], y: [1, 0.5, .nan, 0.25], deviation: [0.1, 0.1, 0.1, 0.1], label: "loss")
    let stems = Axes.Series(x: [0, 1, 2], y: [0.5, -0.5, 0.2], mark: .stems, label: "taps")
    let ramp = Tensor<Double>(shape: [4, 6]) { Double($0[0] - $0[1]) }
    let picture = Panel.Picture(
      try ColorImage(ramp, map: .diverging, range: -5...5), xRange: -2...3, yRange: -2...1,
      xTicks: Ticks(in: -2...3, atMost: 3), yTicks: Ticks(in: -2...1, atMost: 3), marksOrigin: true,
      overlays: [Panel.Overlay(x: [-2, 3], y: [-2, 1], color: .black)])
    return Figure(
      title: title, subtitle: ["one", "two"],
      groups: [
        Figure.Group(
          heading: "curves",
          rows: [
            [
              Panel(
                "learning", .axes(Axes([curve, stems], xLabel: "epoch", yLabel: "error")),
                size: Size(120, 80))
            ]
          ], caption: ["a", "b"]),
        Figure.Group(
          heading: "picture", detail: "detail",
          rows: [[Panel("ramp", .picture(picture), size: Size(90, 80))]], rowLabels: ["row"]),
        Figure.Group(rows: [[.empty]]),
      ],
      legends: [
        .colorBar(map: .diverging, range: -5...5, ticks: Ticks(in: -5...5), label: "value"),
        .names([curve, stems], label: "lines"), .wheel(label: "orientation"),
      ])
  }

  private static func bigEndian(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $0 << 8 | Int($1) }
  }

  @Test func pngHasItsSignatureAndTheSizeOfThePage() throws {
    let figure = try Self.figure()
    let page = FigureLayout(figure, measuredOn: try Canvas.measuring()).page
    for pixelsPerInch in [72.0, 144, 300] {
      let bytes = try figure.rendered(as: .png, pixelsPerInch: pixelsPerInch)
      #expect(bytes.prefix(8) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
      let scale = pixelsPerInch / 72
      #expect(Self.bigEndian(bytes[16..<20]) == Int((page.width * scale).rounded(.up)))
      #expect(Self.bigEndian(bytes[20..<24]) == Int((page.height * scale).rounded(.up)))
    }
  }

  @Test func svgIsXMLWithATitleAndLetters() throws {
    let title = "Curves & \"pictures\" <of> all sorts"
    let bytes = try Self.figure(title: title).rendered(as: .svg)
    final class Reader: NSObject, XMLParserDelegate {
      var counts: [String: Int] = [:]
      var title = ""
      var open = ""
      func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
      ) {
        counts[name, default: 0] += 1
        open = name
      }
      func parser(_ parser: XMLParser, foundCharacters string: String) {
        if open == "title" { title += string }
      }
      func parser(
        _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
        qualifiedName: String?
      ) { open = "" }
    }
    let reader = Reader()
    let parser = XMLParser(data: Data(bytes))
    parser.delegate = reader
    #expect(parser.parse())
    #expect(reader.title == title)
    // Every letter is a use of a glyph; the title alone has thirty.
    #expect((reader.counts["use"] ?? 0) > 100)
    // The ramp, the colour bar and the wheel.
    #expect((reader.counts["image"] ?? 0) == 3)
  }

  @Test func svgReferencesAreWhole() throws {
    let text = String(decoding: try Self.figure().rendered(as: .svg), as: UTF8.self)
    func names(after mark: String, upTo end: Character) -> Set<String> {
      Set(text.components(separatedBy: mark).dropFirst().map { String($0.prefix { $0 != end }) })
    }
    let defined = names(after: " id=\"", upTo: "\"")
    let used = names(after: "xlink:href=\"#", upTo: "\"").union(names(after: "url(#", upTo: ")"))
    #expect(!used.isEmpty)
    #expect(used.isSubset(of: defined))
    #expect(defined.count == text.components(separatedBy: " id=\"").count - 1)
  }

  @Test func pdfHasItsHeaderAndNoDate() throws {
    let bytes = try Self.figure().rendered(as: .pdf)
    #expect(bytes.starts(with: Array("%PDF-1.".utf8)))
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("%%EOF"))
    #expect(!text.contains("CreationDate"))
  }

  @Test(arguments: FigureFormat.allCases)
  func theSameFigureGivesTheSameBytes(format: FigureFormat) throws {
    let first = try Self.figure().rendered(as: format)
    _ = try Self.figure(title: "another").rendered(as: format)
    #expect(try Self.figure().rendered(as: format) == first)
    #expect(try Self.figure(title: "another one").rendered(as: format) != first)
  }

  @Test func theEndingChoosesTheFormat() throws {
    #expect(try FigureFormat(path: "a.b/c.PNG") == .png)
    #expect(try FigureFormat(path: "../x.svg") == .svg)
    #expect(try FigureFormat(path: "x.tar.pdf") == .pdf)
    #expect(
      throws: FiltersmithError(
        .argument, "a figure's file name ends in .png, .svg or .pdf; 'bank.jpg' ends in .jpg")
    ) { try FigureFormat(path: "bank.jpg") }
    #expect(
      throws: FiltersmithError(
        .argument, "a figure's file name ends in .png, .svg or .pdf; 'dir.png/bank' has no ending")
    ) { try FigureFormat(path: "dir.png/bank") }
  }

  @Test func filesAreWrittenWholeOrNotAtAll() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "figures-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let figure = try Self.figure()
    for format in FigureFormat.allCases {
      let path = folder.path + "/figure." + format.rawValue
      try figure.write(to: path)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(figure.rendered(as: format)))
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.sorted() == ["figure.pdf", "figure.png", "figure.svg"])
    let nowhere = folder.path + "/missing/figure.png"
    #expect {
      try figure.write(to: nowhere)
    } throws: { error in
      let error = error as? FiltersmithError
      return error?.kind == .file && error?.message.contains(nowhere) == true
    }
    #expect(throws: FiltersmithError.self) { try figure.write(to: folder.path + "/figure.gif") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 3)
  }

  @Test func pagesBeyondAllBoundsAreRefused() throws {
    let figure = Figure(
      title: "large",
      groups: [Figure.Group(rows: [[Panel("", .empty, size: Size(40_000, 10))]])])
    #expect {
      try figure.rendered(as: .png)
    } throws: { ($0 as? FiltersmithError)?.kind == .limit }
    #expect(throws: FiltersmithError.self) { try figure.rendered(as: .png, pixelsPerInch: 0) }
    #expect(throws: FiltersmithError.self) { try figure.rendered(as: .png, pixelsPerInch: .nan) }
  }

  @Test func aFigureWithoutGroupsIsItsTitle() throws {
    for format in FigureFormat.allCases {
      #expect(!(try Figure(title: "", groups: []).rendered(as: format).isEmpty))
    }
  }

  @Test("The page is white to its last pixel at any resolution", arguments: [72.0, 97, 100, 151])
  func lastPixels(resolution: Double) throws {
    let image = try Image(
      png: try Self.figure().rendered(as: .png, pixelsPerInch: resolution))
    let (samples, bottom, right) = (image.samples, image.height - 1, image.width - 1)
    #expect((0...right).allSatisfy { samples[bottom, $0, 0] == 255 })
    #expect((0...bottom).allSatisfy { samples[$0, right, 0] == 255 })
  }
}
