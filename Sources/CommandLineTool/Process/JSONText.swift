import Filtersmith

/// Values as JSON that people can read too.
enum JSONText {
  /// The text of a value, keys in alphabetical order, ending with a line break.
  ///
  /// - Throws: ``FiltersmithError`` for a number that JSON cannot hold.
  static func of(_ value: some Encodable) throws(FiltersmithError) -> String {
    try JSONFile.text(value) + "\n"
  }
}
