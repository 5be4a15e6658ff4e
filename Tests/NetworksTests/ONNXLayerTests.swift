import Convolutions
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Layers and losses give ONNX's numbers: the package's own nodes, and ONNX's test cases where they lie
/// beside the package.
///
/// Convolutions are tested where they are computed. Published cases of other element types, and options
/// that no layer has (log-softmax, other borders than zero, resizing by other rules than whole factors),
/// are left out by name.
@Suite struct ONNXLayerTests {
  static let operators: Set<String> = [
    "Add", "AveragePool", "BatchNormalization", "Concat", "Dropout", "Elu", "Flatten", "Gelu",
    "Gemm", "GlobalAveragePool", "GlobalMaxPool", "GroupNormalization", "LRN",
    "LayerNormalization", "LeakyRelu", "MaxPool", "NegativeLogLikelihoodLoss", "Relu", "Sigmoid",
    "Softmax", "SoftmaxCrossEntropyLoss", "Swish", "Tanh", "Upsample",
  ]
  /// Operators of which layers do a part: resizing by whole factors and zero padding.
  static let partialOperators: Set<String> = ["Pad", "Resize"]
  /// Other element types; dropout that draws ONNX's own random numbers.
  static let leftOut: Set<String> = [
    "test_add_int16", "test_add_uint16", "test_add_uint64", "test_maxpool_2d_uint8",
    "test_training_dropout", "test_training_dropout_default_mask",
  ]
  /// The layers' part of the partial operators.
  static let alsoIn: Set<String> = [
    "test_resize_upsample_scales_linear", "test_resize_upsample_scales_nearest_axes_2_3",
    "test_ZeroPad2d",
  ]

  static let own = ONNXCase.own.filter { !["Conv", "ConvTranspose"].contains($0.node.op) }
  static let published = ONNXCase.published.filter {
    !leftOut.contains($0.case) && (operators.contains($0.node.op) || alsoIn.contains($0.case))
  }

  @Test func allCasesAreFound() {
    #expect(Set(Self.own.map(\.node.op)) == Self.operators.union(Self.partialOperators))
    #expect(Self.published.isEmpty || Self.published.count >= 95)
  }

  @Test(arguments: own + published)
  func agreesWithONNX(_ golden: ONNXCase) throws {
    let node = golden.node
    let inputs = try golden.arrays().map { try $0.asFloat() }
    let expected = try golden.expected().asFloat()
    if node.op.hasSuffix("Loss") { return try checkLoss(node, inputs, expected) }
    let result = try output(node, inputs)
    try #require(result.count == expected.count)
    let largest = max(expected.elements.reduce(0) { max($0, abs($1)) }, 1)
    let error = zip(result.elements, expected.elements).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(error <= 1e-5 * largest + Float(golden.rounding))
  }

  /// Runs layers on tensors `[batch, …]`.
  private func run(
    _ layer: some Layer, _ inputs: [Tensor<Float>], _ parameters: [String: Tensor<Float>] = [:]
  ) throws -> Tensor<Float> {
    var graph = NetworkGraph()
    let references = try inputs.enumerated().map {
      try graph.input("input\($0)", $1.shape.removing(axis: 0))
    }
    let output = try graph.add(layer, to: references, name: "layer")
    let network = try graph.network(outputs: [output])
    var weights = try Weights<Float>(zerosFor: network)
    for (name, tensor) in parameters {
      let shape = try weights.tensor("layer.\(name)").shape
      try weights.set("layer.\(name)", to: tensor.reshaped(to: shape))
    }
    return try network.inferencePlan(weights, batch: inputs[0].shape[0]).outputs(for: inputs)[0]
  }

  /// A layer without parameters on a tensor that is one sample.
  private func whole(_ layer: some Layer, _ input: Tensor<Float>) throws -> Tensor<Float> {
    try run(layer, [input.reshaped(to: Shape([1]) + input.shape)])
  }

