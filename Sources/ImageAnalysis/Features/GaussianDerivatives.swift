import Convolutions
import FilterDesign
import Tensors

/// Derivatives of an image smoothed by a Gaussian, in units of length.
struct GaussianDerivatives: Sendable {
  /// The standard deviation along each axis, in samples.
  let sigma: [Double]
  /// The divisor of each derivative along an axis: the distance between samples.
  let spacing: [Double]
  let truncation: Double
  let border: Border

  /// Kernels of more taps are applied axis by axis.
  private static let mostTaps = 4096

  /// Derivatives at a scale.
  ///
  /// - Parameters:
  ///   - sigma: In units of the spacing, the same along every axis.
  ///   - spacing: One positive number per axis; 1 unless given.
  ///   - axes: The number of axes of the image.
  init(
    sigma: Double, spacing: [Double]?, axes: Int, truncation: Double = 4, border: Border
  ) throws(FiltersmithError) {
    guard (1...4).contains(axes) else {
      throw FiltersmithError(.shape, "an image of \(axes) axes; 1 to 4 are filtered")
    }
    let spacing = try spacingPerAxis(spacing, axes: axes)
    guard sigma > 0, sigma.isFinite else {
      throw FiltersmithError(.argument, "sigma \(sigma); a positive number was expected")
    }
    guard border != .valid, border != .full else {
      throw FiltersmithError(
        .argument, "border \(border) changes the size of an image; features keep it")
    }
    self.sigma = spacing.map { sigma / $0 }
    self.spacing = spacing
    self.truncation = truncation
    self.border = border
  }

  /// One derivative for each of the orders, `[orders, space…]`.
  func callAsFunction<Scalar: ConvolutionScalar>(
    _ image: Tensor<Scalar>, orders: [[Int]]
  ) throws(FiltersmithError) -> [Tensor<Scalar>] {
    let taps = sigma.reduce(1.0) { $0 * (2 * truncation * $1 + 1) }
    var results: [Tensor<Scalar>] = []
    for order in orders {
      var result = image
      if taps <= Double(Self.mostTaps) {
        let kernel: Tensor<Scalar> = try Self.kernel(sigma, order, truncation)
        result = try image.correlated(with: kernel, border: border)
      } else {
        for axis in sigma.indices {
          let factor: Tensor<Scalar> = try Self.kernel([sigma[axis]], [order[axis]], truncation)
          let shape = Shape(sigma.indices.map { $0 == axis ? factor.count : 1 })
          result = try result.correlated(with: factor.reshaped(to: shape), border: border)
        }
      }
      let scale = zip(order, spacing).reduce(1.0) { product, axis in
        (0..<axis.0).reduce(product) { value, _ in value / axis.1 }
      }
      results.append(scale == 1 ? result : result * Scalar(scale))
    }
    return results
  }

  /// The gradient ∂/∂x_d, one image per axis.
  func gradient<Scalar: ConvolutionScalar>(
    of image: Tensor<Scalar>
  ) throws(FiltersmithError) -> [Tensor<Scalar>] {
    try self(image, orders: sigma.indices.map { axis in sigma.indices.map { $0 == axis ? 1 : 0 } })
  }

  /// The second derivatives, upper triangle row by row: yy, yx, xx.
  ///
  /// Two successive first derivatives, each of a Gaussian of width σ/√2: narrow Gaussians, once sampled,
  /// have better first derivatives than second ones.
  func hessian<Scalar: ConvolutionScalar>(
    of image: Tensor<Scalar>
  ) throws(FiltersmithError) -> [Tensor<Scalar>] {
    let half = GaussianDerivatives(
      unchecked: sigma.map { $0 / 2.0.squareRoot() }, spacing, truncation, border)
    var elements: [Tensor<Scalar>] = []
    for (axis, slope) in try half.gradient(of: image).enumerated() {
      let orders = (axis..<sigma.count).map { other in sigma.indices.map { $0 == other ? 1 : 0 } }
      elements += try half(slope, orders: orders)
    }
    return elements
  }

  private init(
    unchecked sigma: [Double], _ spacing: [Double], _ truncation: Double, _ border: Border
  ) {
    self.sigma = sigma
    self.spacing = spacing
    self.truncation = truncation
    self.border = border
  }

  private static func kernel<Scalar: ConvolutionScalar>(
    _ sigma: [Double], _ order: [Int], _ truncation: Double
  ) throws(FiltersmithError) -> Tensor<Scalar> {
    let bank =
      order.allSatisfy { $0 == 0 }
      ? try GaussianDesign(sigma: sigma, truncation: truncation).bank()
      : try GaussianDerivativeDesign(sigma: sigma, orders: [order], truncation: truncation).bank()
    // Odd numbers of taps about their centre: a reflected impulse response correlates.
    return try bank.even.selected(axis: 0, at: 0).flipped().map { Scalar($0) }
  }
}

extension Tensor where Element: ConvolutionScalar {
  /// The gradient of the image smoothed by a Gaussian, `[D, space…]`, one component per axis in array
  /// order, in units of value per unit of length.
  ///
  /// - Parameters:
  ///   - sigma: The Gaussian's standard deviation, in units of the spacing.
  ///   - spacing: The distances between samples, one per axis; 1 unless given.
  ///   - border: How the image continues.
  /// - Throws: ``FiltersmithError`` for parameters that are not positive, or other than 1 to 4 axes.
  public func gaussianGradient(
    sigma: Double, spacing: [Double]? = nil, border: Border = .symmetric
  ) throws(FiltersmithError) -> Tensor {
    let derivatives = try GaussianDerivatives(
      sigma: sigma, spacing: spacing, axes: rank, border: border)
    return try .stacked(derivatives.gradient(of: self))
  }

  /// The second derivatives of the image smoothed by a Gaussian, `[D(D+1)/2, space…]`: the upper
  /// triangle of the Hessian row by row, yy, yx, xx.
  ///
  /// - Parameters:
  ///   - sigma: The Gaussian's standard deviation, in units of the spacing.
  ///   - spacing: The distances between samples, one per axis; 1 unless given.
  ///   - border: How the image continues.
  ///   - truncation: Where the Gaussians are truncated, in standard deviations.
  /// - Throws: ``FiltersmithError`` for parameters that are not positive, or other than 1 to 4 axes.
  public func gaussianHessian(
    sigma: Double, spacing: [Double]? = nil, border: Border = .symmetric, truncation: Double = 4
  ) throws(FiltersmithError) -> Tensor {
    let derivatives = try GaussianDerivatives(
      sigma: sigma, spacing: spacing, axes: rank, truncation: truncation, border: border)
    return try .stacked(derivatives.hessian(of: self))
  }
}
