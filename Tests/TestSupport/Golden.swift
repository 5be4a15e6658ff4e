import DataFiles
import Foundation
import Tensors

/// Arrays that SciPy 1.17.1 and scikit-image 0.26.0 computed.
///
/// They lie in `../shared/data/conformance/golden-scipy`, and those that `scripts/golden` computes in
/// the folder that the environment's FILTERSMITH_GOLDEN names. Tests of what is in neither are skipped.
package enum Golden {
  private static func url(_ name: String) -> URL? {
    if let folder = ProcessInfo.processInfo.environment["FILTERSMITH_GOLDEN"] {
      let url = URL(fileURLWithPath: folder).appendingPathComponent("\(name).npy")
      if FileManager.default.fileExists(atPath: url.path) { return url }
    }
    return SharedData.url("conformance/golden-scipy/\(name).npy")
  }

  /// Whether all arrays of these names are there.
  package static func has(_ names: String...) -> Bool { names.allSatisfy { url($0) != nil } }

  /// An array of a name; throws where it is missing.
  package static func array(_ name: String) throws -> Tensor<Double> {
    guard let url = url(name) else {
      throw FiltersmithError(.file, "there is no golden array \(name)")
    }
    return try NPYFile.read(url.path).asDouble()
  }
}

/// The largest difference of two arrays of one shape.
package func largestDifference<First: BinaryFloatingPoint, Second: BinaryFloatingPoint>(
  _ first: Tensor<First>, _ second: Tensor<Second>
) -> Double {
  guard first.shape == second.shape else { return .infinity }
  return zip(first.elements, second.elements).reduce(0) {
    max($0, abs(Double($1.0) - Double($1.1)))
  }
}
