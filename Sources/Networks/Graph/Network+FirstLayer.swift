import Tensors

extension Network {
  /// The same network whose first convolution has given kernels: a filter bank in front of the learnt
  /// layers.
  ///
  /// The layer gets as many filters, of that size, as there are kernels; its stride and padding stay,
  /// but explicit padding becomes `same`. Kernels of one channel are spread evenly over the channels
  /// of the input.
  ///
  /// - Parameters:
  ///   - kernels: `[filters, channels, taps…]`, correlated with the image, such as
  ///     `FilterBank.correlationKernels`.
  ///   - isFrozen: Whether they stay fixed in training.
  /// - Throws: ``FiltersmithError`` when there is no convolution, or the kernels do not fit it.
  public func startingFirstConvolution(
    from kernels: Tensor<Float>, isFrozen: Bool = false
  ) throws(FiltersmithError) -> Network {
    guard let place = nodes.firstIndex(where: { $0.layer is Conv }),
      var conv = nodes[place].layer as? Conv, let input = inputShapes(of: nodes[place]).first
    else {
      throw FiltersmithError(.argument, "the network has no convolution to put a bank into")
    }
    let name = nodes[place].name
    let channels = input[0] / conv.groups
    guard kernels.rank == input.rank + 1, kernels.shape[1] == channels || kernels.shape[1] == 1
    else {
      throw FiltersmithError(
        .shape,
        "kernels \(kernels.shape) do not fit the layer '\(name)' on an input \(input): "
          + "[filters, \(channels) or 1, taps…] was expected")
    }
    let taps = kernels.shape.dropFirst(2).reduce(1, *)
    let copies = channels / kernels.shape[1]
    let numbers = (0..<kernels.shape[0]).flatMap { filter in
      (0..<channels).flatMap { channel in
        (0..<taps).map { tap in
          let source = (filter * kernels.shape[1] + channel % kernels.shape[1]) * taps + tap
          return Double(kernels.elements[source]) / Double(copies)
        }
      }
    }
    conv.filters = kernels.shape[0]
    conv.kernel = Array(kernels.shape.dropFirst(2))
    conv.initializer = .values(numbers)
    if case .explicit = conv.padding { conv.padding = .same }
    let replaced = try replacing(name, by: conv)
    return isFrozen ? try replaced.freezing([name]) : replaced
  }

  /// The same network with another layer at a node; all shapes after it follow.
  ///
  /// - Throws: ``FiltersmithError`` when there is no such node, or a layer after it no longer fits.
  public func replacing(
    _ name: String, by layer: some Layer
  ) throws(FiltersmithError) -> Network {
    _ = try node(name)
    return try rebuilt { $0.name == name ? layer : $0.layer }
  }

  /// The same network with a new head: the last dense or convolution layer before each output gets
  /// another number of outputs.
  ///
  /// With ``Weights/adopt(_:)`` all layers before it keep their weights: Keras' `include_top=False`
  /// and a new top.
  ///
  /// - Throws: ``FiltersmithError`` when an output does not come from a dense or convolution layer.
  public func replacingHead(outputs count: Int) throws(FiltersmithError) -> Network {
    guard count > 0 else {
      throw FiltersmithError(.argument, "\(count) outputs; at least 1 was expected")
    }
    var heads: Set<String> = []
    for output in outputs {
      var name = output
      while let node = nodes.first(where: { $0.name == name }), !(node.layer is Dense),
        !(node.layer is Conv), let source = node.inputs.first
      { name = source }
      guard nodes.contains(where: { $0.name == name }) else {
        throw FiltersmithError(
          .argument, "output '\(output)' does not come from a dense or convolution layer")
      }
      heads.insert(name)
    }
    return try rebuilt { node in
      guard heads.contains(node.name) else { return node.layer }
      if var dense = node.layer as? Dense {
        dense.units = count
        return dense
      }
      guard var conv = node.layer as? Conv else { return node.layer }
      conv.filters = count
      return conv
    }
  }

  /// The same graph with other layers, and perhaps another input; the settings of nodes stay.
  func rebuilt(
    input: Shape? = nil, _ layer: (Node) -> any Layer
  ) throws(FiltersmithError) -> Network {
    var graph = NetworkGraph()
    var references: [String: NetworkGraph.Reference] = [:]
    for old in inputs { references[old.name] = try graph.input(old.name, input ?? old.shape) }
    for node in nodes {
      references[node.name] = try graph.add(
        layer(node), to: node.inputs.compactMap { references[$0] }, name: node.name)
    }
    var network = try graph.network(outputs: outputs.compactMap { references[$0] })
    network = try network.freezing(nodes.filter(\.isFrozen).map(\.name))
    for node in nodes where node.learningRateScale != 1 {
      network = try network.scalingLearningRate(of: [node.name], by: node.learningRateScale)
    }
    return network
  }
}
