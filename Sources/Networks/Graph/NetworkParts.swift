import Tensors

/// Something that adds nodes to a graph after a given one: a layer, or a combination of layers.
public protocol NetworkPart: Sendable {
  /// Adds the part's nodes and returns the last.
  ///
  /// - Throws: ``FiltersmithError`` that names the layer whose input does not fit.
  func append(
    to graph: inout NetworkGraph, after input: NetworkGraph.Reference
  ) throws(FiltersmithError) -> NetworkGraph.Reference
}

extension Layer {
  /// Adds the layer as one node.
  public func append(
    to graph: inout NetworkGraph, after input: NetworkGraph.Reference
  ) throws(FiltersmithError) -> NetworkGraph.Reference {
    try graph.add(self, to: [input])
  }

  /// The layer under a name of its own.
  public func named(_ name: String) -> NamedLayer<Self> { NamedLayer(layer: self, name: name) }
}

/// A layer with the name that its node will have.
public struct NamedLayer<Content: Layer>: NetworkPart {
  /// The layer.
  public let layer: Content
  /// The node's name.
  public let name: String

  /// Adds the layer as one node of that name.
  public func append(
    to graph: inout NetworkGraph, after input: NetworkGraph.Reference
  ) throws(FiltersmithError) -> NetworkGraph.Reference {
    try graph.add(layer, to: [input], name: name)
  }
}

/// Parts in sequence.
public struct Sequential: NetworkPart {
  /// The parts, first to last.
  public let parts: [any NetworkPart]

  /// Parts from a list.
  public init(_ parts: [any NetworkPart]) { self.parts = parts }

  /// Parts written one below the other.
  public init(@NetworkBuilder _ parts: () -> Sequential) { self = parts() }

  /// Adds the parts in turn.
  public func append(
    to graph: inout NetworkGraph, after input: NetworkGraph.Reference
  ) throws(FiltersmithError) -> NetworkGraph.Reference {
    var last = input
    for part in parts { last = try part.append(to: &graph, after: last) }
    return last
  }
}

/// A part whose nodes' names begin with a prefix: `encoder.conv1`.
public struct Scope: NetworkPart {
  /// The prefix.
  public let name: String
  /// The parts.
  public let content: Sequential

  /// Parts written one below the other under a prefix.
  public init(_ name: String, @NetworkBuilder _ content: () -> Sequential) {
    self.name = name
    self.content = content()
  }

  /// Adds the parts in turn.
  public func append(
    to graph: inout NetworkGraph, after input: NetworkGraph.Reference
  ) throws(FiltersmithError) -> NetworkGraph.Reference {
    try graph.add(content, named: name, to: input)
  }
}

/// A part and a shortcut around it, added: `content(x) + shortcut(x)` (He and others 2016).
public struct Residual: NetworkPart {
  /// The part.
  public let content: Sequential
  /// The shortcut around it; the identity when empty.
  public let shortcut: Sequential

  /// A residual block; the shortcut is the identity unless given.
  public init(
    @NetworkBuilder _ content: () -> Sequential,
    @NetworkBuilder shortcut: () -> Sequential = { Sequential([]) }
  ) {
    self.content = content()
    self.shortcut = shortcut()
  }

  /// Adds the part, the shortcut and their sum.
  public func append(
    to graph: inout NetworkGraph, after input: NetworkGraph.Reference
  ) throws(FiltersmithError) -> NetworkGraph.Reference {
    let long = try content.append(to: &graph, after: input)
    let short = try shortcut.append(to: &graph, after: input)
    return try graph.add(Add(), to: [long, short])
  }
}

/// Several parts that read the same input; their channels are concatenated.
public struct Concatenation: NetworkPart {
  /// The parts; an empty ``Sequential`` passes the input on.
  public let branches: [any NetworkPart]

  /// Branches written one below the other.
  public init(@NetworkBuilder _ branches: () -> Sequential) { self.branches = branches().parts }

  /// Adds all branches and their concatenation.
  public func append(
    to graph: inout NetworkGraph, after input: NetworkGraph.Reference
  ) throws(FiltersmithError) -> NetworkGraph.Reference {
    var ends: [NetworkGraph.Reference] = []
    for branch in branches { ends.append(try branch.append(to: &graph, after: input)) }
    return try graph.add(Concatenate(), to: ends)
  }
}

/// The input concatenated with the part's output, as in the skips of U-Nets and DenseNets.
public struct Skip: NetworkPart {
  /// The part.
  public let content: Sequential

  /// A part written one layer below the other.
  public init(@NetworkBuilder _ content: () -> Sequential) { self.content = content() }

  /// Adds the part and the concatenation of its input and output.
  public func append(
    to graph: inout NetworkGraph, after input: NetworkGraph.Reference
  ) throws(FiltersmithError) -> NetworkGraph.Reference {
    let end = try content.append(to: &graph, after: input)
    return try graph.add(Concatenate(), to: [input, end])
  }
}

/// Turns layers written one below the other into a ``Sequential``.
@resultBuilder
public enum NetworkBuilder {
  /// One part.
  public static func buildExpression(_ part: some NetworkPart) -> [any NetworkPart] { [part] }
  /// Parts made by a loop or a function.
  public static func buildExpression(_ parts: [any NetworkPart]) -> [any NetworkPart] { parts }
  /// Parts in sequence.
  public static func buildBlock(_ parts: [any NetworkPart]...) -> [any NetworkPart] {
    parts.flatMap { $0 }
  }
  /// A part that may be left out.
  public static func buildOptional(_ parts: [any NetworkPart]?) -> [any NetworkPart] { parts ?? [] }
  /// One of two.
  public static func buildEither(first parts: [any NetworkPart]) -> [any NetworkPart] { parts }
  /// The other of two.
  public static func buildEither(second parts: [any NetworkPart]) -> [any NetworkPart] { parts }
  /// Parts from a loop.
  public static func buildArray(_ parts: [[any NetworkPart]]) -> [any NetworkPart] {
    parts.flatMap { $0 }
  }
  /// All parts.
  public static func buildFinalResult(_ parts: [any NetworkPart]) -> Sequential {
    Sequential(parts)
  }
}
