import Filtersmith
import Foundation
import TestSupport
import Testing

@Suite("filtersmith convolve --channels")
struct LayerTests {
  private static let folder = "conformance/onnx-cases"

  @Test("A layer correlates, adds its bias and steps")
  func layer() throws {
    try Command.inFreshFolder { command in
      let ramp = (0..<16).map(Double.init)
      try command.store(Tensor(shape: [1, 1, 4, 4], elements: ramp), as: "x.npy")
      try command.store(Tensor(shape: [2, 1, 1, 2], elements: [-1, 1, 2, 0]), as: "w.npy")
      try command.store(Tensor([10, 20]), as: "b.npy")
      expectSuccess(
        try command.run(
          "convolve x.npy w.npy --channels --bias b.npy --stride 2,2 --padding valid -o y.npy"))
      // Differences of neighbours are 1; twice the sample at every second place.
      #expect(
        try command.array("y.npy")
          == .float64(Tensor(shape: [1, 2, 2, 2], elements: [11, 11, 11, 11, 20, 24, 36, 40])))
    }
  }

  @Test("Without a batch axis in, none comes out")
  func unbatched() throws {
    try Command.inFreshFolder { command in
      try command.storeElements(Tensor<Float>(repeating: 1, shape: [3, 8, 8]), as: "x.npy")
      try command.storeElements(Tensor<Float>(repeating: 1, shape: [2, 3, 3, 3]), as: "w.npy")
      expectSuccess(try command.run("convolve x.npy w.npy --channels --padding same -o y.npy"))
      let output = try command.array("y.npy")
      #expect(output.elementType == .float32)
      #expect(output.shape == [2, 8, 8])
      #expect(try output.asFloat()[1, 4, 4] == 27)
      #expect(try output.asFloat()[1, 0, 0] == 12)
    }
  }

  @Test("What does not fit is said in one sentence")
  func refusals() throws {
    try Command.inFreshFolder { command in
      try command.store(Tensor<Double>(zeros: [1, 3, 8, 8]), as: "x.npy")
      try command.store(Tensor<Double>(zeros: [2, 1, 3, 3]), as: "w.npy")
      try command.store(Tensor<Double>(zeros: [2, 3, 3, 3]), as: "v.npy")
      try command.store(Tensor<Double>(zeros: [5]), as: "b.npy")
      func refuse(_ line: String, _ status: Int32, _ words: String...) throws {
        expectRefusal(
          try command.run("convolve \(line) --channels -o y.npy"), status: status, words: words)
      }
      try refuse("x.npy w.npy", 1, "expects 1 input channel", "has 3")
      try refuse("x.npy v.npy --bias b.npy", 1, "bias [5]", "2 channels")
      try refuse("x.npy v.npy --padding around", 2, "around", "same")
      try refuse("x.npy v.npy --groups 3", 2, "3 groups")
      try refuse("x.npy v.npy --stride 0", 2, "stride")
      try refuse("x.npy v.npy --output-padding 1,1", 2, "--transposed")
      try refuse("x.npy v.npy --transposed", 1, "transposed")
      #expect(try !command.files().contains("y.npy"))
    }
  }

  /// Every convolution and transposed convolution among the ONNX cases, by its folder.
  static let onnxCases: [String] = {
    guard let root = SharedData.url(folder) else { return [] }
    return ["node", "pytorch-converted"].flatMap { suite in
      let names =
        (try? FileManager.default.contentsOfDirectory(
          atPath: root.appendingPathComponent(suite).path)) ?? []
      return names.map { "\(suite)/\($0)" }
    }.filter { name in
      (try? ConvolutionCase(root.appendingPathComponent(name))) != nil
    }.sorted()
  }()

  /// Skipped where the cases do not lie beside the package.
  @Test(
    "ONNX's numbers", .enabled(if: SharedData.url("conformance/onnx-cases/node") != nil),
    arguments: onnxCases)
  func onnx(name: String) throws {
    let onnx = try ConvolutionCase(try #require(SharedData.url("\(Self.folder)/\(name)")))
    try Command.inFreshFolder { command in
      expectSuccess(try command.run(["convolve"] + onnx.arguments + ["-o", "y.npy"]))
      let difference = try relativeDifference(
        command.array("y.npy").asDouble(), try NPYFile.read(onnx.output).asDouble())
      #expect(difference < 1e-5)
    }
  }

  @Test(
    "The ONNX cases are found", .enabled(if: SharedData.url("conformance/onnx-cases/node") != nil))
  func found() { #expect(Self.onnxCases.count >= 19) }
}

/// One ONNX node as options of the command.
private struct ConvolutionCase {
  let arguments: [String]
  let output: String

  init(_ folder: URL) throws {
    let data = try Data(contentsOf: folder.appendingPathComponent("case.json"))
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let nodes = try #require(json["nodes"] as? [[String: Any]])
    let node = try #require(nodes.first)
    let operation = try #require(node["op"] as? String)
    guard nodes.count == 1, ["Conv", "ConvTranspose"].contains(operation) else {
      throw FiltersmithError(.format, "not a convolution")
    }
    var files = try #require(json["inputs"] as? [String: String])
    files.merge(json["initializers"] as? [String: String] ?? [:]) { $1 }
    let inputs = try #require(node["inputs"] as? [String]).map { name in
      folder.appendingPathComponent(try #require(files[name])).path
    }
    var arguments = Array(inputs.prefix(2)) + ["--channels"]
    if inputs.count > 2 { arguments += ["--bias", inputs[2]] }
    if operation == "ConvTranspose" { arguments.append("--transposed") }
    let attributes = node["attributes"] as? [String: Any] ?? [:]
    func list(_ values: some Sequence<Int>) -> String {
      values.map(String.init).joined(separator: ",")
    }
    for (attribute, option) in [
      ("strides", "--stride"), ("dilations", "--dilation"), ("output_padding", "--output-padding"),
    ] {
      if let values = attributes[attribute] as? [Int] { arguments += [option, list(values)] }
    }
    if let group = attributes["group"] as? Int { arguments += ["--groups", String(group)] }
    if let pads = attributes["pads"] as? [Int] {
      let half = pads.count / 2
      arguments += ["--padding", "\(list(pads.prefix(half))):\(list(pads.suffix(half)))"]
    }
    // The odd zero of SAME_LOWER goes before, that of `same` behind; the one case has no odd one.
    if attributes["auto_pad"] != nil { arguments += ["--padding", "same"] }
    if attributes["output_shape"] != nil {
      // One longer than the natural result along both axes.
      arguments += ["--output-padding", "1,1"]
    }
    self.arguments = arguments
    let outputs = try #require(json["outputs"] as? [String: String])
    output = folder.appendingPathComponent(try #require(outputs.values.first)).path
  }
}
