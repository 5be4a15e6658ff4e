import Tensors

extension NIfTIHeader {
  /// The space that the quaternion's transform maps to (`qform_code`): 0 none, 1 the scanner, 2
  /// another image, 3 Talairach's atlas, 4 the MNI template.
  public var qformCode: Int {
    get { integers(.qformCode)[0] }
    set { set(.qformCode, [Double(newValue)]) }
  }

  /// The space that the matrix maps to (`sform_code`), with the codes of ``qformCode``.
  public var sformCode: Int {
    get { integers(.sformCode)[0] }
    set { set(.sformCode, [Double(newValue)]) }
  }

  /// The matrix `[4, 4]` from voxel indices [x, y, z, 1] to positions [x, y, z, 1] in units of
  /// length, x to the right, y to the front, z upwards.
  ///
  /// It is the sform if there is one, otherwise the qform, otherwise the spacing alone
  /// (the standard's methods 3, 2 and 1).
  public var affine: Tensor<Double> {
    if sformCode > 0 { return sform }
    if qformCode > 0 { return qform }
    let spacing = spatialSpacing
    return Tensor(shape: [4, 4]) { index in
      index[0] != index[1] ? 0 : index[0] < 3 ? spacing[index[0]] : 1
    }
  }

  /// The affine transform of `srow_x`, `srow_y` and `srow_z`, `[4, 4]`, whatever its code.
  public var sform: Tensor<Double> {
    let rows = doubles(.sform) + [0, 0, 0, 1]
    return Tensor(shape: [4, 4]) { rows[4 * $0[0] + $0[1]] }
  }

  /// The rigid transform of the quaternion, offset and spacing, `[4, 4]`, whatever its code.
  ///
  /// The quaternion (a, b, c, d) has a = √(1 − b² − c² − d²); `pixdim[0]` = −1 reflects z.
  public var qform: Tensor<Double> {
    var (b, c, d) = { ($0[0], $0[1], $0[2]) }(doubles(.quaternion))
    let rest = 1 - (b * b + c * c + d * d)
    var a = 0.0
    if rest < 1e-7 {
      // Half a turn: rounding must not lengthen the quaternion.
      let length = (b * b + c * c + d * d).squareRoot()
      (b, c, d) = (b / length, c / length, d / length)
    } else {
      a = rest.squareRoot()
    }
    let reflection: Double = doubles(.pixelDimensions)[0] < 0 ? -1 : 1
    let spacing = spatialSpacing
    let scales = [spacing[0], spacing[1], spacing[2] * reflection]
    let rotation = [
      [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
      [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
      [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - c * c - b * b],
    ]
    let offset = doubles(.qformOffset)
    return Tensor(shape: [4, 4]) { index in
      let (row, column) = (index[0], index[1])
      if row == 3 { return column == 3 ? 1 : 0 }
      return column == 3 ? offset[row] : rotation[row][column] * scales[column]
    }
  }

  /// Sets the sform and, from the lengths of its columns, the spacing of the three spatial axes; the
  /// qform is removed.
  ///
  /// - Parameters:
  ///   - affine: The matrix `[4, 4]` of ``affine``, its last row 0, 0, 0, 1.
  ///   - code: The space it maps to; see ``qformCode``.
  /// - Throws: ``FiltersmithError`` of kind `argument` for another shape or last row, numbers that
  ///   are not finite or a column of zeros.
  public mutating func setAffine(
    _ affine: Tensor<Double>, code: Int = 2
  ) throws(FiltersmithError) {
    guard
      affine.shape == [4, 4], affine.isFinite, Array(affine.elements[12...]) == [0, 0, 0, 1]
    else {
      throw FiltersmithError(
        .argument,
        "an affine matrix is [4, 4], finite, and ends in the row 0, 0, 0, 1; given \(affine)")
    }
    let lengths = (0..<3).map { column in
      (0..<3).reduce(0) { $0 + affine[$1, column] * affine[$1, column] }.squareRoot()
    }
    guard lengths.allSatisfy({ $0 > 0 }) else {
      throw FiltersmithError(
        .argument, "the affine matrix \(affine.elements) has a column of zeros")
    }
    set(.sform, Array(affine.elements[..<12]))
    set(.pixelDimensions, [1] + lengths)
    sformCode = code
    qformCode = 0
  }

  /// The distances along x, y and z, whether or not the volume has that many axes.
  private var spatialSpacing: [Double] {
    doubles(.pixelDimensions)[1...3].map { $0.isFinite && $0 != 0 ? abs($0) : 1 }
  }
}
