import Foundation
import Tensors

/// Values as human-readable JSON: indented, keys in alphabetical order.
package enum JSONFile {
  /// The text of a value, without a line break at its end.
  ///
  /// - Throws: ``FiltersmithError`` for a number that is not finite, which JSON cannot hold.
  package static func text(_ value: some Encodable) throws(FiltersmithError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      throw FiltersmithError(.numerical, "the result cannot be written as JSON: \(error)")
    }
  }

  /// The value that a text holds.
  ///
  /// - Parameter name: The name to use in messages, such as the file's.
  /// - Throws: ``FiltersmithError`` of kind `format` that says what is wrong, and where.
  package static func value<Value: Decodable>(
    _ type: Value.Type, from text: String, name: String
  ) throws(FiltersmithError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch let error as FiltersmithError {
      throw FiltersmithError(.format, "\(name): \(error.message)")
    } catch let error as DecodingError {
      throw FiltersmithError(.format, "\(name): \(error.sentence)")
    } catch {
      throw FiltersmithError(.format, "\(name): \(error)")
    }
  }

  /// The value that a file holds.
  ///
  /// - Throws: ``FiltersmithError`` that names the file when it cannot be read or is not what was
  ///   expected.
  package static func value<Value: Decodable>(
    _ type: Value.Type, contentsOf path: String, expected: String
  ) throws(FiltersmithError) -> Value {
    try value(type, from: try TextFile.read(path, expected: expected), name: path)
  }

  /// Writes a value; the file appears whole or not at all.
  ///
  /// - Throws: ``FiltersmithError`` for a number that is not finite, or when the system refuses.
  package static func write(_ value: some Encodable, to path: String) throws(FiltersmithError) {
    try AtomicFile.write(try text(value) + "\n", to: path)
  }
}

extension DecodingError {
  /// What is wrong, and where, in one sentence.
  package var sentence: String {
    let context: Context
    switch self {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found):
      context = found
    case .keyNotFound(let key, let found):
      let path = found.codingPath.map(\.stringValue).joined(separator: ".")
      return "'\(key.stringValue)' is missing" + (path.isEmpty ? "" : " in \(path)")
    @unknown default: return "\(self)"
    }
    let path = context.codingPath.map(\.stringValue).joined(separator: ".")
    return context.debugDescription + (path.isEmpty ? "" : " (at \(path))")
  }
}
