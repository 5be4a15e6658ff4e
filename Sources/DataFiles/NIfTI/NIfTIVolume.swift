import Tensors

/// A volume, or a series of volumes, as stored in a NIfTI-1 or NIfTI-2 file.
///
/// The file's fastest axis x is the array's last: a series is `[t, z, y, x]`; colours are a trailing
/// axis of samples. ``data`` are the numbers as stored; ``values()`` applies slope and intercept.
///
/// ```swift
/// let brain = try NIfTIVolume(contentsOf: "t1.nii.gz")
/// let intensities = try brain.values()             // Tensor<Float> [z, y, x]
/// let millimeters = brain.spacing                  // [z, y, x]
/// let smooth = try NIfTIVolume(data: DataArray(filtered), like: brain)
/// try smooth.write(to: "smooth.nii.gz")
/// ```
public struct NIfTIVolume: Sendable, Hashable {
  /// Something that a program added after the header.
  public struct Extension: Sendable, Hashable {
    /// Whose it is: 4 for AFNI, 6 for plain text, 32 for CIFTI, and so on.
    public let code: Int
    /// Its bytes, the padding to a multiple of 16 included.
    public let data: [UInt8]

    /// Bytes with a code, padded with zeros as the format requires.
    public init(code: Int, data: [UInt8]) {
      self.code = code
      self.data = data + [UInt8](repeating: 0, count: (16 - (data.count + 8) % 16) % 16)
    }

    init(code: Int, unpadded data: [UInt8]) {
      self.code = code
      self.data = data
    }
  }

  /// All header fields; change them freely, extents and type follow ``data``.
  public var header: NIfTIHeader
  /// The numbers as stored, `[…, t, z, y, x]`, with samples of colours as a trailing axis.
  public let data: DataArray
  /// What programs added after the header.
  public var extensions: [Extension] = []

  init(header: NIfTIHeader, data: DataArray, extensions: [Extension]) {
    self.header = header
    self.data = data
    self.extensions = extensions
  }

  /// A volume of numbers.
  ///
  /// - Parameters:
  ///   - data: `[…, t, z, y, x]`, one to seven axes of any numeric type but half precision; truth
  ///     values become `uint8`. With `isColor`, an additional trailing axis of 3 or 4 `uint8` samples.
  ///   - spacing: The distances between voxels in the order of the axes, in millimetres and
  ///     seconds; 1 unless given.
  ///   - affine: The matrix `[4, 4]` from voxel indices [x, y, z, 1] to positions; if not given, the
  ///     header has only the spacing.
  ///   - version: The format; by default NIfTI-1 where its extents suffice.
  ///   - isColor: Whether the last axis holds red, green, blue and perhaps alpha.
  /// - Throws: ``FiltersmithError`` of kind `argument` or `shape` for what the format cannot hold.
  public init(
    data: DataArray, spacing: [Double]? = nil, affine: Tensor<Double>? = nil,
    version: NIfTIHeader.Version? = nil, isColor: Bool = false
  ) throws(FiltersmithError) {
    var data = data
    if case .bool(let truths) = data { data = .uint8(truths.map { $0 ? 1 : 0 }) }
    let axes = data.shape.dimensions.dropLast(isColor ? 1 : 0)
    let channels = isColor ? data.shape.last ?? 0 : 1
    guard let type = NIfTIType(data.elementType, channelCount: channels) else {
      throw FiltersmithError(
        .argument,
        "a NIfTI volume\(isColor ? " of colours" : "") cannot hold \(data); it holds whole, "
          + "floating-point and complex numbers of 32 bits and more, and uint8 colours [..., 3 or 4]"
      )
    }
    guard (1...7).contains(axes.count), axes.allSatisfy({ $0 > 0 }) else {
      throw FiltersmithError(
        .shape, "a NIfTI volume has 1 to 7 axes that are not empty; given \(data.shape)")
    }
    let fits = axes.allSatisfy { $0 <= Int16.max }
    let version = version ?? (fits ? .nifti1 : .nifti2)
    guard fits || version == .nifti2 else {
      throw FiltersmithError(
        .argument, "NIfTI-1 has extents up to \(Int16.max); given \(data.shape)")
    }
    let spacing = try spacingPerAxis(spacing, axes: axes.count)
    self.data = data
    header = NIfTIHeader(version: version, order: .native)
    header.set(.dimensions, [Double(axes.count)] + axes.reversed().map { Double($0) })
    header.set(.dimensions, header.doubles(.dimensions).map { Swift.max($0, 1) })
    header.set(.dataType, [Double(type.rawValue)])
    header.set(.bitsPerVoxel, [Double(type.bitCount)])
    header.set(.pixelDimensions, [Double](repeating: 1, count: 8))
    header.set(.voxelOffset, [Double(version.byteCount + 4)])
    header.pixelDimensions = spacing.reversed()
    header.slope = 1
    header.lengthUnit = .millimeter
    header.timeUnit = .second
    if let affine { try header.setAffine(affine) }
  }

