import DataFiles
import Foundation
import Tensors

/// The layers that architecture files may name.
enum LayerKinds {
  static let all: [any Layer.Type] = [
    Add.self, AveragePooling.self, BatchNormalization.self, Concatenate.self, Conv.self,
    ConvTransposed.self, CropToMatch.self, Cropping.self, Dense.self, DepthwiseConv.self,
    Dropout.self, ELU.self, FixedFilters.self, Flatten.self, GELU.self, GlobalAveragePooling.self,
    GlobalMaxPooling.self, GroupNormalization.self, LayerNormalization.self, LeakyReLU.self,
    LocalResponseNormalization.self, LocallyConnected.self, Magnitude.self, MaxOverGroups.self,
    MaxPooling.self, Phase.self, ReLU.self, Reshape.self, SiLU.self, Sigmoid.self, Softmax.self,
    Softplus.self, SpatialDropout.self, SubsampleAndPadChannels.self, Tanh.self, UpSampling.self,
    ZeroPadding.self,
  ]

  static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.kind, $0) })
}

extension Network: Codable {
  private enum Keys: String, CodingKey { case inputs, nodes, outputs }
  private enum NodeKeys: String, CodingKey {
    case name, kind, layer, inputs, isFrozen, learningRateScale
  }

  /// Writes the graph; shapes follow from it and are not written.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(inputs, forKey: .inputs)
    try container.encode(outputs, forKey: .outputs)
    var list = container.nestedUnkeyedContainer(forKey: .nodes)
    for node in nodes {
      var entry = list.nestedContainer(keyedBy: NodeKeys.self)
      try entry.encode(node.name, forKey: .name)
      try entry.encode(type(of: node.layer).kind, forKey: .kind)
      try entry.encode(node.inputs, forKey: .inputs)
      try node.layer.encode(to: entry.superEncoder(forKey: .layer))
      if node.isFrozen { try entry.encode(true, forKey: .isFrozen) }
      if node.learningRateScale != 1 {
        try entry.encode(node.learningRateScale, forKey: .learningRateScale)
      }
    }
  }

  /// Reads a graph and checks it like one that is built in code.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    var graph = NetworkGraph()
    var references: [String: NetworkGraph.Reference] = [:]
    for input in try container.decode([Input].self, forKey: .inputs) {
      references[input.name] = try graph.input(input.name, input.shape)
    }
    func reference(_ name: String) throws -> NetworkGraph.Reference {
      guard let found = references[name] else {
        throw FiltersmithError(
          .format, "the network refers to '\(name)', which is neither an input nor an earlier node")
      }
      return found
    }
    var frozen: [String] = []
    var scales: [(String, Double)] = []
    var list = try container.nestedUnkeyedContainer(forKey: .nodes)
    while !list.isAtEnd {
      let entry = try list.nestedContainer(keyedBy: NodeKeys.self)
      let name = try entry.decode(String.self, forKey: .name)
      let kind = try entry.decode(String.self, forKey: .kind)
      guard let type = LayerKinds.byName[kind] else {
        throw FiltersmithError(.format, "node '\(name)' has the unknown kind '\(kind)'")
      }
      let layer = try type.init(from: try entry.superDecoder(forKey: .layer))
      let inputs = try entry.decode([String].self, forKey: .inputs).map(reference)
      references[name] = try graph.add(layer, to: inputs, name: name)
      if try entry.decodeIfPresent(Bool.self, forKey: .isFrozen) ?? false { frozen.append(name) }
      if let scale = try entry.decodeIfPresent(Double.self, forKey: .learningRateScale) {
        scales.append((name, scale))
      }
    }
    let outputs = try container.decode([String].self, forKey: .outputs).map(reference)
    var network = try graph.network(outputs: outputs).freezing(frozen)
    for (name, scale) in scales { network = try network.scalingLearningRate(of: [name], by: scale) }
    self = network
  }

  /// The architecture as JSON text, keys sorted.
  public func json() throws(FiltersmithError) -> String { try JSONFile.text(self) }

  /// A network from a file that holds its JSON text.
  ///
  /// - Throws: ``FiltersmithError`` when the file cannot be read, or names the node or key that is
  ///   wrong.
  public init(contentsOf path: String) throws(FiltersmithError) {
    self = try JSONFile.value(Network.self, contentsOf: path, expected: "a network's JSON file")
  }

  /// A network from its JSON text.
  ///
  /// - Throws: ``FiltersmithError`` that names the node or key that is wrong.
  public init(json text: String) throws(FiltersmithError) {
    self = try JSONFile.value(Network.self, from: text, name: "the network's JSON")
  }
}
