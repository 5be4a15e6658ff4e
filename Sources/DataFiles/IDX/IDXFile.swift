import Tensors

/// Files of one array in the IDX format, the one of MNIST: `train-images-idx3-ubyte.gz`.
///
/// A magic number `00 00 type rank`, one 32-bit extent per axis and the elements, all in big-endian
/// order. gzip compression is recognised from the contents.
///
/// Source: LeCun, Cortes, Burges, *The MNIST database of handwritten digits*.
public enum IDXFile {
  /// The format's codes for the types it knows.
  private static let codes: [(code: UInt8, type: ElementType)] = [
    (0x08, .uint8), (0x09, .int8), (0x0B, .int16), (0x0C, .int32), (0x0D, .float32),
    (0x0E, .float64),
  ]
  /// NumPy's limit, and ours: no array has more axes.
  private static let mostAxes = 64

  /// Reads a file, plain or compressed.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when it cannot be read, `format` when it is not a
  ///   whole, valid array with nothing after it, `limit` when memory cannot hold it.
  public static func read(_ path: String) throws(FiltersmithError) -> DataArray {
    try decode(try InputFile(path, expected: "an IDX file"))
  }

  /// Reads a file in memory, plain or compressed.
  ///
  /// - Parameters:
  ///   - bytes: The bytes of the file.
  ///   - name: The name to use in messages.
  /// - Throws: ``FiltersmithError`` of kind `format` when it is not a whole, valid array.
  public static func read(
    bytes: [UInt8], name: String = "the IDX data"
  ) throws(FiltersmithError) -> DataArray {
    try decode(InputFile(name: name, bytes: bytes))
  }

  private static func decode(_ file: InputFile) throws(FiltersmithError) -> DataArray {
    var reader = try ByteReader(expanding: file)
    let magic = try reader.bytes(4, "the magic number")
    guard magic[0] == 0, magic[1] == 0, let type = codes.first(where: { $0.code == magic[2] })?.type
    else {
      let text = magic.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
      throw FiltersmithError(
        .format,
        "\(file.name) is not an IDX file: it begins with \(text) at byte 0; 00 00, a type from 08 to 0e "
          + "and the number of axes were expected")
    }
    let rank = Int(magic[3])
    guard rank <= mostAxes else {
      throw FiltersmithError(
        .format, "\(file.name) declares \(rank) axes at byte 3; at most \(mostAxes) are read")
    }
    var extents: [Int] = []
    for axis in 0..<rank {
      extents.append(Int(try reader.integer(UInt32.self, .big, "the extent of axis \(axis)")))
    }
    let shape: Shape
    do throws(FiltersmithError) {
      shape = try Shape(checking: extents)
    } catch {
      throw FiltersmithError(
        .format, "the extents of \(file.name) at byte 4 are not plausible: \(error.message)")
    }
    let array = try DataArray(reading: &reader, type, shape, .big)
    try reader.requireEnd()
    return array
  }

  /// Writes a file; it appears whole or not at all.
  ///
  /// - Parameters:
  ///   - array: Elements of one of the format's types: `uint8`, `int8`, `int16`, `int32`, `float32`,
  ///     `float64`; truth values become `uint8`.
  ///   - path: The destination.
  ///   - compressed: Whether to compress with gzip; by default when the name ends in `.gz`.
  /// - Throws: ``FiltersmithError`` of kind `argument` for other elements, or more axes or samples
  ///   than the format allows, `file` when the system refuses; nothing is left then.
  public static func write(
    _ array: DataArray, to path: String, compressed: Bool? = nil
  ) throws(FiltersmithError) {
    var bytes = try bytes(of: array, name: path)
    if compressed ?? path.hasSuffix(".gz") {
      let plain = bytes
      bytes = try plain.withUnsafeBufferPointer { plain throws(FiltersmithError) in
        try Deflater.gzip([UnsafeRawBufferPointer(plain)], name: path)
      }
    }
    try AtomicFile.write(bytes, to: path)
  }

  /// The bytes of a file, not compressed.
  ///
  /// - Throws: ``FiltersmithError`` of kind `argument` as ``write(_:to:compressed:)`` does.
  public static func bytes(
    of array: DataArray, name: String = "the IDX data"
  ) throws(FiltersmithError) -> [UInt8] {
    if case .bool(let truths) = array {
      return try bytes(of: .uint8(truths.map { $0 ? 1 : 0 }), name: name)
    }
    guard let code = codes.first(where: { $0.type == array.elementType })?.code else {
      let known = codes.map(\.type.rawValue).joined(separator: ", ")
      throw FiltersmithError(.argument, "\(name) cannot hold \(array): IDX files hold \(known)")
    }
    guard array.shape.rank <= mostAxes, array.shape.allSatisfy({ $0 <= UInt32.max }) else {
      throw FiltersmithError(
        .argument,
        "\(name) cannot hold \(array): IDX files have at most \(mostAxes) axes of 32-bit extents")
    }
    let extents = array.shape.flatMap { UInt32(truncatingIfNeeded: $0).bytes(.big) }
    return [0, 0, code, UInt8(array.shape.rank)] + extents + array.bytes(.big)
  }
}
