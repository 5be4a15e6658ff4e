import COpenBLAS
import Numerics

/// LAPACK's Cholesky factorisation of symmetric positive definite systems, stored by columns.
package enum Cholesky {
  private static let columns = LAPACK_COL_MAJOR
  private static let lower = CChar(UInt8(ascii: "L"))

  /// Overwrites the lower triangle by its factor; `false` when the matrix is not positive definite.
  package static func factorize(_ matrix: UnsafeMutablePointer<Double>, order: Int) -> Bool {
    _ = BLASThreads.areOff
    guard order > 0 else { return true }
    let order = Int32(order)
    return LAPACKE_dpotrf_work(columns, lower, order, matrix, order) == 0
  }

  /// Overwrites the columns of `values` by the solutions.
  package static func solve(
    _ factor: UnsafePointer<Double>, order: Int, _ values: UnsafeMutablePointer<Double>,
    columns count: Int
  ) {
    _ = BLASThreads.areOff
    guard order > 0, count > 0 else { return }
    let order = Int32(order)
    LAPACKE_dpotrs_work(columns, lower, order, Int32(count), factor, order, values, order)
  }

  /// Overwrites the lower triangle of a Hermitian matrix by its factor; `false` when the matrix is
  /// not positive definite.
  package static func factorize(_ matrix: UnsafeMutablePointer<Complex<Double>>, order: Int) -> Bool
  {
    _ = BLASThreads.areOff
    let size = Int32(order)
    return matrix.withMemoryRebound(
      to: filtersmith_lapack_complex_double.self, capacity: order * order
    ) {
      LAPACKE_zpotrf_work(columns, lower, size, $0, size) == 0
    }
  }

  /// Overwrites the columns of `values` by the solutions.
  package static func solve(
    _ factor: UnsafePointer<Complex<Double>>, order: Int,
    _ values: UnsafeMutablePointer<Complex<Double>>, columns count: Int
  ) {
    _ = BLASThreads.areOff
    guard count > 0 else { return }
    let size = Int32(order)
    factor.withMemoryRebound(to: filtersmith_lapack_complex_double.self, capacity: order * order) {
      factor in
      values.withMemoryRebound(to: filtersmith_lapack_complex_double.self, capacity: order * count)
      { values in
        _ = LAPACKE_zpotrs_work(columns, lower, size, Int32(count), factor, size, values, size)
      }
    }
  }
}
