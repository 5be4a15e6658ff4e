import Tensors

/// A file of several named arrays in NumPy's format (`.npz`, a ZIP archive of `.npy` files):
/// `numpy.load`, `numpy.savez` and `numpy.savez_compressed` are the counterparts.
///
/// Opening reads and checks the directory; arrays are read on demand. Entries may be
/// stored or deflated, the archive may be ZIP64.
///
/// ```swift
/// let file = try NPZFile(contentsOf: "bank.npz")
/// let kernels = try file.array("kernels").asComplex()
/// let design = try file.array("design").asText()
/// ```
public struct NPZFile: Sendable {
  /// The names of the arrays, in the order of the archive, without `.npy`.
  public let names: [String]

  private let file: InputFile
  private let entries: [String: ZipDirectory.Entry]

  /// Opens a file.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when it cannot be read, `format` when it is not a
  ///   whole, valid ZIP archive of arrays.
  public init(contentsOf path: String) throws(FiltersmithError) {
    try self.init(try InputFile(path, expected: "an NPZ file"))
  }

  /// Opens a file in memory.
  ///
  /// - Parameters:
  ///   - bytes: The bytes of the file.
  ///   - name: The name to use in messages.
  /// - Throws: ``FiltersmithError`` of kind `format` when it is not a whole, valid ZIP archive.
  public init(bytes: [UInt8], name: String = "the NPZ data") throws(FiltersmithError) {
    try self.init(InputFile(name: name, bytes: bytes))
  }

  init(_ file: InputFile) throws(FiltersmithError) {
    self.file = file
    var names: [String] = []
    var entries: [String: ZipDirectory.Entry] = [:]
    for entry in try ZipDirectory(file).entries where !entry.name.hasSuffix("/") {
      let name = entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : entry.name
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw FiltersmithError(.format, "\(file.name) is damaged: it holds \(name) twice")
      }
      names.append(name)
    }
    self.names = names
    self.entries = entries
  }

  /// Reads one array.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` when there is none of that name, or it is
  ///   damaged, `limit` when memory cannot hold it.
  public func array(_ name: String) throws(FiltersmithError) -> DataArray {
    guard let entry = entries[name] else {
      let others = names.isEmpty ? "nothing" : names.joined(separator: ", ")
      throw FiltersmithError(.format, "\(file.name) holds no array \(name); it holds \(others)")
    }
    var reader = try ZipDirectory.reader(for: entry, in: file)
    let array = try NPYFile.decode(&reader)
    try reader.finish(expecting: entry.checksum)
    return array
  }

  /// Writes a file; it appears whole or not at all.
  ///
  /// The same arrays always give the same bytes: entries are dated 1 January 1980.
  ///
  /// - Parameters:
  ///   - arrays: The arrays in order, each with its name (without `.npy`).
  ///   - path: The destination.
  ///   - compressed: Whether to deflate, as `numpy.savez_compressed` does.
  /// - Throws: ``FiltersmithError`` of kind `argument` for an empty, too long or repeated name,
  ///   `file` when the system refuses; nothing is left then.
  public static func write(
    _ arrays: [(name: String, array: DataArray)], to path: String, compressed: Bool = false
  ) throws(FiltersmithError) {
    try write(arrays, using: try ZipWriter(path), path: path, compressed: compressed)
  }

  static func write(
    _ arrays: [(name: String, array: DataArray)], using writer: consuming ZipWriter, path: String,
    compressed: Bool
  ) throws(FiltersmithError) {
    var names: Set<String> = []
    for (name, array) in arrays {
      guard !name.isEmpty, name.utf8.count < 0xFFF0, !name.utf8.contains(0) else {
        throw FiltersmithError(.argument, "'\(name)' cannot name an array in \(path)")
      }
      guard names.insert(name).inserted else {
        throw FiltersmithError(.argument, "two arrays for \(path) have the name \(name)")
      }
      let header = NPYHeader.bytes(for: array)
      try array.withUnsafeBytes { elements throws(FiltersmithError) in
        try header.withUnsafeBufferPointer { header throws(FiltersmithError) in
          let pieces = [UnsafeRawBufferPointer(header), elements]
          try writer.append(name: name + ".npy", pieces, deflated: compressed)
        }
      }
    }
    try writer.commit()
  }
}
