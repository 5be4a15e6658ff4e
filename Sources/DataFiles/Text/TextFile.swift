import Tensors

/// Text files, such as JSON.
public enum TextFile {
  /// The largest text file that is read, in bytes.
  public static let largest = 256 << 20

  /// The whole text of a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - expected: What the file should be, for messages, such as `a JSON file`.
  /// - Throws: ``FiltersmithError`` of kind `file` when it cannot be read, `limit` when it is larger
  ///   than ``largest``, `format` when it is not UTF-8.
  public static func read(_ path: String, expected: String) throws(FiltersmithError) -> String {
    let file = try InputFile(path, expected: expected)
    guard file.count <= largest else {
      throw FiltersmithError(
        .limit, "\(path) has \(file.count) bytes; \(expected) of at most \(largest) was expected")
    }
    var reader = ByteReader(file)
    let bytes = try reader.bytes(file.count, "its text")
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FiltersmithError(.format, "\(path) is not UTF-8 text; \(expected) was expected")
    }
    return text
  }
}
