import Tensors

/// The header before the elements in NumPy's format, versions 1.0, 2.0 and 3.0.
///
/// Source: NumPy's `numpy.lib.format` documentation.
struct NPYHeader {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// NumPy itself stops at 10,000 bytes by default.
  static let longestText = 1 << 16
  /// NumPy's own limit.
  static let mostAxes = 64

  let elementType: ElementType
  /// Bytes per element.
  let elementByteCount: Int
  /// Whether text is bytes and not UTF-32.
  let isByteText: Bool
  let byteOrder: ByteOrder
  /// Whether the first index varies fastest.
  let isFortranOrder: Bool
  let shape: Shape

  /// Reads the header at the front of a file.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` when it is not a valid one or names elements
  ///   that are neither numbers nor text.
  init(reading reader: inout ByteReader) throws(FiltersmithError) {
    let name = reader.name
    guard
      reader.remaining >= Self.magic.count,
      try reader.bytes(Self.magic.count, "the signature") == Self.magic
    else {
      throw FiltersmithError(
        .format, "\(name) is not a NumPy array: it does not begin with the NPY signature")
    }
    let version = try reader.bytes(2, "the version")
    guard (1...3).contains(version[0]), version[1] == 0 else {
      throw FiltersmithError(
        .format,
        "\(name) has version \(version[0]).\(version[1]) of NumPy's format; 1.0 to 3.0 are known")
    }
    let length =
      version[0] == 1
      ? Int(try reader.integer(UInt16.self, .little, "the header's length"))
      : Int(try reader.integer(UInt32.self, .little, "the header's length"))
    guard length <= Self.longestText else {
      throw FiltersmithError(
        .format,
        "\(name) declares a header of \(length) bytes; at most \(Self.longestText) are read")
    }
    let start = reader.position
    let text = try reader.bytes(length, "the header")
    let literal: PythonLiteral
    do throws(PythonLiteral.Problem) {
      literal = try PythonLiteral(parsing: text)
    } catch {
      throw FiltersmithError(
        .format,
        "the header of \(name) is damaged: \(error.expected) was expected at byte "
          + "\(start + error.position)")
    }
    try self.init(literal, name: name)
  }

  private init(_ literal: PythonLiteral, name: String) throws(FiltersmithError) {
    func refusal(_ problem: String) -> FiltersmithError {
      FiltersmithError(.format, "the header of \(name) \(problem)")
    }
    guard
      case .dictionary(let entries) = literal,
      entries.map(\.key).sorted() == ["descr", "fortran_order", "shape"]
    else {
      throw refusal("is not a dictionary of only 'descr', 'fortran_order' and 'shape'")
    }
    var values: [String: PythonLiteral] = [:]
    for entry in entries { values[entry.key] = entry.value }

    guard case .bool(let fortran)? = values["fortran_order"] else {
      throw refusal("has a 'fortran_order' that is neither True nor False")
    }
    isFortranOrder = fortran
    guard case .tuple(let extents)? = values["shape"] else {
      throw refusal("has a 'shape' that is not a tuple")
    }
    guard extents.count <= Self.mostAxes else {
      throw refusal("has a shape of \(extents.count) axes; at most \(Self.mostAxes) are read")
    }
    var dimensions: [Int] = []
    for extent in extents {
      guard case .integer(let number) = extent, number >= 0 else {
        throw refusal("has a 'shape' that is not a tuple of numbers from 0 up")
      }
      dimensions.append(number)
    }
    do throws(FiltersmithError) {
      shape = try Shape(checking: dimensions)
    } catch {
      throw refusal("is not plausible: \(error.message)")
    }

    guard case .text(let code)? = values["descr"] else {
      throw refusal("names structured elements; only numbers and text are read")
    }
    guard let element = Self.element(of: code) else {
      let kind = code.contains("O") ? "Python objects ('\(code)')" : "elements of type '\(code)'"
      throw refusal(
        "names \(kind); only bool, integers, floating point and complex numbers up to 64 bits a "
          + "part, and text are read")
    }
    (elementType, elementByteCount, isByteText, byteOrder) = element
  }

  /// Parses a type code such as `<f8`.
  private static func element(
    of code: String
  ) -> (type: ElementType, byteCount: Int, isByteText: Bool, order: ByteOrder)? {
    var rest = code[...]
    var order = ByteOrder.native
    switch rest.first {
    case "<": order = .little
    case ">": order = .big
    case "=", "|": break
    default: rest = "|" + rest
    }
    rest = rest.dropFirst()
    guard
      let letter = rest.popFirst(), let size = Int(rest), rest.allSatisfy(\.isWholeNumber)
    else { return nil }
    if letter == "U" || letter == "S" {
      let (byteCount, overflow) = size.multipliedReportingOverflow(by: letter == "U" ? 4 : 1)
      // Elements of zero width would let a short file declare any number of texts.
      guard byteCount > 0, !overflow else { return nil }
      return (.text, byteCount, letter == "S", order)
    }
    let type = ElementType.allCases.first { $0.letter == letter && $0.byteCount == size }
    return type.map { ($0, size, false, order) }
  }

  /// The header NumPy writes for an array of this machine's byte order, in row-major order.
  static func bytes(for array: DataArray) -> [UInt8] {
    let type = array.elementType
    var size = type.byteCount
    if case .text(let texts) = array { size = FixedWidthText.width(of: texts) }
    let order = type.componentByteCount == 1 ? "|" : ByteOrder.native == .little ? "<" : ">"
    let extents = array.shape.dimensions.map(String.init)
    let shape = extents.joined(separator: ", ") + (extents.count == 1 ? "," : "")
    var text =
      "{'descr': '\(order)\(type.letter)\(size)', 'fortran_order': False, 'shape': (\(shape)), }"
    // NumPy leaves room for the first extent to grow to 21 digits in place.
    if let first = extents.first {
      text += String(repeating: " ", count: max(21 - first.count, 0))
    }
    // Elements begin at a multiple of 64 bytes.
    func padded(before: Int) -> [UInt8] {
      let unpadded = before + text.utf8.count + 1
      let spaces = String(repeating: " ", count: (64 - unpadded % 64) % 64)
      return Array((text + spaces + "\n").utf8)
    }
    let short = padded(before: 10)
    if let length = UInt16(exactly: short.count) {
      return magic + [1, 0] + length.bytes(.little) + short
    }
    let long = padded(before: 12)
    return magic + [2, 0] + UInt32(truncatingIfNeeded: long.count).bytes(.little) + long
  }
}
