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