  private func output(_ node: ONNXCase.Node, _ inputs: [Tensor<Float>]) throws -> Tensor<Float> {
    let attributes = node.attributes
    let input = inputs[0]
    switch node.op {
    case "Relu": return try whole(ReLU(), input)
    case "LeakyRelu": return try whole(LeakyReLU(slope: attributes.alpha ?? 0.01), input)
    case "Elu": return try whole(ELU(alpha: attributes.alpha ?? 1), input)
    case "Gelu": return try whole(GELU(isApproximate: attributes.approximate == "tanh"), input)
    case "Swish": return try whole(SiLU(), input)
    case "Sigmoid": return try whole(Sigmoid(), input)
    case "Tanh": return try whole(Tanh(), input)
    case "Dropout": return try whole(Dropout(0.5), input)
    case "Add":
      return try run(Add(), inputs.map { try $0.reshaped(to: Shape([1]) + $0.shape) })
    case "Softmax":
      // The axis becomes the channels; what lies before it the batch.
      let axis = try input.shape.normalized(axis: attributes.axis ?? -1)
      let outer = input.shape.prefix(axis).reduce(1, *)
      return try run(
        Softmax(), [input.reshaped(to: Shape([outer] + Array(input.shape.dropFirst(axis))))])
    case "Flatten":
      let axis = try input.shape.normalized(axis: attributes.axis ?? 1)
      let outer = input.shape.prefix(axis).reduce(1, *)
      return try run(
        Flatten(), [input.reshaped(to: Shape([outer] + Array(input.shape.dropFirst(axis))))])
    case "Concat":
      let axis = try input.shape.normalized(axis: attributes.axis ?? 0)
      return try run(
        Concatenate(),
        inputs.map {
          let outer = $0.shape.prefix(axis).reduce(1, *)
          return try $0.reshaped(to: Shape([outer] + Array($0.shape.dropFirst(axis))))
        })
    case "GlobalAveragePool": return try run(GlobalAveragePooling(), [input])
    case "GlobalMaxPool": return try run(GlobalMaxPooling(), [input])
    case "MaxPool": return try run(MaxPooling(window(node, input)), [input])
    case "AveragePool":
      return try run(
        AveragePooling(window(node, input), countsPadding: attributes.countIncludePad == 1),
        [input])
    case "LRN":
      return try run(
        LocalResponseNormalization(
          size: attributes.size ?? 5, alpha: attributes.alpha ?? 1e-4,
          beta: attributes.beta ?? 0.75, bias: attributes.bias ?? 1), [input])
    case "BatchNormalization":
      return try run(
        BatchNormalization(epsilon: attributes.epsilon ?? 1e-5), [input],
        ["scale": inputs[1], "shift": inputs[2], "mean": inputs[3], "variance": inputs[4]])
    case "GroupNormalization":
      return try run(
        GroupNormalization(
          groups: attributes.numGroups ?? 1, epsilon: attributes.epsilon ?? 1e-5), [input],
        ["scale": inputs[1], "shift": inputs[2]])
    case "LayerNormalization":
      let axis = try input.shape.normalized(axis: attributes.axis ?? -1)
      let outer = input.shape.prefix(axis).reduce(1, *)
      return try run(
        LayerNormalization(epsilon: attributes.epsilon ?? 1e-5),
        [input.reshaped(to: Shape([outer] + Array(input.shape.dropFirst(axis))))],
        ["scale": inputs[1], "shift": inputs[2]])
    case "Gemm": return try product(node, inputs)
    case "Upsample", "Resize":
      let scales = try #require(inputs.last).elements.suffix(2).map { Int($0) }
      return try run(
        UpSampling(scales, interpolation: attributes.mode == "linear" ? .linear : .nearest),
        [input])
    case "Pad":
      let pads = try #require(attributes.pads)
      return try run(
        ZeroPadding(before: Array(pads[2..<4]), after: Array(pads[6..<8])), [input])
    default:
      Issue.record("\(node.op) has no layer")
      return input
    }
  }

