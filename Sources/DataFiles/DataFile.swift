import Tensors

/// What is common to all data files.
public enum DataFile {
  /// The formats that can be told from their first bytes.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// A Portable Network Graphics picture.
    case png
    /// One array in NumPy's format.
    case npy
    /// A ZIP archive: NumPy's format for several arrays.
    case npz
    /// A NIfTI-1 or NIfTI-2 volume, or its header.
    case nifti
    /// Something compressed with gzip, such as `.nii.gz`.
    case gzip
    /// None of these.
    case unknown
  }

  /// The format of a file, told from its contents and not from its name.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when it cannot be read.
  public static func kind(of path: String) throws(FiltersmithError) -> Kind {
    let file = try InputFile(path, expected: "a data file")
    return kind(ofPrefix: try file.bytes(at: 0, count: min(file.count, 352)))
  }

  /// The format of a file from its first 352 bytes, or all of a shorter one.
  public static func kind(ofPrefix prefix: [UInt8]) -> Kind {
    func holds(_ magic: [UInt8], at offset: Int = 0) -> Bool {
      prefix.dropFirst(offset).starts(with: magic)
    }
    func holds(_ magic: String, at offset: Int = 0) -> Bool { holds(Array(magic.utf8), at: offset) }

    if holds(PNGStructure.signature) { return .png }
    if holds(NPYHeader.magic) { return .npy }
    // The second is an archive without entries.
    if holds("PK\u{3}\u{4}") || holds("PK\u{5}\u{6}") { return .npz }
    if holds([0x1F, 0x8B]) { return .gzip }
    let isNIfTI =
      ["n+1\0", "ni1\0"].contains { holds($0, at: 344) }
      || ["n+2\0", "ni2\0"].contains { holds($0, at: 4) }
    return isNIfTI ? .nifti : .unknown
  }
}
