import DataFiles
import Foundation
import Tensors
import Testing

/// One node of ONNX with its inputs and its output.
///
/// The package's own are made by `Tests/Fixtures/make_onnx.py`; ONNX's published cases are read
/// where they lie beside the package.
package struct ONNXCase: Decodable, Sendable, CustomTestStringConvertible {
  /// The operator and the names of its arrays.
  package struct Node: Decodable, Sendable {
    package let op: String
    package let inputs: [String]
    package let outputs: [String]
    package let attributes: Attributes
  }

  /// The attributes that some layer has; `nil` where the node does not give them.
  package struct Attributes: Decodable, Sendable {
    package var alpha: Double?
    package var approximate: String?
    package var autoPad: String?
    package var axis: Int?
    package var beta: Double?
    package var bias: Double?
    package var ceilMode: Int?
    package var countIncludePad: Int?
    package var dilations: [Int]?
    package var epsilon: Double?
    package var group: Int?
    package var ignoreIndex: Int?
    package var kernelShape: [Int]?
    package var mode: String?
    package var numGroups: Int?
    package var outputPadding: [Int]?
    package var outputShape: [Int]?
    package var pads: [Int]?
    package var reduction: String?
    package var size: Int?
    package var strides: [Int]?
    package var transA: Int?
    package var transB: Int?
  }

  private enum Place: Sendable {
    case archive(NPZFile)
    case folder(URL)
  }

  private enum CodingKeys: CodingKey {
    case `case`, nodes, inputs, initializers, outputs, referenceMaxAbsDiff
  }

  package let `case`: String
  private let nodes: [Node]
  private let inputs: [String: String]
  private let initializers: [String: String]
  private let outputs: [String: String]
  private let referenceMaxAbsDiff: Double?
  private var place: Place?

  /// The only node.
  package var node: Node { nodes[0] }
  /// How far the stored output is from what ONNX's reference computes: some are rounded.
  package var rounding: Double { referenceMaxAbsDiff ?? 0 }
  package var testDescription: String { `case` }

  /// The package's own cases.
  package static let own: [ONNXCase] = {
    do {
      let archive = try NPZFile(contentsOf: Fixtures.url("onnx.npz").path)
      let json = try Data(contentsOf: Fixtures.url("onnx.json"))
      return try decoder.decode([ONNXCase].self, from: json).map { $0.placed(.archive(archive)) }
    } catch {
      fatalError("\(error)")
    }
  }()

  /// ONNX's cases of one node each, where they lie beside the package; none where they do not.
  package static let published: [ONNXCase] = {
    guard let root = SharedData.url("conformance/onnx-cases") else { return [] }
    return ["node", "pytorch-converted"].flatMap { suite in
      let folder = root.appendingPathComponent(suite)
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      return names.sorted().compactMap { name -> ONNXCase? in
        let place = folder.appendingPathComponent(name)
        guard let json = try? Data(contentsOf: place.appendingPathComponent("case.json")),
          let found = try? decoder.decode(ONNXCase.self, from: json), found.nodes.count == 1
        else { return nil }
        return found.placed(.folder(place))
      }
    }
  }()

  private static let decoder: JSONDecoder = {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }()

  private func placed(_ place: Place) -> ONNXCase {
    var placed = self
    placed.place = place
    return placed
  }

  private func array(_ file: String?) throws -> DataArray {
    guard let file, let place else {
      throw FiltersmithError(.file, "the ONNX case \(`case`) lacks an array")
    }
    switch place {
    case .archive(let archive): return try archive.array("\(`case`)/\(file)")
    case .folder(let folder): return try NPYFile.read(folder.appendingPathComponent(file).path)
    }
  }

  /// The arrays of all inputs that are given, in the operator's order.
  package func arrays() throws -> [DataArray] {
    try node.inputs.filter { !$0.isEmpty }.map { try array(inputs[$0] ?? initializers[$0]) }
  }

  /// What the operator's first output must be.
  package func expected() throws -> DataArray { try array(outputs[node.outputs[0]]) }
}

extension [ONNXCase] {
  /// The convolutions and transposed convolutions.
  package var convolutions: [ONNXCase] {
    filter { ["Conv", "ConvTranspose"].contains($0.node.op) }
  }
}
