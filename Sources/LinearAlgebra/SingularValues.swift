import COpenBLAS

/// The singular value decomposition U diag(σ) Vᵀ of a matrix, by LAPACK.
package struct SingularValues: Sendable {
  /// σ, in descending order: as many as the matrix has rows or columns, whichever are fewer.
  package let values: [Double]
  /// U, `[rows, values]`: a left singular vector in every column.
  package let left: [Double]
  /// Vᵀ, `[values, columns]`: a right singular vector in every row.
  package let right: [Double]

  /// Decomposes a row-major matrix; `nil` if the iteration failed.
  package init?(of matrix: [Double], rows: Int) {
    let columns = matrix.count / max(rows, 1)
    let count = min(rows, columns)
    var copy = matrix
    var left = [Double](repeating: 0, count: rows * count)
    var values = [Double](repeating: 0, count: count)
    var right = [Double](repeating: 0, count: count * columns)
    if count > 0 {
      _ = BLASThreads.areOff
      // 'S': as many singular vectors as there are singular values.
      let status = LAPACKE_dgesdd(
        LAPACK_ROW_MAJOR, CChar(UInt8(ascii: "S")), Int32(rows), Int32(columns), &copy,
        Int32(columns), &values, &left, Int32(count), &right, Int32(columns))
      guard status == 0 else { return nil }
    }
    (self.values, self.left, self.right) = (values, left, right)
  }
}
