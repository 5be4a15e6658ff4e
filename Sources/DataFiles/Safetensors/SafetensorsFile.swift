import Tensors

/// A file of named arrays in the safetensors format: the weights of networks.
///
/// Opening reads and checks the header; arrays are read on demand. As the reference
/// implementation does, a file is refused whose arrays overlap, leave gaps between them or bytes
/// after them, or whose header is larger than 100 MB.
///
/// ```swift
/// let file = try SafetensorsFile(contentsOf: "resnet20.safetensors")
/// let weight = try file.array("conv1.weight").asFloat()
/// ```
///
/// Python's `safetensors.numpy.load_file` and `save_file` are the counterparts.
public struct SafetensorsFile: Sendable {
  /// The names of the arrays, in the order of their elements.
  public let names: [String]
  /// Texts about the file as a whole.
  public let metadata: [String: String]

  private let file: InputFile
  private let entries: [String: SafetensorsHeader.Entry]
  private let start: Int

  /// Opens a file.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when it cannot be read, `format` when it is not a
  ///   whole, valid safetensors file.
  public init(contentsOf path: String) throws(FiltersmithError) {
    try self.init(try InputFile(path, expected: "a safetensors file"))
  }

  /// Opens a file in memory.
  ///
  /// - Parameters:
  ///   - bytes: The bytes of the file.
  ///   - name: The name to use in messages.
  /// - Throws: ``FiltersmithError`` of kind `format` when it is not a whole, valid safetensors file.
  public init(
    bytes: [UInt8], name: String = "the safetensors data"
  ) throws(FiltersmithError) {
    try self.init(InputFile(name: name, bytes: bytes))
  }

  private init(_ file: InputFile) throws(FiltersmithError) {
    self.file = file
    var reader = ByteReader(file)
    let header = try SafetensorsHeader(reading: &reader)
    names = header.entries.map(\.name)
    metadata = header.metadata
    start = header.byteCount
    entries = Dictionary(uniqueKeysWithValues: header.entries.map { ($0.name, $0) })
  }

  /// The shape of an array, without reading its elements; `nil` when there is none of that name.
  public func shape(of name: String) -> Shape? { entries[name]?.shape }

  /// Reads one array.
  ///
  /// `BF16` becomes single precision, which holds each of its numbers exactly.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` when there is none of that name or its elements
  ///   have eight bits, `limit` when memory cannot hold it.
  public func array(_ name: String) throws(FiltersmithError) -> DataArray {
    guard let entry = entries[name] else {
      let others = names.isEmpty ? "nothing" : names.joined(separator: ", ")
      throw FiltersmithError(.format, "\(file.name) holds no array \(name); it holds \(others)")
    }
    let range = start + entry.range.lowerBound..<start + entry.range.upperBound
    var reader = ByteReader(file, range: range, name: "\(name) in \(file.name)")
    if entry.type == .bfloat16 {
      let bits = try DataArray(reading: &reader, .uint16, entry.shape, .little)
      guard case .uint16(let halves) = bits else { return bits }
      return .float32(halves.map { Float(bitPattern: UInt32($0) << 16) })
    }
    guard let type = entry.type.elementType else {
      throw FiltersmithError(
        .format,
        "\(name) in \(file.name) has elements of type \(entry.type.rawValue), which are not read")
    }
    return try DataArray(reading: &reader, type, entry.shape, .little)
  }

  /// Writes a file; it appears whole or not at all.
  ///
  /// The order is the reference's, by type and then by name, whatever order the arrays are given
  /// in, so the same arrays give the same bytes as `safetensors.numpy.save_file`.
  ///
  /// - Parameters:
  ///   - arrays: The arrays, each with its name.
  ///   - metadata: Texts about the file as a whole.
  ///   - path: The destination.
  /// - Throws: ``FiltersmithError`` of kind `argument` for a repeated name, the name `__metadata__`
  ///   or an element type that the format lacks (text, complex numbers of double
  ///   precision), `file` when the system refuses; nothing is left then.
  public static func write(
    _ arrays: [(name: String, array: DataArray)], metadata: [String: String] = [:],
    to path: String
  ) throws(FiltersmithError) {
    let (header, ordered) = try layout(arrays, metadata, path: path)
    var file = try AtomicFile(path)
    try file.write(header)
    for array in ordered {
      if ByteOrder.native == .little {
        try array.withUnsafeBytes { bytes throws(FiltersmithError) in try file.write(bytes) }
      } else {
        try file.write(array.bytes(.little))
      }
    }
    try file.commit()
  }

  /// The bytes of a file; see ``write(_:metadata:to:)``.
  ///
  /// - Throws: ``FiltersmithError`` of kind `argument` as ``write(_:metadata:to:)`` does.
  public static func bytes(
    of arrays: [(name: String, array: DataArray)], metadata: [String: String] = [:]
  ) throws(FiltersmithError) -> [UInt8] {
    let (header, ordered) = try layout(arrays, metadata, path: "the safetensors data")
    return ordered.reduce(into: header) { $0 += $1.bytes(.little) }
  }

  private static func layout(
    _ arrays: [(name: String, array: DataArray)], _ metadata: [String: String], path: String
  ) throws(FiltersmithError) -> (header: [UInt8], ordered: [DataArray]) {
    var names: Set<String> = []
    var typed: [(name: String, array: DataArray, type: SafetensorsType)] = []
    for (name, array) in arrays {
      guard name != "__metadata__" else {
        throw FiltersmithError(.argument, "'\(name)' cannot name an array in \(path)")
      }
      guard names.insert(name).inserted else {
        throw FiltersmithError(.argument, "two arrays for \(path) have the name \(name)")
      }
      guard let type = SafetensorsType(array.elementType) else {
        throw FiltersmithError(
          .argument, "\(name) for \(path) is \(array); safetensors files cannot hold such elements")
      }
      typed.append((name, array, type))
    }
    typed.sort {
      $0.type == $1.type
        ? $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) : $0.type.order > $1.type.order
    }
    var entries: [SafetensorsHeader.Entry] = []
    var end = 0
    for (name, array, type) in typed {
      let count = array.shape.elementCount * array.elementType.byteCount
      entries.append(
        SafetensorsHeader.Entry(
          name: name, type: type, shape: array.shape, range: end..<end + count))
      end += count
    }
    let header = SafetensorsHeader.bytes(for: entries, metadata: metadata)
    return (header, typed.map(\.array))
  }
}
