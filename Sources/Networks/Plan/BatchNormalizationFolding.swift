import Convolutions
import Tensors

extension Network {
  /// The same function for inference in fewer steps: batch normalisations become part of the
  /// convolution or dense layer before them, where nothing else reads that layer's output.
  ///
  /// With scale γ, shift β, mean μ and variance σ², weights are multiplied by γ/√(σ² + ε) and biases
  /// become β + (b − μ) γ/√(σ² + ε). Dropouts are left out.
  ///
  /// - Throws: ``FiltersmithError`` when the weights are not this network's.
  public func foldingBatchNormalizations<Scalar: ConvolutionScalar>(
    _ weights: Weights<Scalar>
  ) throws(FiltersmithError) -> (network: Network, weights: Weights<Scalar>) {
    var readers: [String: Int] = [:]
    for node in nodes { for input in node.inputs { readers[input, default: 0] += 1 } }
    var factors: [String: [Scalar]] = [:]
    var biases: [String: [Scalar]] = [:]
    var replacement: [String: String] = [:]
    var kept: [(node: Node, layer: any Layer)] = []
    for node in nodes {
      let source = node.inputs.first ?? ""
      let isOutput = outputs.contains(node.name)
      if node.layer is Dropout || node.layer is SpatialDropout, !isOutput {
        replacement[node.name] = replacement[source] ?? source
        continue
      }
      guard let normalization = node.layer as? BatchNormalization, readers[source] == 1,
        !outputs.contains(source), !isOutput,
        let place = kept.firstIndex(where: { $0.node.name == source }),
        let biased = (kept[place].layer as? any FoldableLayer)?.withBias
      else {
        kept.append((node, node.layer))
        continue
      }
      let scale = try weights.tensor("\(node.name).scale").elements
      let shift = try weights.tensor("\(node.name).shift").elements
      let mean = try weights.tensor("\(node.name).mean").elements
      let variance = try weights.tensor("\(node.name).variance").elements
      let old =
        (kept[place].layer as? any FoldableLayer)?.hasBias ?? false
        ? try weights.tensor("\(source).bias").elements
        : [Scalar](repeating: 0, count: mean.count)
      let factor = scale.indices.map {
        scale[$0] / (variance[$0] + Scalar(normalization.epsilon)).squareRoot()
      }
      factors[source] = factor
      biases[source] = factor.indices.map { shift[$0] + (old[$0] - mean[$0]) * factor[$0] }
      kept[place].layer = biased
      replacement[node.name] = source
    }
    guard kept.count < nodes.count else { return (self, weights) }

    var graph = NetworkGraph()
    var references: [String: NetworkGraph.Reference] = [:]
    for input in inputs { references[input.name] = try graph.input(input.name, input.shape) }
    for (node, layer) in kept {
      let sources = node.inputs.compactMap { references[replacement[$0] ?? $0] }
      references[node.name] = try graph.add(layer, to: sources, name: node.name)
    }
    let folded = try graph.network(outputs: outputs.compactMap { references[$0] })
    var result = try Weights<Scalar>(zerosFor: folded)
    result.adopt(weights)
    for (name, factor) in factors {
      var weight = try weights.tensor("\(name).weight")
      let length = weight.count / factor.count
      weight.withUnsafeMutableElements { values in
        for (filter, factor) in factor.enumerated() {
          for place in filter * length..<(filter + 1) * length { values[place] *= factor }
        }
      }
      try result.set("\(name).weight", to: weight)
      try result.set("\(name).bias", to: Tensor(biases[name] ?? []))
    }
    return (folded, result)
  }
}

/// A layer whose weights are ordered by output channel, so that a factor per channel can be folded into
/// them.
private protocol FoldableLayer: Layer {
  var hasBias: Bool { get set }
}

extension FoldableLayer {
  fileprivate var withBias: any Layer {
    var layer = self
    layer.hasBias = true
    return layer
  }
}

extension Conv: FoldableLayer {}
extension DepthwiseConv: FoldableLayer {}
extension Dense: FoldableLayer {}
