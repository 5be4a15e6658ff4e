import Foundation
import Tensors
import Testing

@testable import DataFiles

/// The path of a file that `make_fixtures.py` made.
func fixture(_ name: String) throws -> String {
  let bundled = Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Fixtures")
  return try #require(bundled, "fixture \(name)").path
}

/// The bytes of a file.
func contents(_ path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(filePath: path)))
}

/// What a folder holds, hidden files included.
func listing(_ folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}

/// The memory of an array, so that every bit is compared.
func bits(_ array: DataArray) -> [UInt8] { array.withUnsafeBytes { Array($0) } }
