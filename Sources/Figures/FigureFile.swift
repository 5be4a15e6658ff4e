import Foundation
import Tensors

/// Writes whole files: beside their place first, then renamed.
enum FigureFile {
  static func write(_ bytes: [UInt8], to path: String) throws(FiltersmithError) {
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw FiltersmithError(.file, "cannot write '\(path)'")
    }
  }
}