  /// A volume of new values in the space of another: its spacing, transforms and units are kept,
  /// its scaling, display range and intent are not.
  ///
  /// - Parameters:
  ///   - data: `[…, z, y, x]` with the same spatial extents as the other volume.
  ///   - other: The volume whose geometry is taken over.
  /// - Throws: ``FiltersmithError`` of kind `shape` when the spatial extents differ, `argument` for
  ///   elements that the format cannot hold.
  public init(data: DataArray, like other: NIfTIVolume) throws(FiltersmithError) {
    let own = Array(data.shape.dimensions.reversed().prefix(3))
    let others = Array(other.header.dimensions.prefix(3))
    guard own == others else {
      throw FiltersmithError(
        .shape,
        "\(data) has spatial extents \(Array(own.reversed())); the volume whose geometry it should "
          + "take has \(Array(others.reversed()))")
    }
    try self.init(data: data, version: other.header.version)
    var placed = other.header
    for field in [NIfTIField.dimensions, .dataType, .bitsPerVoxel, .slope, .intercept] {
      placed.set(field, header.doubles(field))
    }
    // Axes that the other volume lacks get a distance of 1.
    let known = other.header.dimensions.count
    placed.pixelDimensions = placed.pixelDimensions.enumerated().map { $0 < known ? $1 : 1 }
    placed.displayRange = nil
    placed.intentCode = 0
    placed.intentName = ""
    placed.intentParameters = [0, 0, 0]
    header = placed
  }

  /// The distances between voxels, one per axis in the order of the axes, `[…, t, z, y, x]`.
  ///
  /// Lengths are in ``NIfTIHeader/lengthUnit``, times in ``NIfTIHeader/timeUnit``.
  public var spacing: [Double] { header.pixelDimensions.reversed() }

  /// The matrix `[4, 4]` from voxel indices [x, y, z, 1] (the last three axes, reversed) to positions
  /// [x, y, z, 1]; see ``NIfTIHeader/affine``.
  public var affine: Tensor<Double> { header.affine }

  /// The position [x, y, z] in units of length of a voxel [z, y, x], which may be between voxels.
  public func position(ofVoxel index: [Double]) -> [Double] {
    let affine = affine
    let voxel = Array((Array(index.reversed()) + [0, 0, 0]).prefix(3)) + [1]
    return (0..<3).map { row in
      (0..<4).reduce(0) { $0 + affine[row, $1] * voxel[$1] }
    }
  }

  /// The real values: stored ones times the slope plus the intercept.
  ///
  /// Colours are not scaled.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` for complex numbers and an intercept that is not a
  ///   number.
  public func values() throws(FiltersmithError) -> Tensor<Float> {
    guard let (slope, intercept) = try scaling() else { return try data.asFloat() }
    return try data.asDouble().map { Float($0 * slope + intercept) }
  }

  /// The real values in double precision; see ``values()``.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` for complex numbers and an intercept that is not a
  ///   number.
  public func doubleValues() throws(FiltersmithError) -> Tensor<Double> {
    guard let (slope, intercept) = try scaling() else { return try data.asDouble() }
    return try data.asDouble().map { $0 * slope + intercept }
  }

  /// Slope and intercept, if they change anything.
  private func scaling() throws(FiltersmithError) -> (slope: Double, intercept: Double)? {
    let (slope, intercept) = (header.slope, header.intercept)
    guard slope.isFinite, slope != 0, header.type.channelCount == 1 else { return nil }
    guard intercept.isFinite else {
      throw FiltersmithError(
        .format, "the volume has a slope of \(slope) but an intercept of \(intercept)")
    }
    return slope == 1 && intercept == 0 ? nil : (slope, intercept)
  }
}

extension NIfTIVolume: CustomStringConvertible {
  /// Version, element type and shape, such as `NIfTI-1 int16 [52, 55, 60]`.
  public var description: String { "NIfTI-\(header.version.rawValue) \(data)" }
}
