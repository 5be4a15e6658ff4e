import COpenBLAS
import Tensors

/// The product of two row-major matrices, target = left · right; `left` may be given transposed.
///
/// Single precision uses loops of our own, which are faster where one of the matrices is small, and on
/// processors that BLAS does not know. Everything runs on the calling thread: split large products by
/// `parallelFor`.
///
/// - Parameters:
///   - left: `[rows, inner]`, or `[inner, rows]` if transposed.
///   - extents: Rows and columns of `left` as it enters the product.
///   - leftLeading: The distance between rows of `left`, in elements.
///   - isTransposed: Whether `left` enters the product transposed.
///   - right: `[inner, columns]`.
///   - columns: Columns of `right` and of the target.
///   - rightLeading: The distance between rows of `right`, in elements.
///   - target: `[rows, columns]`, overwritten.
///   - targetLeading: The distance between rows of the target, in elements.
@inlinable @inline(__always)
package func multiply<Scalar: BinaryFloatingPoint>(
  _ left: UnsafePointer<Scalar>, _ extents: (rows: Int, inner: Int), leading leftLeading: Int,
  isTransposed: Bool = false, _ right: UnsafePointer<Scalar>, columns: Int,
  leading rightLeading: Int, into target: UnsafeMutablePointer<Scalar>, leading targetLeading: Int
) {
  if Scalar.self == Float.self {
    return PanelProduct.multiply(
      floats(left), isTransposed: isTransposed,
      leading: leftLeading, floats(right),
      leading: rightLeading, (extents.rows, columns, extents.inner),
      into: floats(target),
      leading: targetLeading)
  }
  product(
    left, isTransposed, leftLeading, right, false, rightLeading,
    (extents.rows, columns, extents.inner), 0, target, targetLeading)
}

/// The product of a row-major matrix and a transposed one, added: target += left · rightᵀ.
///
/// Everything runs on the calling thread: split large products by `parallelFor`.
///
/// - Parameters:
///   - left: `[rows, inner]`.
///   - extents: Rows and columns of `left`.
///   - leftLeading: The distance between rows of `left`, in elements.
///   - right: `[columns, inner]`.
///   - columns: Rows of `right`, columns of the target.
///   - rightLeading: The distance between rows of `right`, in elements.
///   - target: `[rows, columns]`, added to.
///   - targetLeading: The distance between rows of the target, in elements.
@inlinable @inline(__always)
package func multiplyTransposed<Scalar: BinaryFloatingPoint>(
  _ left: UnsafePointer<Scalar>, _ extents: (rows: Int, inner: Int), leading leftLeading: Int,
  _ right: UnsafePointer<Scalar>, columns: Int, leading rightLeading: Int,
  addingTo target: UnsafeMutablePointer<Scalar>, leading targetLeading: Int
) {
  if Scalar.self == Float.self {
    return PanelProduct.multiply(
      floats(left), isTransposed: false,
      leading: leftLeading, floats(right),
      rightIsTransposed: true, leading: rightLeading, (extents.rows, columns, extents.inner),
      into: floats(target),
      leading: targetLeading, accumulates: true)
  }
  product(
    left, false, leftLeading, right, true, rightLeading,
    (extents.rows, columns, extents.inner), 1, target, targetLeading)
}

/// Products by BLAS in double precision, for which there are no loops of our own: target = left ·
/// right + keep · target.
@usableFromInline
func product(
  _ left: UnsafeRawPointer, _ leftIsTransposed: Bool, _ leftLeading: Int,
  _ right: UnsafeRawPointer, _ rightIsTransposed: Bool, _ rightLeading: Int,
  _ extents: (rows: Int, columns: Int, inner: Int), _ keep: Double,
  _ target: UnsafeMutableRawPointer, _ targetLeading: Int
) {
  _ = BLASThreads.areOff
  cblas_dgemm(
    CblasRowMajor, leftIsTransposed ? CblasTrans : CblasNoTrans,
    rightIsTransposed ? CblasTrans : CblasNoTrans, Int32(extents.rows), Int32(extents.columns),
    Int32(extents.inner), 1, left.assumingMemoryBound(to: Double.self), Int32(leftLeading),
    right.assumingMemoryBound(to: Double.self), Int32(rightLeading), keep,
    target.assumingMemoryBound(to: Double.self), Int32(targetLeading))
}
