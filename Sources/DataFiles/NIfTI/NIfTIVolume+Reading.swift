import Foundation
import Tensors

extension NIfTIVolume {
  /// Reads a volume: a `.nii` file, or either file of a pair `.hdr` and `.img`, plain or compressed.
  ///
  /// What a file is follows from its contents; names are used only to find the other file of a pair.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when a file is missing or cannot be read, `format`
  ///   when it is not a whole, valid volume, `limit` when memory cannot hold it.
  public init(contentsOf path: String) throws(FiltersmithError) {
    try self.init(try InputFile(path, expected: "a NIfTI file"))
  }

  /// Reads a file that is open, and the other of a pair.
  init(_ file: InputFile) throws(FiltersmithError) {
    let pair = NIfTIPair(file.name)
    let path = pair?.existing(.header, besides: file.name) ?? file.name
    let header = path == file.name ? file : try InputFile(path, expected: "a NIfTI file")
    try self.init(header) { () throws(FiltersmithError) in
      guard let image = pair?.existing(.image, besides: file.name) else {
        throw FiltersmithError(
          .file, "\(path) is the header of a pair; there is no .img or .img.gz file beside it")
      }
      return image == file.name
        ? file : try InputFile(image, expected: "the voxels of \(path)")
    }
  }

  /// Reads a single file in memory, plain or compressed.
  ///
  /// - Parameters:
  ///   - bytes: The bytes of the file.
  ///   - name: The name to use in messages.
  /// - Throws: ``FiltersmithError`` of kind `format` when it is not a whole, valid volume.
  public init(bytes: [UInt8], name: String = "the NIfTI data") throws(FiltersmithError) {
    try self.init(InputFile(name: name, bytes: bytes)) { () throws(FiltersmithError) in
      throw FiltersmithError(.format, "\(name) is the header of a pair; its voxels are missing")
    }
  }

  /// Reads a pair of files in memory.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` when they are not a whole, valid volume.
  public init(
    header: [UInt8], image: [UInt8], name: String = "the NIfTI pair"
  ) throws(FiltersmithError) {
    try self.init(InputFile(name: "the header of \(name)", bytes: header)) {
      InputFile(name: "the image of \(name)", bytes: image)
    }
  }

  private init(
    _ file: InputFile, image: () throws(FiltersmithError) -> InputFile
  ) throws(FiltersmithError) {
    var reader = try ByteReader(expanding: file)
    let header = try NIfTIHeader(reading: &reader)
    let start = try Self.voxelOffset(header, name: file.name)
    if header.isSingleFile {
      guard start <= reader.count else {
        throw FiltersmithError(
          .format,
          "\(file.name) declares that its voxels begin at byte \(start); it ends at byte "
            + "\(reader.count)")
      }
      let extensions = try Self.extensions(header, &reader, before: start)
      try reader.skip(start - reader.position, "what precedes the voxels")
      let data = try Self.voxels(header, &reader)
      self.init(header: header, data: data, extensions: extensions)
    } else {
      let end = reader.isCountExact ? reader.count : reader.position
      let extensions = try Self.extensions(header, &reader, before: end)
      var pixels = try ByteReader(expanding: try image())
      try pixels.skip(start, "what precedes the voxels")
      let data = try Self.voxels(header, &pixels)
      self.init(header: header, data: data, extensions: extensions)
    }
  }

  /// The offset of the voxels.
  private static func voxelOffset(
    _ header: NIfTIHeader, name: String
  ) throws(FiltersmithError) -> Int {
    let declared = header.doubles(.voxelOffset)[0]
    // Four bytes after the header say whether there are extensions.
    let least = header.isSingleFile ? header.version.byteCount + 4 : 0
    // Some programs leave 0, which can only mean the smallest offset.
    if declared == 0 { return least }
    guard let offset = Int(exactly: declared), offset >= least else {
      throw FiltersmithError(
        .format,
        "\(name) declares that its voxels begin at byte \(declared); \(least) or more was expected "
          + "at byte \(NIfTIField.voxelOffset.place(in: header.version).offset)")
    }
    return offset
  }

  private static func extensions(
    _ header: NIfTIHeader, _ reader: inout ByteReader, before end: Int
  ) throws(FiltersmithError) -> [Extension] {
    var extensions: [Extension] = []
    guard end - reader.position >= 4 else { return extensions }
    guard try reader.bytes(4, "the sign of extensions")[0] != 0 else { return extensions }
    while end - reader.position >= 8 {
      let place = reader.position
      let size = Int(try reader.integer(Int32.self, header.order, "an extension's size"))
      let code = Int(try reader.integer(Int32.self, header.order, "an extension's code"))
      // Zeros pad to where the voxels begin.
      if size == 0 { break }
      guard size >= 8, size - 8 <= end - reader.position else {
        throw FiltersmithError(
          .format,
          "\(reader.name) is damaged: its extension at byte \(place) declares \(size) bytes; "
            + "\(end - place) are there")
      }
      let data = try reader.bytes(size - 8, "an extension")
      extensions.append(Extension(code: code, unpadded: data))
    }
    return extensions
  }

  private static func voxels(
    _ header: NIfTIHeader, _ reader: inout ByteReader
  ) throws(FiltersmithError) -> DataArray {
    let type = header.type
    let samples = type.channelCount > 1 ? [type.channelCount] : []
    let shape: Shape
    do throws(FiltersmithError) {
      shape = try Shape(checking: header.dimensions.reversed() + samples)
    } catch {
      throw FiltersmithError(
        .limit,
        "the extents of \(reader.name) at byte "
          + "\(NIfTIField.dimensions.place(in: header.version).offset) are not plausible: "
          + error.message)
    }
    let array = try DataArray(reading: &reader, type.elementType, shape, header.order)
    try reader.ignoreRest()
    return array
  }
}

/// The names of the two files of a pair.
struct NIfTIPair {
  enum Part: String {
    case header = ".hdr"
    case image = ".img"
  }

  /// The path without its ending.
  private let stem: String
  /// Which of the two the path named.
  let part: Part
  /// Whether the path ends in `.gz`.
  let isCompressed: Bool

  /// Splits a path; `nil` when it does not end in `.hdr`, `.img` or one of these and `.gz`.
  init?(_ path: String) {
    isCompressed = path.hasSuffix(".gz")
    let plain = isCompressed ? String(path.dropLast(3)) : path
    guard let part = [Part.header, .image].first(where: { plain.hasSuffix($0.rawValue) }) else {
      return nil
    }
    self.part = part
    stem = String(plain.dropLast(part.rawValue.count))
  }

  /// The path of one of the two, compressed like the given path.
  func path(_ part: Part) -> String { stem + part.rawValue + (isCompressed ? ".gz" : "") }

  /// The path of one of the two as it exists; the given path when it names that one.
  func existing(_ part: Part, besides path: String) -> String? {
    if part == self.part { return path }
    let names = [stem + part.rawValue, stem + part.rawValue + ".gz"]
    return (isCompressed ? names.reversed() : names).first {
      FileManager.default.fileExists(atPath: $0)
    }
  }
}
