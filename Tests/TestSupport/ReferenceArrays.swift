import DataFiles
import Foundation
import Tensors
import Testing

/// Inputs and what SciPy 1.17.1 and scikit-image 0.26.0 compute from them, by name.
///
/// `Tests/Fixtures/make_arrays.py` says what every name means.
package struct ReferenceArrays: Sendable, CustomTestStringConvertible {
  private enum Place: Sendable {
    case archive(NPZFile)
    case folder(URL)
  }

  package let testDescription: String
  /// Whether these are the package's own, which are complete.
  package let isOwn: Bool
  private let place: Place

  /// The package's own, from `Tests/Fixtures/arrays.npz`.
  package static let own: ReferenceArrays = {
    do {
      return ReferenceArrays(
        testDescription: "Tests/Fixtures", isOwn: true,
        place: .archive(try NPZFile(contentsOf: Fixtures.url("arrays.npz").path)))
    } catch {
      fatalError("\(error)")
    }
  }()

  /// The package's own and, where they lie beside it, those of other pictures, which are fewer.
  package static let all: [ReferenceArrays] =
    [own]
    + [SharedData.url("conformance/golden-scipy")].compactMap { folder in
      folder.map {
        ReferenceArrays(testDescription: "../shared", isOwn: false, place: .folder($0))
      }
    }

  /// What the other pictures' files call the inputs.
  private static let otherNames = [
    "in_image": "in_camera96", "in_coins": "in_coins96x128", "in_binary": "in_coins_binary",
    "in_volume": "in_vol32x32x30", "in_random": "in_rand17x23",
  ]

  private func file(_ name: String, in folder: URL) -> URL {
    folder.appendingPathComponent("\(Self.otherNames[name] ?? name).npy")
  }

  /// Whether the results of these names are to be checked: always of the package's own.
  package func has(_ names: String...) -> Bool {
    guard case .folder(let folder) = place else { return true }
    return names.allSatisfy {
      FileManager.default.fileExists(atPath: file($0, in: folder).path)
    }
  }

  /// An array as it is stored; throws where it is missing.
  package func stored(_ name: String) throws -> DataArray {
    switch place {
    case .archive(let archive): try archive.array(name)
    case .folder(let folder): try NPYFile.read(file(name, in: folder).path)
    }
  }

  /// An array in double precision; throws where it is missing.
  package func callAsFunction(_ name: String) throws -> Tensor<Double> {
    try stored(name).asDouble()
  }
}
