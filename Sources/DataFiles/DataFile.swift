import Tensors

/// A data file, open: its format, told from its contents and not from its name, and what it holds.
public struct DataFile: Sendable {
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

  /// The format.
  public let kind: Kind
  private let file: InputFile

  /// Opens a file and reads its first bytes.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when it cannot be read.
  public init(_ path: String) throws(FiltersmithError) {
    file = try InputFile(path, expected: "a data file")
    kind = Self.kind(ofPrefix: try file.bytes(at: 0, count: min(file.count, 352)))
  }

  /// The picture of a PNG file; see ``Image/init(contentsOf:)``.
  public func picture() throws(FiltersmithError) -> Image { try Image(file) }

  /// The array of an NPY file; see ``NPYFile/read(_:)``.
  public func array() throws(FiltersmithError) -> DataArray { try NPYFile.read(file) }

  /// The arrays of an NPZ file; see ``NPZFile/init(contentsOf:)``.
  public func archive() throws(FiltersmithError) -> NPZFile { try NPZFile(file) }

  /// The volume of a NIfTI file, compressed or not; see ``NIfTIVolume/init(contentsOf:)``.
  public func volume() throws(FiltersmithError) -> NIfTIVolume { try NIfTIVolume(file) }

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
