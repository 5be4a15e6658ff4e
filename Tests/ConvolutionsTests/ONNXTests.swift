import Tensors
import TestSupport
import Testing

@testable import Convolutions

/// Convolutions and transposed convolutions give ONNX's numbers: the package's own nodes, and ONNX's
/// test cases where they lie beside the package.
@Suite struct ONNXTests {
  static let own = ONNXCase.own.convolutions
  static let published = ONNXCase.published.convolutions

  @Test func allCasesAreFound() {
    #expect(Self.own.count == 20)
    #expect([0, 19].contains(Self.published.count))
  }

  @Test(arguments: own + published)
  func agreesWithONNX(_ golden: ONNXCase) throws {
    let node = golden.node
    let tensors = try golden.arrays().map { try $0.asFloat() }
    let expected = try golden.expected().asFloat()
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
      let plain = try convolution.plan().inputGradient(input, kernel: kernel)
      result = Tensor(shape: plain.shape) { plain[$0] + (bias?[$0[1]] ?? 0) }
    }
    #expect(relativeError(result, Tensor<Double>(expected)) < 1e-5)
  }
}
