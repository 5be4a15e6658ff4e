import Numerics
import Tensors

/// Files of one array in NumPy's format (`.npy`): the counterpart of `numpy.load` and `numpy.save`.
///
/// Versions 1.0 to 3.0, both byte orders, C and Fortran order, all types of ``ElementType`` are
/// read. Written are version 1.0 (2.0 for very long headers), this machine's byte order and C order,
/// byte for byte as `numpy.save` does. Elements keep every bit, those of NaNs included.
public enum NPYFile {
  /// Reads a file.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when it cannot be read, `format` when it is not a
  ///   whole, valid array of numbers or text, `limit` when memory cannot hold it.
  public static func read(_ path: String) throws(FiltersmithError) -> DataArray {
    try read(try InputFile(path, expected: "an NPY file"))
  }

  /// Reads a file in memory.
  ///
  /// - Parameters:
  ///   - bytes: The bytes of the file.
  ///   - name: The name to use in messages.
  /// - Throws: ``FiltersmithError`` of kind `format` when it is not a whole, valid array of numbers
  ///   or text.
  public static func read(
    bytes: [UInt8], name: String = "the NPY data"
  ) throws(FiltersmithError) -> DataArray {
    try read(InputFile(name: name, bytes: bytes))
  }

  static func read(_ file: InputFile) throws(FiltersmithError) -> DataArray {
    var reader = ByteReader(file)
    return try decode(&reader)
  }

  /// Writes a file; it appears whole or not at all.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when the system refuses; nothing is left then.
  public static func write(_ array: DataArray, to path: String) throws(FiltersmithError) {
    var file = try AtomicFile(path)
    try file.write(NPYHeader.bytes(for: array))
    try array.withUnsafeBytes { bytes throws(FiltersmithError) in try file.write(bytes) }
    try file.commit()
  }

  /// Writes a file; it appears whole or not at all.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when the system refuses; nothing is left then.
  public static func write<Element: DataElement>(
    _ tensor: Tensor<Element>, to path: String
  ) throws(FiltersmithError) {
    try write(DataArray(tensor), to: path)
  }

  /// The bytes of a file.
  public static func bytes(of array: DataArray) -> [UInt8] {
    NPYHeader.bytes(for: array) + array.withUnsafeBytes { Array($0) }
  }

  /// Reads the array that fills a range of bytes.
  static func decode(_ reader: inout ByteReader) throws(FiltersmithError) -> DataArray {
    let header = try NPYHeader(reading: &reader)
    let name = reader.name
    let needed = try MemoryLimit.product(
      header.elementByteCount, header.shape.elementCount, for: name)
    guard needed == reader.remaining else {
      let type = header.elementType.rawValue
      throw FiltersmithError(
        .format,
        "\(name) declares \(type) \(header.shape), \(needed) bytes; \(reader.remaining) follow its "
          + "header")
    }
    // Column-major elements and texts are held twice for a while; a text takes at least 16 bytes.
    let isText = header.elementType == .text
    let copies = header.isFortranOrder || isText ? 2 : 1
    let strings = isText ? header.shape.elementCount : 0
    let memory = try MemoryLimit.product(needed, copies, for: name)
    try MemoryLimit.check(memory, for: name)
    try MemoryLimit.check(try MemoryLimit.product(strings, 16, for: name), for: name)

    if isText { return .text(try texts(header, &reader)) }
    return try DataArray(filling: header.shape, of: header.elementType) {
      buffer throws(FiltersmithError) in
      try fill(buffer, header, &reader)
    }
  }

  private static func fill(
    _ target: UnsafeMutableRawBufferPointer, _ header: NPYHeader, _ reader: inout ByteReader
  ) throws(FiltersmithError) {
    if header.isFortranOrder, header.shape.rank > 1 {
      let columnMajor = try reader.bytes(target.count, "the elements")
      columnMajor.withUnsafeBytes {
        AxisOrder.copyToRowMajor(
          $0, target, shape: header.shape, width: header.elementByteCount)
      }
    } else {
      try reader.read(into: target, "the elements")
    }
    if header.byteOrder != .native {
      ByteOrder.reverse(
        target, width: header.isByteText ? 1 : header.elementType.componentByteCount)
    }
  }

  private static func texts(
    _ header: NPYHeader, _ reader: inout ByteReader
  ) throws(FiltersmithError) -> Tensor<String> {
    let width = header.elementByteCount / (header.isByteText ? 1 : 4)
    let count = header.shape.elementCount
    if header.isByteText {
      let bytes = try Tensor<UInt8>(uninitialized: [count, width]) {
        buffer throws(FiltersmithError) in
        try fill(UnsafeMutableRawBufferPointer(buffer), header, &reader)
      }
      return try FixedWidthText.decoded(
        bytes.elements, shape: header.shape, width: width, name: reader.name)
    }
    let units = try Tensor<UInt32>(uninitialized: [count, width]) {
      buffer throws(FiltersmithError) in
      try fill(UnsafeMutableRawBufferPointer(buffer), header, &reader)
    }
    return try FixedWidthText.decoded(
      units.elements, shape: header.shape, width: width, name: reader.name)
  }
}
