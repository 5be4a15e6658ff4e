import DataFiles
import Tensors

/// The composition of a network: a row per layer, and totals.
public struct NetworkSummary: Sendable, Hashable, Codable {
  /// One layer.
  public struct Row: Sendable, Hashable, Codable {
    /// The node's name.
    public let name: String
    /// The layer's kind.
    public let kind: String
    /// The output's shape without the batch axis, channels first.
    public let outputShape: Shape
    /// The number of its values, learnt or kept.
    public let parameters: Int
    /// Multiply-adds per sample.
    public let multiplyAdds: Int
    /// What it reads.
    public let inputs: [String]
  }

  /// One row per input and layer, inputs first.
  public let layers: [Row]
  /// The number of values that optimisers change.
  public let trainableParameters: Int
  /// The number of all values, running statistics and frozen ones included.
  public let totalParameters: Int
  /// Multiply-adds per sample.
  public let multiplyAdds: Int
  /// The number of values in all inputs and outputs of layers, per sample.
  public let activations: Int

  /// The number of values that are kept but do not change in training.
  public var nonTrainableParameters: Int { totalParameters - trainableParameters }

  /// The bytes that a batch takes in single precision, without training: parameters and all outputs.
  public func memory(batch: Int) -> Int { 4 * (totalParameters + batch * activations) }
}

extension Network {
  /// The composition of the network.
  public var summary: NetworkSummary {
    let inputRows = inputs.map {
      NetworkSummary.Row(
        name: $0.name, kind: "input", outputShape: $0.shape, parameters: 0, multiplyAdds: 0,
        inputs: [])
    }
    let rows = nodes.map { node in
      let shapes = inputShapes(of: node)
      return NetworkSummary.Row(
        name: node.name, kind: type(of: node.layer).kind,
        outputShape: self.shapes[node.name] ?? [],
        parameters: node.layer.parameters(for: shapes).reduce(0) { $0 + $1.shape.elementCount },
        multiplyAdds: node.layer.multiplyAdds(for: shapes), inputs: node.inputs)
    }
    return NetworkSummary(
      layers: inputRows + rows, trainableParameters: trainableParameterCount,
      totalParameters: parameterCount, multiplyAdds: multiplyAdds,
      activations: (inputRows + rows).reduce(0) { $0 + $1.outputShape.elementCount })
  }
}

extension NetworkSummary {
  /// The summary as JSON text, keys sorted; shapes are channels first.
  public func json() throws(FiltersmithError) -> String { try JSONFile.text(self) }
}

extension NetworkSummary: CustomStringConvertible {
  /// Keras' table: shapes in its order, the batch first and channels last.
  public var description: String {
    let header = ["Layer (type)", "Output Shape", "Param #", "Mult-adds", "Connected to"]
    let isChain = zip(layers, layers.dropFirst()).allSatisfy { $1.inputs == [$0.name] }
    var table = [isChain ? Array(header.dropLast()) : header]
    for row in layers {
      let extents = Array(row.outputShape.dropFirst()) + Array(row.outputShape.dimensions.prefix(1))
      let shape = (["None"] + extents.map { "\($0)" }).joined(separator: ", ")
      let cells = [
        "\(row.name) (\(row.kind))", "(\(shape))", grouped(row.parameters),
        grouped(row.multiplyAdds), row.inputs.joined(separator: ", "),
      ]
      table.append(isChain ? Array(cells.dropLast()) : cells)
    }
    let widths = table[0].indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    let lines = table.map { cells in
      zip(cells, widths).enumerated().map { column, cell in
        let gap = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 2 || column == 3 ? gap + cell.0 : cell.0 + gap
      }.joined(separator: "  ").trimmingTrailingSpaces()
    }
    let rule = String(repeating: "─", count: widths.reduce(2 * (widths.count - 1), +))
    let totals = [
      "Total params: \(grouped(totalParameters))",
      "Trainable params: \(grouped(trainableParameters))",
      "Non-trainable params: \(grouped(nonTrainableParameters))",
      "Multiply-adds: \(grouped(multiplyAdds)) per sample",
    ]
    return ([lines[0], rule] + lines.dropFirst() + [rule] + totals).joined(separator: "\n")
  }

  /// A whole number with commas between thousands.
  private func grouped(_ number: Int) -> String {
    let digits = String(number)
    var result = ""
    for (position, digit) in digits.enumerated() {
      if position > 0, (digits.count - position) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return result
  }
}

extension String {
  fileprivate func trimmingTrailingSpaces() -> String {
    var text = self
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}
