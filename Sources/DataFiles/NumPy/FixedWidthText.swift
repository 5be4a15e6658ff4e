import Tensors

/// NumPy's texts of a fixed width: `<U12` (UTF-32) and `|S12` (bytes), padded with zeros.
enum FixedWidthText {
  /// The width that fits all texts of a tensor: NumPy's smallest is 1.
  static func width(of texts: Tensor<String>) -> Int {
    texts.withUnsafeElements { max($0.lazy.map(\.unicodeScalars.count).max() ?? 1, 1) }
  }

  /// The texts in UTF-32 of this machine's order.
  static func encoded(_ texts: Tensor<String>) -> Tensor<UInt32> {
    let width = width(of: texts)
    return Tensor(uninitialized: [texts.count, width]) { target in
      target.initialize(repeating: 0)
      texts.withUnsafeElements { texts in
        for (row, text) in texts.enumerated() {
          for (column, scalar) in text.unicodeScalars.enumerated() {
            target[row * width + column] = scalar.value
          }
        }
      }
    }
  }

  /// Texts from UTF-32 of this machine's order; zeros at the end are not part of them.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` for anything that is not a Unicode character.
  static func decoded(
    _ units: [UInt32], shape: Shape, width: Int, name: String
  ) throws(FiltersmithError) -> Tensor<String> {
    var texts: [String] = []
    texts.reserveCapacity(shape.elementCount)
    for start in stride(from: 0, to: units.count, by: width) {
      let text = trimmed(units[start..<start + width])
      var scalars = String.UnicodeScalarView()
      for unit in text {
        guard let scalar = Unicode.Scalar(unit) else {
          throw FiltersmithError(
            .format, "\(name) holds text with \(unit), which is not a Unicode character")
        }
        scalars.append(scalar)
      }
      texts.append(String(scalars))
    }
    return try Tensor(shape: shape, elements: texts)
  }

  /// Texts from bytes in UTF-8; zeros at the end are not part of them.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` for anything that is not UTF-8.
  static func decoded(
    _ bytes: [UInt8], shape: Shape, width: Int, name: String
  ) throws(FiltersmithError) -> Tensor<String> {
    var texts: [String] = []
    texts.reserveCapacity(shape.elementCount)
    for start in stride(from: 0, to: bytes.count, by: width) {
      guard let text = String(validating: trimmed(bytes[start..<start + width]), as: UTF8.self)
      else {
        throw FiltersmithError(.format, "\(name) holds bytes that are not text in UTF-8")
      }
      texts.append(text)
    }
    return try Tensor(shape: shape, elements: texts)
  }

  private static func trimmed<Unit: BinaryInteger>(_ units: ArraySlice<Unit>) -> ArraySlice<Unit> {
    let last = units.lastIndex { $0 != 0 }
    return last.map { units[...$0] } ?? []
  }
}
