import Tensors

/// The header before the elements of a safetensors file: eight bytes of length and a JSON object.
///
/// Source: the format's description in the README of huggingface/safetensors, version 0.5 and later.
struct SafetensorsHeader: Sendable {
  /// The reference implementation's own limit.
  static let longestText = 100_000_000

  /// One array.
  struct Entry: Sendable {
    let name: String
    let type: SafetensorsType
    let shape: Shape
    /// The range of its elements, counted from the end of the header.
    let range: Range<Int>
  }

  /// The arrays, in the order of their elements.
  let entries: [Entry]
  /// Texts about the file as a whole.
  let metadata: [String: String]
  /// The offset of the elements in the file.
  let byteCount: Int

  /// Reads and checks the header at the front of a file.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` when it is damaged, or the arrays it declares
  ///   overlap, leave gaps, do not fill the file to its end or have other sizes than their shapes.
  init(reading reader: inout ByteReader) throws(FiltersmithError) {
    let name = reader.name
    let length = try reader.integer(UInt64.self, .little, "the header's length")
    guard length <= Self.longestText else {
      throw FiltersmithError(
        .format,
        "\(name) is not a safetensors file: at byte 0 it declares a header of \(length) bytes; at most "
          + "\(Self.longestText) are read")
    }
    let text = try reader.bytes(Int(length), "the header")
    byteCount = reader.position
    var declared: [(entry: Entry, place: Int)] = []
    do throws(JSONScanner.Problem) {
      (declared, metadata) = try Self.parse(text)
    } catch {
      throw FiltersmithError(
        .format,
        "the header of \(name) is damaged: \(error.expected) was expected at byte "
          + "\(8 + error.position)")
    }
    declared.sort {
      ($0.entry.range.lowerBound, $0.entry.range.upperBound)
        < ($1.entry.range.lowerBound, $1.entry.range.upperBound)
    }
    var end = 0
    for (entry, place) in declared {
      let claim = "the header of \(name) is not plausible: at byte \(8 + place), \(entry.name)"
      guard entry.range.lowerBound == end else {
        throw FiltersmithError(
          .format,
          "\(claim) begins at element byte \(entry.range.lowerBound); the array before it ends at "
            + "\(end)")
      }
      guard let needed = entry.type.byteCount(of: entry.shape), needed == entry.range.count else {
        throw FiltersmithError(
          .format,
          "\(claim), \(entry.type.rawValue) \(entry.shape), has \(entry.range.count) bytes, which "
            + "its shape does not need")
      }
      end = entry.range.upperBound
    }
    guard end == reader.remaining else {
      throw FiltersmithError(
        .format,
        "\(name) declares \(end) bytes of elements; \(reader.remaining) follow its header, which "
          + "ends at byte \(byteCount)")
    }
    entries = declared.map(\.entry)
  }

  private static func parse(
    _ text: [UInt8]
  ) throws(JSONScanner.Problem) -> ([(entry: Entry, place: Int)], [String: String]) {
    var scanner = JSONScanner(text)
    guard text.first == UInt8(ascii: "{") else { throw scanner.expected("'{'") }
    var entries: [(entry: Entry, place: Int)] = []
    var metadata: [String: String] = [:]
    var names: Set<String> = []
    try scanner.object { (key, scanner) throws(JSONScanner.Problem) in
      let place = scanner.lastKeyPosition
      guard names.insert(key).inserted else {
        throw scanner.expected("a name that has not occurred before", at: place)
      }
      if key == "__metadata__" {
        try scanner.object { (key, scanner) throws(JSONScanner.Problem) in
          let place = scanner.lastKeyPosition
          guard metadata.updateValue(try scanner.string(), forKey: key) == nil else {
            throw scanner.expected("a name that has not occurred before", at: place)
          }
        }
      } else {
        entries.append((try Self.entry(named: key, &scanner), place))
      }
    }
    try scanner.requireEnd()
    return (entries, metadata)
  }

  private static func entry(
    named name: String, _ scanner: inout JSONScanner
  ) throws(JSONScanner.Problem) -> Entry {
    var type: SafetensorsType?
    var shape: Shape?
    var range: Range<Int>?
    try scanner.object { (key, scanner) throws(JSONScanner.Problem) in
      let place = scanner.lastKeyPosition
      switch key {
      case "dtype" where type == nil:
        type = SafetensorsType(rawValue: try scanner.string())
        guard type != nil else {
          let known = SafetensorsType.allCases.map(\.rawValue).joined(separator: ", ")
          throw scanner.expected("one of the types \(known)", at: place)
        }
      case "shape" where shape == nil:
        let extents = try scanner.integers()
        shape = try? Shape(checking: extents)
        guard shape != nil else { throw scanner.expected("a list that fits memory", at: place) }
      case "data_offsets" where range == nil:
        let offsets = try scanner.integers()
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
          throw scanner.expected("two offsets, the first not beyond the second,", at: place)
        }
        range = offsets[0]..<offsets[1]
      default:
        throw scanner.expected("one dtype, one shape and one data_offsets", at: place)
      }
    }
    guard let type, let shape, let range else {
      throw scanner.expected("a dtype, a shape and data_offsets before here")
    }
    return Entry(name: name, type: type, shape: shape, range: range)
  }

  /// The header of arrays that follow each other in the given order, its end at a multiple of eight
  /// bytes.
  static func bytes(for entries: [Entry], metadata: [String: String]) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map {
        JSONScanner.quoted($0.key) + ":" + JSONScanner.quoted($0.value)
      }
      members.append(#""__metadata__":{"# + texts.joined(separator: ",") + "}")
    }
    for entry in entries {
      let shape = entry.shape.map(String.init).joined(separator: ",")
      members.append(
        JSONScanner.quoted(entry.name)
          + #":{"dtype":"\#(entry.type.rawValue)","shape":[\#(shape)],"data_offsets":"#
          + "[\(entry.range.lowerBound),\(entry.range.upperBound)]}")
    }
    var text = Array(("{" + members.joined(separator: ",") + "}").utf8)
    text += [UInt8](repeating: 0x20, count: (8 - text.count % 8) % 8)
    return UInt64(text.count).bytes(.little) + text
  }
}