  private func window(_ node: ONNXCase.Node, _ input: Tensor<Float>) throws -> PoolingWindow {
    let attributes = node.attributes
    let rank = input.rank - 2
    let padding: Padding
    if attributes.autoPad == "SAME_UPPER" {
      padding = .same
    } else if let pads = attributes.pads {
      padding = .explicit(before: Array(pads.prefix(rank)), after: Array(pads.suffix(rank)))
    } else {
      padding = .valid
    }
    return PoolingWindow(
      size: try #require(attributes.kernelShape), stride: attributes.strides ?? [1],
      padding: padding, dilation: attributes.dilations ?? [1],
      includesPartial: attributes.ceilMode == 1)
  }

  /// α A B + β C as a dense layer: its weights are α Bᵀ, its bias β C.
  private func product(_ node: ONNXCase.Node, _ inputs: [Tensor<Float>]) throws -> Tensor<Float> {
    let attributes = node.attributes
    let left = attributes.transA == 1 ? try inputs[0].permuted([1, 0]) : inputs[0]
    let right = attributes.transB == 1 ? inputs[1] : try inputs[1].permuted([1, 0])
    let (alpha, beta) = (Float(attributes.alpha ?? 1), Float(attributes.beta ?? 1))
    var parameters = ["weight": right * alpha]
    let units = right.shape[0]
    if inputs.count > 2 {
      let bias = inputs[2].elements.map { $0 * beta }
      parameters["bias"] = Tensor(
        bias.count == 1 ? [Float](repeating: bias[0], count: units) : bias)
    }
    return try run(Dense(units, hasBias: inputs.count > 2), [left], parameters)
  }

  private func checkLoss(
    _ node: ONNXCase.Node, _ inputs: [Tensor<Float>], _ expected: Tensor<Float>
  ) throws {
    let classWeights = inputs.count > 2 ? inputs[2].elements.map { Double($0) } : nil
    let ignored = node.attributes.ignoreIndex ?? -100
    let labels = inputs[1].elements.map { Int($0) == ignored ? -1 : Int32($0) }
    let isLikelihood = node.op.hasPrefix("Negative")
    // Given logarithms of probabilities, the likelihood is that of the probabilities.
    let scores = isLikelihood ? inputs[0].map { Foundation.exp($0) } : inputs[0]
    let loss: Loss =
      isLikelihood
      ? .categoricalCrossEntropy(classWeights: classWeights)
      : .softmaxCrossEntropy(classWeights: classWeights)
    func evaluate(_ scores: [Float], _ labels: [Int32], _ output: Shape) throws -> Double {
      let shape = LossShape(output: output, batch: labels.count / output.dropFirst().reduce(1, *))
      try loss.check(.classes(labels) as LossTarget<Float>, output: output, batch: shape.batch)
      return scores.withUnsafeBufferPointer {
        loss.evaluate(
          SharedPointer(reading: $0), .classes(labels), shape, weight: 1, addingGradientTo: nil)
      }
    }
    func weight(_ label: Int32) -> Double { label < 0 ? 0 : classWeights?[Int(label)] ?? 1 }
    let output = scores.shape.removing(axis: 0)
    switch node.attributes.reduction {
    case "none":
      let (channels, run) = (output[0], output.dropFirst().reduce(1, *))
      for (position, label) in labels.enumerated() {
        let start = position / run * channels * run + position % run
        let own = (0..<channels).map { scores.elements[start + $0 * run] }
        let value = try evaluate(own, [label], [channels]) * weight(label)
        #expect(abs(value - Double(expected.elements[position])) <= 1e-5)
      }
    case "sum":
      let value = try evaluate(scores.elements, labels, output)
      let sum = value * labels.reduce(0) { $0 + weight($1) }
      #expect(abs(sum - Double(expected.elements[0])) <= 1e-5 * max(1, abs(sum)))
    default:
      let value = try evaluate(scores.elements, labels, output)
      #expect(abs(value - Double(expected.elements[0])) <= 1e-5)
    }
  }
}
