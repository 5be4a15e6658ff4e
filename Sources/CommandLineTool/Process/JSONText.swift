import Filtersmith
import Foundation

/// Values as JSON that people can read too.
enum JSONText {
  /// The text of a value, keys in alphabetical order, ending with a line break.
  ///
  /// - Throws: ``FiltersmithError`` for a number that JSON cannot hold.
  static func of(_ value: some Encodable) throws(FiltersmithError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    } catch {
      throw FiltersmithError(.numerical, "the result cannot be written as JSON: \(error)")
    }
  }
}
