import Convolutions
import Numerics
import Tensors

/// Responses that can be compared between scales.
enum ScaleNormalized {
  /// σ² ∇²(G_σ * f): negative at bright spots.
  static func laplacian(
    _ image: Tensor<Float>, sigma: Double, spacing: [Double]?, border: Border
  ) throws(FiltersmithError) -> Tensor<Float> {
    let axes = image.rank
    let derivatives = try GaussianDerivatives(
      sigma: sigma, spacing: spacing, axes: axes, border: border)
    let seconds = try derivatives(
      image, orders: (0..<axes).map { axis in (0..<axes).map { $0 == axis ? 2 : 0 } })
    var sum = seconds[0]
    for second in seconds.dropFirst() { sum = try sum + second }
    return sum * Float(sigma * sigma)
  }

  /// (G_σ − G_kσ) * f / (k − 1), which approximates −σ² ∇²(G_σ * f).
  static func differenceOfGaussians(
    _ image: Tensor<Float>, sigma: Double, ratio: Double, spacing: [Double]?, border: Border
  ) throws(FiltersmithError) -> Tensor<Float> {
    let order = [Array(repeating: 0, count: image.rank)]
    let narrow = try GaussianDerivatives(
      sigma: sigma, spacing: spacing, axes: image.rank, border: border)(image, orders: order)[0]
    let wide = try GaussianDerivatives(
      sigma: ratio * sigma, spacing: spacing, axes: image.rank, border: border)(
        image, orders: order)[0]
    return try (narrow - wide) / Float(ratio - 1)
  }

  /// The Hessian's elements times σ², upper triangle row by row.
  static func hessian(
    _ image: Tensor<Float>, sigma: Double, spacing: [Double]?, border: Border,
    truncation: Double = 4
  ) throws(FiltersmithError) -> [Tensor<Float>] {
    let elements = try GaussianDerivatives(
      sigma: sigma, spacing: spacing, axes: image.rank, truncation: truncation, border: border
    ).hessian(of: image)
    return elements.map { $0 * Float(sigma * sigma) }
  }
}

/// Eigenvalues of symmetric matrices of two and three rows, in closed form.
enum SymmetricEigenvalues {
  /// Both eigenvalues, the larger first.
  @inline(__always)
  static func of(yy: Double, yx: Double, xx: Double) -> (Double, Double) {
    let mean = (yy + xx) / 2
    let half = ((yy - xx) * (yy - xx) / 4 + yx * yx).squareRoot()
    return (mean + half, mean - half)
  }

  /// All three eigenvalues in descending order (Smith 1961).
  @inline(__always)
  static func of(
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
