import Tensors

/// A network under construction, node by node.
///
/// ```swift
/// var graph = NetworkGraph()
/// let image = try graph.input("image", [3, 64, 64])
/// let left = try graph.add(Conv(8, kernel: 3, padding: .same), to: image)
/// let right = try graph.add(Conv(8, kernel: 1), to: image)
/// let sum = try graph.add(Add(), to: left, right)
/// let network = try graph.network(outputs: [sum])
/// ```
public struct NetworkGraph: Sendable {
  /// An input or node of a graph.
  public struct Reference: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// The shape of its output, without the batch axis.
    public let shape: Shape
  }

  private var inputs: [Network.Input] = []
  private var nodes: [Network.Node] = []
  private var shapes: [String: Shape] = [:]
  private var counts: [String: Int] = [:]
  private var prefixes: [String] = []
  /// How many numbers all inputs, values and parameters so far have, a batch of one counted.
  private var numbers = 0
  private static let mostNumbers = 1 << 40

  /// A graph without nodes.
  public init() {}

  /// Adds an input.
  ///
  /// - Throws: ``FiltersmithError`` when the name is taken or the shape is empty.
  public mutating func input(
    _ name: String, _ shape: Shape
  ) throws(FiltersmithError) -> Reference {
    guard shape.rank > 0, shape.allSatisfy({ $0 > 0 }) else {
      throw FiltersmithError(.shape, "input '\(name)' has the empty shape \(shape)")
    }
    try take(numbers: try Shape(checking: shape.dimensions).elementCount)
    try take(name, shape)
    inputs.append(Network.Input(name: name, shape: shape))
    return Reference(name: name, shape: shape)
  }

  /// Adds a layer that reads other nodes.
  ///
  /// - Parameters:
  ///   - layer: What it computes.
  ///   - inputs: What it reads.
  ///   - name: Its name; the layer's kind and a number, such as `conv2`, unless given.
  /// - Throws: ``FiltersmithError`` that names the layer, what it was given and what it needs.
  public mutating func add(
    _ layer: some Layer, to inputs: [Reference], name: String? = nil
  ) throws(FiltersmithError) -> Reference {
    let kind = type(of: layer).kind
    let fullName: String
    if let name {
      fullName = (prefixes + [name]).joined(separator: ".")
    } else {
      let stem = (prefixes + [kind]).joined(separator: ".")
      repeat {
        counts[stem, default: 0] += 1
      } while shapes["\(stem)\(counts[stem] ?? 0)"] != nil
      fullName = "\(stem)\(counts[stem] ?? 0)"
    }
    let shape: Shape
    do {
      try layer.checkOptions()
      shape = try layer.outputShape(for: inputs.map(\.shape))
      try take(numbers: try Shape(checking: shape.dimensions).elementCount)
      for parameter in layer.parameters(for: inputs.map(\.shape)) {
        try take(numbers: try Shape(checking: parameter.shape.dimensions).elementCount)
        try parameter.initializer.check(parameter)
      }
    } catch {
      throw FiltersmithError(error.kind, "layer '\(fullName)': \(error.message)")
    }
    for input in inputs where shapes[input.name] != input.shape {
      throw FiltersmithError(
        .argument, "layer '\(fullName)' reads '\(input.name)', which is not in this graph")
    }
    try take(fullName, shape)
    nodes.append(Network.Node(name: fullName, layer: layer, inputs: inputs.map(\.name)))
    return Reference(name: fullName, shape: shape)
  }

  /// Adds a layer that reads other nodes.
  ///
  /// - Throws: ``FiltersmithError`` that names the layer, what it was given and what it needs.
  public mutating func add(
    _ layer: some Layer, to inputs: Reference..., name: String? = nil
  ) throws(FiltersmithError) -> Reference {
    try add(layer, to: inputs, name: name)
  }

  /// Adds a part that reads a node; the names of the nodes it adds begin with a prefix and a dot.
  ///
  /// - Throws: ``FiltersmithError`` that names the layer whose input does not fit.
  public mutating func add(
    _ part: some NetworkPart, named prefix: String, to input: Reference
  ) throws(FiltersmithError) -> Reference {
    prefixes.append(prefix)
    defer { prefixes.removeLast() }
    return try part.append(to: &self, after: input)
  }

  /// The finished network.
  ///
  /// - Parameter outputs: The nodes whose results are wanted; nodes that lead to none of them are left
  ///   out.
  /// - Throws: ``FiltersmithError`` when there are no outputs, or one is not in this graph.
  public func network(outputs: [Reference]) throws(FiltersmithError) -> Network {
    guard !outputs.isEmpty else {
      throw FiltersmithError(.argument, "a network needs at least one output")
    }
    var needed = Set<String>()
    for output in outputs {
      guard shapes[output.name] == output.shape else {
        // An argument that adds a node is evaluated after the graph was read.
        throw FiltersmithError(
          .argument,
          "output '\(output.name)' is not in this graph; a node is added in a statement before the one "
            + "that makes the network")
      }
      needed.insert(output.name)
    }
    for node in nodes.reversed() where needed.contains(node.name) { needed.formUnion(node.inputs) }
    let kept = nodes.filter { needed.contains($0.name) }
    let names = Set(kept.map(\.name) + inputs.map(\.name))
    return Network(
      inputs: inputs, nodes: kept, outputs: outputs.map(\.name),
      shapes: shapes.filter { names.contains($0.key) })
  }

  /// Counts numbers that a layer gives or learns, so that sums over a network never overflow.
  private mutating func take(numbers: Int) throws(FiltersmithError) {
    guard numbers <= Self.mostNumbers - self.numbers else {
      throw FiltersmithError(
        .limit,
        "its \(numbers) numbers bring the network beyond \(Self.mostNumbers) values and parameters")
    }
    self.numbers += numbers
  }

  private mutating func take(_ name: String, _ shape: Shape) throws(FiltersmithError) {
    guard !name.isEmpty, shapes[name] == nil else {
      throw FiltersmithError(.argument, "the name '\(name)' is empty or taken in this network")
    }
    shapes[name] = shape
  }
}
