import Numerics

/// Eigenvalues of symmetric matrices of two and three rows, in closed form.
package enum SymmetricEigenvalues {
  /// Both eigenvalues, the larger first.
  @inlinable @inline(__always)
  package static func of(yy: Double, yx: Double, xx: Double) -> (Double, Double) {
    let mean = (yy + xx) / 2
    let half = ((yy - xx) * (yy - xx) / 4 + yx * yx).squareRoot()
    return (mean + half, mean - half)
  }

  /// All three eigenvalues in descending order (Smith 1961).
  @inlinable @inline(__always)
  package static func of(
    zz: Double, zy: Double, zx: Double, yy: Double, yx: Double, xx: Double
  ) -> (Double, Double, Double) {
    let mean = (zz + yy + xx) / 3
    let (a, b, c) = (zz - mean, yy - mean, xx - mean)
    let square = (a * a + b * b + c * c + 2 * (zy * zy + zx * zx + yx * yx)) / 6
    guard square > 0 else { return (mean, mean, mean) }
    let p = square.squareRoot()
    let determinant =
      a * (b * c - yx * yx) - zy * (zy * c - yx * zx) + zx * (zy * yx - b * zx)
    let r = min(max(determinant / (2 * p * p * p), -1), 1)
    let angle = Double.acos(r) / 3
    let first = mean + 2 * p * Double.cos(angle)
    let third = mean + 2 * p * Double.cos(angle + 2 * .pi / 3)
    return (first, 3 * mean - first - third, third)
  }
}
