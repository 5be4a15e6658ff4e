import Filtersmith
import Foundation
import Testing

extension Command {
  /// Writes an array of double precision into the folder.
  func store(_ tensor: Tensor<Double>, as name: String) throws {
    try NPYFile.write(tensor, to: url(name).path)
  }

  /// Writes an array of any element type into the folder.
  func storeElements<Element: DataElement>(_ tensor: Tensor<Element>, as name: String) throws {
    try NPYFile.write(tensor, to: url(name).path)
  }

  /// Reads an array from the folder.
  func array(_ name: String) throws -> DataArray { try NPYFile.read(url(name).path) }

  /// The lecture's image, 1 … 9 in rows, and its kernel.
  func storeLecture() throws {
    try store(Tensor(shape: [3, 3], elements: (1...9).map(Double.init)), as: "image.npy")
    try store(
      Tensor(shape: [3, 3], elements: [-1, -2, -1, 0, 0, 0, 1, 2, 1]), as: "kernel.npy")
  }

  /// Writes a small photograph-like PNG into the folder: a bright disc on a slope.
  func storePhotograph(as name: String = "image.png", width: Int = 48, height: Int = 40) throws {
    let picture = Tensor<Float>(shape: [height, width]) { index in
      let (y, x) = (Float(index[0] - height / 2), Float(index[1] - width / 2))
      return (y * y + x * x < 100 ? 0.8 : 0.1) + Float(index[1]) / Float(8 * width)
    }
    try Image(luminance: picture).write(to: url(name).path)
  }
}

/// How far two arrays lie apart, relative to the largest expected element.
func relativeDifference(_ actual: Tensor<Double>, _ expected: Tensor<Double>) throws -> Double {
  try #require(actual.shape == expected.shape, "\(actual.shape) instead of \(expected.shape)")
  let largest = expected.elements.map(abs).max() ?? 0
  let difference = zip(actual.elements, expected.elements).map { abs($0 - $1) }.max() ?? 0
  return difference / max(largest, 1e-300)
}

/// The numbers that a subcommand printed as JSON: one object per filter.
func filterReports(_ output: String) throws -> [[String: Any]] {
  try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]])
}
