import Filtersmith
import Foundation
import TestSupport
import Testing

@Suite("filtersmith convolve --channels")
struct LayerTests {
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

  /// The package's own nodes, and ONNX's cases where they lie beside the package.
  @Test("ONNX's numbers", arguments: ONNXCase.own.convolutions + ONNXCase.published.convolutions)
  func onnx(golden: ONNXCase) throws {
    try Command.inFreshFolder { command in
      for (array, name) in zip(try golden.arrays(), ["x.npy", "w.npy", "b.npy"]) {
        try NPYFile.write(array, to: command.url(name).path)
      }
      expectSuccess(try command.run(["convolve"] + golden.arguments + ["-o", "y.npy"]))
      let difference = try relativeDifference(
        command.array("y.npy").asDouble(), golden.expected().asDouble())
      #expect(difference < 1e-5)
    }
  }
}

extension ONNXCase {
  /// The node as options of the command, its inputs as x.npy, w.npy and b.npy.
  fileprivate var arguments: [String] {
    var arguments = ["x.npy", "w.npy", "--channels"]
    if node.inputs.count > 2 { arguments += ["--bias", "b.npy"] }
    if node.op == "ConvTranspose" { arguments.append("--transposed") }
    let attributes = node.attributes
    func list(_ values: some Sequence<Int>) -> String {
      values.map(String.init).joined(separator: ",")
    }
    for (values, option) in [
      (attributes.strides, "--stride"), (attributes.dilations, "--dilation"),
      (attributes.outputPadding, "--output-padding"),
    ] {
      if let values { arguments += [option, list(values)] }
    }
    if let group = attributes.group { arguments += ["--groups", String(group)] }
    if let pads = attributes.pads {
      let half = pads.count / 2
      arguments += ["--padding", "\(list(pads.prefix(half))):\(list(pads.suffix(half)))"]
    }
    // The odd zero of SAME_LOWER goes before, that of `same` behind; no case of it has an odd one.
    if attributes.autoPad != nil { arguments += ["--padding", "same"] }
    if attributes.outputShape != nil {
      // One longer than the natural result along both axes.
      arguments += ["--output-padding", "1,1"]
    }
    return arguments
  }
}
