import COpenBLAS
import Tensors

/// BLAS keeps to the thread that calls it; the work is split before.
private let blasIsSingleThreaded: Void = openblas_set_num_threads(1)

/// target = left · right for row-major matrices; `left` may be given transposed.
///
/// - Parameters:
///   - extents: Rows and columns of `left` as it enters the product.
///   - leading: How many elements apart the rows of the matrix before it lie.
@inline(__always)
func multiply<Scalar: ConvolutionScalar>(
  _ left: UnsafePointer<Scalar>, _ extents: (rows: Int, inner: Int), leading leftLeading: Int,
  isTransposed: Bool = false, _ right: UnsafePointer<Scalar>, columns: Int,
  leading rightLeading: Int, into target: UnsafeMutablePointer<Scalar>, leading targetLeading: Int
) {
  product(
    left, isTransposed, leftLeading, right, false, rightLeading,
    (extents.rows, columns, extents.inner), 0, target, targetLeading)
}

/// target += left · rightᵀ for row-major matrices.
@inline(__always)
func multiplyTransposed<Scalar: ConvolutionScalar>(
  _ left: UnsafePointer<Scalar>, _ extents: (rows: Int, inner: Int), leading leftLeading: Int,
  _ right: UnsafePointer<Scalar>, columns: Int, leading rightLeading: Int,
  addingTo target: UnsafeMutablePointer<Scalar>, leading targetLeading: Int
) {
  product(
    left, false, leftLeading, right, true, rightLeading,
    (extents.rows, columns, extents.inner), 1, target, targetLeading)
}

private func product<Scalar: ConvolutionScalar>(
  _ left: UnsafePointer<Scalar>, _ leftIsTransposed: Bool, _ leftLeading: Int,
  _ right: UnsafePointer<Scalar>, _ rightIsTransposed: Bool, _ rightLeading: Int,
  _ extents: (rows: Int, columns: Int, inner: Int), _ keep: Float,
  _ target: UnsafeMutablePointer<Scalar>, _ targetLeading: Int
) {
  _ = blasIsSingleThreaded
  let (leftOrder, rightOrder) = (
    leftIsTransposed ? CblasTrans : CblasNoTrans, rightIsTransposed ? CblasTrans : CblasNoTrans
  )
  let (rows, columns, inner) = (
    Int32(extents.rows), Int32(extents.columns), Int32(extents.inner)
  )
  let (left, right, target) = (
    UnsafeRawPointer(left), UnsafeRawPointer(right), UnsafeMutableRawPointer(target)
  )
  if Scalar.self == Float.self {
    cblas_sgemm(
      CblasRowMajor, leftOrder, rightOrder, rows, columns, inner, 1,
      left.assumingMemoryBound(to: Float.self), Int32(leftLeading),
      right.assumingMemoryBound(to: Float.self), Int32(rightLeading), keep,
      target.assumingMemoryBound(to: Float.self), Int32(targetLeading))
  } else {
    cblas_dgemm(
      CblasRowMajor, leftOrder, rightOrder, rows, columns, inner, 1,
      left.assumingMemoryBound(to: Double.self), Int32(leftLeading),
      right.assumingMemoryBound(to: Double.self), Int32(rightLeading), Double(keep),
      target.assumingMemoryBound(to: Double.self), Int32(targetLeading))
  }
}
