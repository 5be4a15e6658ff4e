import DataFiles
import Tensors

extension DisplacementField {
  /// Reads a field from an .npz, .nii or .nii.gz file.
  ///
  /// - Throws: ``FiltersmithError`` when the file is missing or does not hold a field.
  public init(contentsOf path: String) throws(FiltersmithError) {
    if path.hasSuffix(".npz") {
      let file = try NPZFile(contentsOf: path)
      try self.init(
        vectors: file.array("displacement").asFloat(),
        spacing: file.array("spacing").asDouble().elements)
    } else {
      try self.init(try NIfTIVolume(contentsOf: path), name: path)
    }
  }

  /// The field that a NIfTI volume holds; the reverse of ``nifti(like:)``.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` when it does not hold one.
  public init(_ volume: NIfTIVolume, name: String = "the volume") throws(FiltersmithError) {
    let values = try volume.values()
    guard values.rank == 5, values.shape[0] == 3, values.shape[1] == 1 else {
      throw FiltersmithError(
        .format,
        "\(name) holds \(values.shape); a displacement field is [3, 1, z, y, x], components x, y, z"
      )
    }
    let spacing = Array(volume.spacing.suffix(3))
    let vectors = try values.reshaped(to: Shape([3]) + Shape(Array(values.shape.suffix(3))))
      .flipped(axes: [0])
    try self.init(vectors: vectors.scaled(perChannel: spacing.map { 1 / $0 }), spacing: spacing)
  }

  /// Writes the field, as NPZ (`displacement`, float32 `[D, space…]` in samples and array order, and
  /// `spacing`), or as NIfTI; see ``nifti(like:)``.
  ///
  /// - Parameters:
  ///   - path: A name that ends in .npz, .nii or .nii.gz.
  ///   - place: A volume whose position in space a NIfTI file takes over.
  /// - Throws: ``FiltersmithError`` for another ending, a field that NIfTI cannot hold, or when the
  ///   system refuses.
  public func write(to path: String, like place: NIfTIVolume? = nil) throws(FiltersmithError) {
    if path.hasSuffix(".npz") {
      try NPZFile.write(
        [("displacement", DataArray(vectors)), ("spacing", DataArray(Tensor(spacing)))], to: path)
    } else {
      try nifti(like: place).write(to: path)
    }
  }

  /// The field of a volume as NIfTI: `[3, 1, z, y, x]` with the components x, y, z along the voxel
  /// axes in units of length, intent 1006 (displacement vectors).
  ///
  /// - Throws: ``FiltersmithError`` when the field is not one of volumes.
  public func nifti(like place: NIfTIVolume? = nil) throws(FiltersmithError) -> NIfTIVolume {
    guard dimensions == 3 else {
      throw FiltersmithError(
        .argument,
        "a NIfTI file holds fields of volumes; this one has \(dimensions) axes, which .npz holds")
    }
    let lengths = try vectors.scaled(perChannel: spacing).flipped(axes: [0])
      .reshaped(to: Shape([3, 1]) + shape)
    var volume: NIfTIVolume
    if let place {
      volume = try NIfTIVolume(data: DataArray(lengths), like: place)
    } else {
      volume = try NIfTIVolume(data: DataArray(lengths), spacing: [1, 1] + spacing)
    }
    volume.header.intentCode = 1006
    return volume
  }
}
