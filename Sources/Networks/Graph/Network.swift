import Tensors

/// A network, described: a directed graph of layers with named nodes, inputs and outputs.
///
/// It is a value without any learnt parameters. All shapes are known and checked when it is made:
///
/// ```swift
/// let network = try Network(input: [1, 28, 28]) {
///   Conv(32, kernel: 5, padding: .same)
///   ReLU()
///   MaxPooling(2)
///   Flatten()
///   Dense(10)
/// }
/// ```
///
/// ``NetworkGraph`` builds graphs node by node; ``Residual``, ``Concatenation`` and ``Sequential``
/// are building blocks.
public struct Network: Sendable, Hashable {
  /// An input of the network.
  public struct Input: Sendable, Hashable, Codable {
    /// Its name, by which nodes refer to it.
    public let name: String
    /// Its shape without the batch axis.
    public let shape: Shape
  }

  /// A layer at its place in the graph.
  public struct Node: Sendable {
    /// A name that no other node or input has.
    public let name: String
    /// What it computes.
    public let layer: any Layer
    /// The names of the nodes or inputs it reads.
    public let inputs: [String]
    /// Whether its parameters, running statistics included, are left out of updates.
    public var isFrozen = false
    /// By how much the learning rate is multiplied for its parameters.
    public var learningRateScale = 1.0
  }

  /// The inputs, in the order in which data are given.
  public let inputs: [Input]
  /// The nodes, each after all that it reads.
  public let nodes: [Node]
  /// The names of the nodes whose results are the network's.
  public let outputs: [String]
  /// The shape of every input and node, without the batch axis.
  public let shapes: [String: Shape]
  /// All parameters in node order, named `node.parameter`.
  public let parameters: [Parameter]

  /// A network whose graph is complete.
  init(
    inputs: [Input], nodes: [Node], outputs: [String], shapes: [String: Shape]
  ) {
    self.inputs = inputs
    self.nodes = nodes
    self.outputs = outputs
    self.shapes = shapes
    parameters = nodes.flatMap { node in
      node.layer.parameters(for: node.inputs.compactMap { shapes[$0] }).map { description in
        Parameter(
          name: "\(node.name).\(description.name)", description: description,
          isTrainable: description.isTrainable && !node.isFrozen,
          learningRateScale: node.learningRateScale)
      }
    }
  }

  /// A network of parts in sequence, with one input and one output.
  ///
  /// - Parameters:
  ///   - input: The input's shape without the batch axis, `[channels, spatial…]`.
  ///   - parts: Layers and combinations of layers.
  /// - Throws: ``FiltersmithError`` that names the layer whose input does not fit.
  public init(
    input: Shape, @NetworkBuilder _ parts: () -> Sequential
  ) throws(FiltersmithError) {
    var graph = NetworkGraph()
    let start = try graph.input("input", input)
    let end = try parts().append(to: &graph, after: start)
    self = try graph.network(outputs: [end])
  }

  /// The node of a name.
  ///
  /// - Throws: ``FiltersmithError`` that lists similar names when there is none.
  public func node(_ name: String) throws(FiltersmithError) -> Node {
    guard let node = nodes.first(where: { $0.name == name }) else {
      throw FiltersmithError(
        .argument,
        "the network has no node '\(name)'; its nodes are "
          + nodes.map(\.name).joined(separator: ", "))
    }
    return node
  }

  /// The shapes that a node reads.
  func inputShapes(of node: Node) -> [Shape] { node.inputs.compactMap { shapes[$0] } }

  /// The shapes of the outputs, without the batch axis.
  public var outputShapes: [Shape] { outputs.compactMap { shapes[$0] } }

  /// An array that a network learns or keeps.
  public struct Parameter: Sendable, Hashable {
    /// The node's name, a dot, and the name within the layer: `conv1.weight`.
    public let name: String
    /// Its shape and first values.
    public let description: ParameterDescription
    /// Whether optimisers change it.
    public let isTrainable: Bool
    /// By how much the learning rate is multiplied.
    public let learningRateScale: Double
  }

  /// The number of learnt and kept values.
  public var parameterCount: Int {
    parameters.reduce(0) { $0 + $1.description.shape.elementCount }
  }

  /// The number of values that optimisers change.
  public var trainableParameterCount: Int {
    parameters.reduce(0) { $0 + ($1.isTrainable ? $1.description.shape.elementCount : 0) }
  }

  /// Multiply-adds per sample.
  public var multiplyAdds: Int {
    nodes.reduce(0) { $0 + $1.layer.multiplyAdds(for: inputShapes(of: $1)) }
  }

  /// The same network with some nodes frozen: their parameters and running statistics do not change.
  ///
  /// - Throws: ``FiltersmithError`` when there is no node of a name.
  public func freezing(_ names: some Sequence<String>) throws(FiltersmithError) -> Network {
    try changing(names) { $0.isFrozen = true }
  }

  /// The same network with all nodes up to and including one frozen.
  ///
  /// - Throws: ``FiltersmithError`` when there is no node of that name.
  public func freezing(through last: String) throws(FiltersmithError) -> Network {
    _ = try node(last)
    let end = nodes.firstIndex { $0.name == last } ?? 0
    return try freezing(nodes[...end].map(\.name))
  }

  /// The same network with the learning rate of some nodes multiplied.
  ///
  /// - Throws: ``FiltersmithError`` when there is no node of a name, or the factor is negative.
  public func scalingLearningRate(
    of names: some Sequence<String>, by factor: Double
  ) throws(FiltersmithError) -> Network {
    guard factor >= 0, factor.isFinite else {
      throw FiltersmithError(.argument, "learning-rate factor \(factor) is negative or not finite")
    }
    return try changing(names) { $0.learningRateScale = factor }
  }

  private func changing(
    _ names: some Sequence<String>, _ change: (inout Node) -> Void
  ) throws(FiltersmithError) -> Network {
    var nodes = nodes
    for name in names {
      _ = try node(name)
      for index in nodes.indices where nodes[index].name == name { change(&nodes[index]) }
    }
    return Network(inputs: inputs, nodes: nodes, outputs: outputs, shapes: shapes)
  }
}

extension Network.Node: Hashable {
  /// Whether two nodes have the same name, layer, inputs and settings.
  public static func == (left: Network.Node, right: Network.Node) -> Bool {
    left.name == right.name && left.inputs == right.inputs && left.isFrozen == right.isFrozen
      && left.learningRateScale == right.learningRateScale
      && AnyHashable(left.layer) == AnyHashable(right.layer)
  }

  /// Hashes the name, the layer and the inputs.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(AnyHashable(layer))
    hasher.combine(inputs)
  }
}
