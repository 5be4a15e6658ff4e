import Tensors

extension NIfTIVolume {
  /// Writes a volume; each file appears whole or not at all.
  ///
  /// The header's version and byte order are kept, so a single file that was only read is written as
  /// the same bytes. A volume read from a pair can be written as a single file and the other
  /// way round.
  ///
  /// - Parameter path: A name that ends in `.nii` for a single file, in `.hdr` or `.img` for a pair;
  ///   followed by `.gz` for compressed ones.
  /// - Throws: ``FiltersmithError`` of kind `argument` for another ending, `file` when the system
  ///   refuses; nothing is left then.
  public func write(to path: String) throws(FiltersmithError) {
    if let pair = NIfTIPair(path) {
      try write(
        [headerBytes(isSingleFile: false)], to: pair.path(.header), compressed: pair.isCompressed)
      try write([], voxelsTo: pair.path(.image), compressed: pair.isCompressed)
    } else if path.hasSuffix(".nii") || path.hasSuffix(".nii.gz") {
      try write(
        headerBytes(isSingleFile: true), voxelsTo: path, compressed: path.hasSuffix(".gz"))
    } else {
      throw FiltersmithError(
        .argument,
        "a NIfTI file ends in .nii, .nii.gz, .hdr, .img, .hdr.gz or .img.gz; given \(path)")
    }
  }

  /// The bytes of a single file, not compressed.
  public var bytes: [UInt8] { headerBytes(isSingleFile: true) + data.bytes(header.order) }

  private func write(
    _ front: [UInt8], voxelsTo path: String, compressed: Bool
  ) throws(FiltersmithError) {
    try write([front, data.bytes(header.order)], to: path, compressed: compressed)
  }

  private func write(
    _ pieces: [[UInt8]], to path: String, compressed: Bool
  ) throws(FiltersmithError) {
    guard compressed else {
      var file = try AtomicFile(path)
      for piece in pieces { try file.write(piece) }
      try file.commit()
      return
    }
    let whole = pieces.count == 1 ? pieces[0] : Array(pieces.joined())
    let packed = try whole.withUnsafeBufferPointer { bytes throws(FiltersmithError) in
      try Deflater.gzip([UnsafeRawBufferPointer(bytes)], name: path)
    }
    try AtomicFile.write(packed, to: path)
  }

  /// The header, the extension flag, the extensions and zeros up to the voxels.
  private func headerBytes(isSingleFile: Bool) -> [UInt8] {
    var own = header
    var behind: [UInt8] = [extensions.isEmpty ? 0 : 1, 0, 0, 0]
    for part in extensions {
      behind += Int32(clamping: part.data.count + 8).bytes(header.order)
      behind += Int32(clamping: part.code).bytes(header.order) + part.data
    }
    let needed = header.version.byteCount + behind.count
    let aligned = (needed + 15) / 16 * 16
    // A declared offset that is large enough is kept.
    let declared = header.integers(.voxelOffset)[0]
    let isKept = header.isSingleFile && (needed...needed + (1 << 20)).contains(declared)
    let start = !isSingleFile ? 0 : isKept ? declared : aligned
    own.isSingleFile = isSingleFile
    own.set(.voxelOffset, [Double(start)])
    let padding = [UInt8](repeating: 0, count: isSingleFile ? start - needed : 0)
    return own.bytes + behind + padding
  }
}
