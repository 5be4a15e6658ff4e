import Tensors

/// The header of a NIfTI-1 or NIfTI-2 file: its bytes and their meaning.
///
/// The bytes are kept as they were read; properties read and change fields in place, so whatever a
/// program does not touch survives a round trip, unused fields included. Axes are in the file's order
/// here, x first; ``NIfTIVolume`` turns them into array order.
///
/// Source: `nifti1.h` (2007) and `nifti2.h` (2011) of the NIfTI Data Format Working Group.
public struct NIfTIHeader: Sendable, Hashable {
  /// Which of the two formats.
  public enum Version: Int, Sendable, Hashable, CaseIterable {
    /// 348 bytes, extents of 16 bits.
    case nifti1 = 1
    /// 540 bytes, extents of 64 bits.
    case nifti2 = 2

    /// Bytes of a header.
    public var byteCount: Int { self == .nifti1 ? 348 : 540 }
  }

  /// Which of the two formats.
  public let version: Version
  let order: ByteOrder
  private(set) var bytes: [UInt8]

  /// Whether numbers are big-endian.
  public var isBigEndian: Bool { order == .big }

  /// A header in which nothing is set.
  init(version: Version, order: ByteOrder) {
    self.version = version
    self.order = order
    bytes = UInt32(version.byteCount).bytes(order)
    bytes += [UInt8](repeating: 0, count: version.byteCount - bytes.count)
    if version == .nifti1 { bytes[38] = UInt8(ascii: "r") }
    isSingleFile = true
  }

  /// Reads the header of a `.nii`, `.nii.gz` or `.hdr` file, without its voxels.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when it cannot be read, `format` when it is not a
  ///   valid header.
  public init(contentsOf path: String) throws(FiltersmithError) {
    var reader = try ByteReader(expanding: try InputFile(path, expected: "a NIfTI file"))
    try self.init(reading: &reader)
  }

  /// Reads and checks the header at the front of a file.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` when it is not a valid one.
  init(reading reader: inout ByteReader) throws(FiltersmithError) {
    let name = reader.name
    let first = try reader.bytes(4, "the header's size")
    let sizes = ByteOrder.allCases.map { order in
      first.withUnsafeBytes { Int($0.loadUnaligned(as: Int32.self).fromFile(order)) }
    }
    let matches = Version.allCases.flatMap { version in
      zip(ByteOrder.allCases, sizes).filter { $0.1 == version.byteCount }.map { ($0.0, version) }
    }
    guard let (order, version) = matches.first else {
      throw FiltersmithError(
        .format,
        "\(name) is not a NIfTI file: at byte 0 it declares a header of \(sizes[0]) bytes; 348 or 540 "
          + "were expected")
    }
    self.order = order
    self.version = version
    bytes = first + (try reader.bytes(version.byteCount - 4, "the header"))
    guard Self.signatures(version).contains(where: { bytes[magicPlace...].starts(with: $0) }) else {
      let hint = version == .nifti1 ? " (Analyze 7.5, perhaps)" : ""
      throw FiltersmithError(
        .format,
        "\(name) is not a NIfTI file\(hint): there is no signature at byte \(magicPlace)")
    }
    try checkDimensions(name)
  }

  private func checkDimensions(_ name: String) throws(FiltersmithError) {
    let place = NIfTIField.dimensions.place(in: version).offset
    let all = integers(.dimensions)
    guard (1...7).contains(all[0]) else {
      throw FiltersmithError(
        .format, "\(name) declares \(all[0]) axes at byte \(place); 1 to 7 were expected")
    }
    guard all[1...all[0]].allSatisfy({ $0 > 0 }) else {
      throw FiltersmithError(
        .format,
        "\(name) declares extents \(Array(all[1...all[0]])) at byte \(place); numbers from 1 up were "
          + "expected")
    }
    guard NIfTIType(rawValue: integers(.dataType)[0]) != nil else {
      throw FiltersmithError(
        .format,
        "\(name) has voxels of type \(integers(.dataType)[0]) at byte "
          + "\(NIfTIField.dataType.place(in: version).offset); whole, floating-point and complex "
          + "numbers up to 64 bits a part, RGB and RGBA are read")
    }
  }

  // MARK: Signature

