import DataFiles
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Convolutions

/// The convolutions and transposed convolutions among ONNX's own test cases, where `../shared` holds
/// them; skipped otherwise.
@Suite(
  .enabled(
    if: SharedData.has("conformance/onnx-cases"), "needs ../shared/data/conformance/onnx-cases"))
struct ONNXTests {
  /// What `case.json` says of a case.
  struct Case: Decodable, CustomTestStringConvertible {
    struct Node: Decodable {
      let op: String
      let inputs: [String]
      let outputs: [String]
      let attributes: Attributes
    }
    struct Attributes: Decodable {
      var pads: [Int]?
      var strides: [Int]?
      var dilations: [Int]?
      var group: Int?
      var autoPad: String?
      var outputPadding: [Int]?
      var outputShape: [Int]?
    }
    let `case`: String
    let suite: String
    let nodes: [Node]
    let inputs: [String: String]
    let initializers: [String: String]
    let outputs: [String: String]
    var testDescription: String { `case` }
  }

  static let cases: [Case] = {
    guard let root = SharedData.url("conformance/onnx-cases") else { return [] }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    var cases: [Case] = []
    for suite in ["node", "pytorch-converted"] {
      let folder = root.appendingPathComponent(suite)
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      for name in names.sorted() {
        let file = folder.appendingPathComponent(name).appendingPathComponent("case.json")
        guard let data = try? Data(contentsOf: file),
          let found = try? decoder.decode(Case.self, from: data),
          found.nodes.count == 1, ["Conv", "ConvTranspose"].contains(found.nodes[0].op)
        else { continue }
        cases.append(found)
      }
    }
    return cases
  }()

  @Test func allCasesAreFound() {
    #expect(Self.cases.count == 19)
  }

  @Test(arguments: cases)
  func agreesWithONNX(_ golden: Case) throws {
    let node = golden.nodes[0]
    func array(_ file: String) throws -> Tensor<Float> {
      let path = "conformance/onnx-cases/\(golden.suite)/\(golden.case)/\(file)"
      return try NPYFile.read(try #require(SharedData.url(path)).path).asFloat()
    }
    let tensors = try node.inputs.map { name in
      try array(try #require(golden.inputs[name] ?? golden.initializers[name]))
    }
    let expected = try array(try #require(golden.outputs[node.outputs[0]]))
    let (input, kernel) = (tensors[0], tensors[1])
    let bias = tensors.count > 2 ? tensors[2] : nil
    let rank = kernel.rank - 2
    let attributes = node.attributes
    let pads = attributes.pads ?? [Int](repeating: 0, count: 2 * rank)
    var padding = Padding.explicit(before: Array(pads[..<rank]), after: Array(pads[rank...]))
    let groups = attributes.group ?? 1

    let result: Tensor<Float>
    if node.op == "Conv" {
      if attributes.autoPad == "SAME_LOWER" || attributes.autoPad == "SAME_UPPER" {
        let same = try Convolution(
          input: input.shape, kernel: kernel.shape, padding: .same, stride: attributes.strides,
          dilation: attributes.dilations, groups: groups)
        let isLower = attributes.autoPad == "SAME_LOWER"
        padding = .explicit(
          before: isLower ? same.after : same.before, after: isLower ? same.before : same.after)
      }
      let convolution = try Convolution(
        input: input.shape, kernel: kernel.shape, padding: padding, stride: attributes.strides,
        dilation: attributes.dilations, groups: groups)
      result = try convolution.plan().forward(input, kernel: kernel, bias: bias)
    } else {
      var outputPadding = attributes.outputPadding
      if let shape = attributes.outputShape {
        // The shape is reached by output padding alone where nothing is cut off.
        let natural = try Convolution(
          transposing: input.shape, kernel: kernel.shape, stride: attributes.strides)
        outputPadding = zip(shape, natural.input.dropFirst(2)).map { $0 - $1 }
      }
      let convolution = try Convolution(
        transposing: input.shape, kernel: kernel.shape, padding: padding,
        stride: attributes.strides, dilation: attributes.dilations, outputPadding: outputPadding,
        groups: groups)
      let plain = try convolution.plan(for: [.inputGradient]).inputGradient(input, kernel: kernel)
      result = Tensor(shape: plain.shape) { plain[$0] + (bias?[$0[1]] ?? 0) }
    }
    #expect(relativeError(result, Tensor<Double>(expected)) < 1e-5)
  }
}
