import Convolutions
import DataFiles
import Foundation
import Tensors

extension Workload {
  /// What another program needs to compute the same.
  private struct Description: Codable {
    let name: String
    let kind: String
    let deviation: Double?
    let map: String
    let border: String
    let before: [Int]
    let after: [Int]
    let stride: [Int]
    let groups: Int
    let combinesPairs: Bool
    let operations: Double
    let trafficBytes: Double
    let input: [Int]
    let kernel: [Int]
    let output: [Int]
  }

  /// Writes `NAME.json`, and beside it the arrays `NAME-input.npy`, `NAME-kernel.npy`,
  /// `NAME-gradient.npy` (for gradients) and `NAME-result.npy`.
  ///
  /// - Throws: ``FiltersmithError`` when the folder cannot be written, or the algorithm declines.
  public func export(to folder: String, algorithm: Algorithm = .automatic) throws(FiltersmithError)
  {
    let (kindName, deviation): (String, Double?) =
      switch kind {
      case .dense: ("dense", nil)
      case .quadrature: ("quadrature", nil)
      case .gaussian(let value): ("gaussian", value)
      case .sobel: ("sobel", nil)
      case .layer: ("layer", nil)
      }
    let description = Description(
      name: name, kind: kindName, deviation: deviation, map: map.rawValue,
      border: "\(convolution.border)", before: convolution.before, after: convolution.after,
      stride: convolution.stride, groups: convolution.groups, combinesPairs: combinesPairs,
      operations: operations, trafficBytes: trafficBytes,
      input: convolution.input.dimensions, kernel: convolution.kernel.dimensions,
      output: convolution.output.dimensions)
    let base = folder + "/" + name
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      try JSONEncoder().encode(description).write(to: URL(fileURLWithPath: base + ".json"))
    } catch {
      throw FiltersmithError(
        .file, "cannot write \(base).json: \(error.localizedDescription)")
    }
    try NPYFile.write(input(), to: base + "-input.npy")
    try NPYFile.write(try kernel(), to: base + "-kernel.npy")
    if map != .forward { try NPYFile.write(outputGradient(), to: base + "-gradient.npy") }
    try NPYFile.write(try result(algorithm), to: base + "-result.npy")
  }
}