  private var magicPlace: Int { version == .nifti1 ? 344 : 4 }

  /// The signatures of a single file and of a pair.
  private static func signatures(_ version: Version) -> [[UInt8]] {
    version == .nifti1
      ? [Array("n+1\0".utf8), Array("ni1\0".utf8)]
      : [Array("n+2\0\r\n\u{1A}\n".utf8), Array("ni2\0\r\n\u{1A}\n".utf8)]
  }

  /// Whether the voxels follow in the same file, and not in an `.img` file beside it.
  public internal(set) var isSingleFile: Bool {
    get { bytes[magicPlace + 1] == UInt8(ascii: "+") }
    set {
      let signature = Self.signatures(version)[newValue ? 0 : 1]
      bytes.replaceSubrange(magicPlace..<magicPlace + signature.count, with: signature)
    }
  }

  // MARK: Fields

  /// The values of a field as integers; floating-point numbers are rounded towards 0.
  func integers(_ field: NIfTIField) -> [Int] {
    numbers(field) { (type: any FixedWidthInteger.Type, offset) in
      integer(type, at: offset)
    } floating: {
      Int(clamping: $0)
    }
  }

  /// The values of a field.
  func doubles(_ field: NIfTIField) -> [Double] {
    numbers(field) { (type: any FixedWidthInteger.Type, offset) in
      Double(integer(type, at: offset))
    } floating: {
      $0
    }
  }

  private func integer(_ type: any FixedWidthInteger.Type, at offset: Int) -> Int {
    func read<Number: FixedWidthInteger>(_: Number.Type) -> Int {
      bytes.withUnsafeBytes {
        Int(clamping: $0.loadUnaligned(fromByteOffset: offset, as: Number.self).fromFile(order))
      }
    }
    return read(type)
  }

  private func numbers<Result>(
    _ field: NIfTIField, _ whole: (any FixedWidthInteger.Type, Int) -> Result,
    floating: (Double) -> Result
  ) -> [Result] {
    let (start, format) = field.place(in: version)
    return (0..<field.count).map { index in
      let offset = start + index * format.byteCount
      switch format {
      case .int8, .text: return whole(UInt8.self, offset)
      case .int16: return whole(Int16.self, offset)
      case .int32: return whole(Int32.self, offset)
      case .int64: return whole(Int64.self, offset)
      case .float32:
        return floating(Double(Float(bitPattern: UInt32(integer(UInt32.self, at: offset)))))
      case .float64:
        return floating(
          Double(bitPattern: UInt64(bitPattern: Int64(integer(Int64.self, at: offset)))))
      }
    }
  }

  /// Changes the values of a field from its first on; integers are clamped to what it can hold.
  mutating func set(_ field: NIfTIField, _ values: [Double]) {
    let (start, format) = field.place(in: version)
    for (index, value) in values.prefix(field.count).enumerated() {
      let whole = Int(clamping: value)
      let number =
        switch format {
        case .int8, .text: UInt8(clamping: whole).bytes(order)
        case .int16: Int16(clamping: whole).bytes(order)
        case .int32: Int32(clamping: whole).bytes(order)
        case .int64: Int64(whole).bytes(order)
        case .float32: Float(value).bitPattern.bytes(order)
        case .float64: value.bitPattern.bytes(order)
        }
      let offset = start + index * format.byteCount
      bytes.replaceSubrange(offset..<offset + number.count, with: number)
    }
  }

  /// The text of a field; zeros at its end are not part of it.
  func text(_ field: NIfTIField) -> String {
    let start = field.place(in: version).offset
    return String(decoding: bytes[start..<start + field.count].prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Changes the text of a field, truncated where the field ends.
  mutating func set(_ field: NIfTIField, _ text: String) {
    let start = field.place(in: version).offset
    var rest = text
    while rest.utf8.count > field.count { rest.removeLast() }
    let padding = [UInt8](repeating: 0, count: field.count - rest.utf8.count)
    bytes.replaceSubrange(start..<start + field.count, with: Array(rest.utf8) + padding)
  }
}

extension Int {
  /// The nearest integer towards 0; 0 for NaN.
  init(clamping value: Double) {
    self = value.isNaN ? 0 : Int(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
  }
}
