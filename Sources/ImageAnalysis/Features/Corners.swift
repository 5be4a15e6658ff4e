import Convolutions
import FilterDesign
import Tensors

/// Corners: where the image changes in more than one direction.
///
/// From the structure tensor A = G_σ * (∇f ∇fᵀ), with ∇ by Sobel's operator in units of value per
/// sample, or by the derivative of a Gaussian.
public struct CornerDetector: Sendable, Hashable {
  /// How a structure tensor A becomes a corner response.
  public enum Measure: Sendable, Hashable {
    /// det A − k (tr A)² (Harris and Stephens 1988); k is about 0.05.
    case harris(k: Double)
    /// The smaller eigenvalue of A (Shi and Tomasi 1994).
    case shiTomasi
    /// det A / tr A where the error ellipse is round, 4 det A / (tr A)² ≥ roundness, and 0 elsewhere
    /// (Förstner and Gülch 1987).
    case foerstner(roundness: Double)
  }

  /// How the structure tensor becomes a response.
  public var measure: Measure
  /// The standard deviation of the averaging Gaussian, in samples.
  public var sigma: Double
  /// The standard deviation of the gradient's Gaussian, in samples; Sobel's operator where `nil`.
  public var gradientSigma: Double?
  /// How the image and its gradient continue.
  public var border: Border

  /// A detector of the given scale.
  public init(
    _ measure: Measure = .harris(k: 0.05), sigma: Double = 1.5, gradientSigma: Double? = nil,
    border: Border = .nearest
  ) {
    self.measure = measure
    self.sigma = sigma
    self.gradientSigma = gradientSigma
    self.border = border
  }

  /// The corner response of every sample, `[y, x]`.
  ///
  /// - Throws: ``FiltersmithError`` for an image of other axes, or one that is not finite, or a parameter
  ///   outside its range.
  public func response(_ image: Tensor<Float>) throws(FiltersmithError) -> Tensor<Float> {
    try validate(image)
    let measure = measure
    switch measure {
    case .harris(let k):
      guard k >= 0, k < 0.25 else {
        throw FiltersmithError(.argument, "Harris' k is \(k); 0 up to 0.25 was expected")
      }
    case .foerstner(let roundness):
      guard (0...1).contains(roundness) else {
        throw FiltersmithError(.argument, "roundness \(roundness); 0 to 1 was expected")
      }
    case .shiTomasi: break
    }
    let tensor = try structureTensor(of: image).components
    let samples = image.count
    return Tensor(image.shape, samples: samples, from: [tensor]) { from, output, piece in
      let source = from[0]
      for place in piece {
        let (yy, yx, xx) = (source[place], source[samples + place], source[2 * samples + place])
        let determinant = yy * xx - yx * yx
        let trace = yy + xx
        switch measure {
        case .harris(let k): output[place] = determinant - Float(k) * trace * trace
        case .shiTomasi:
          output[place] = (trace - ((yy - xx) * (yy - xx) + 4 * yx * yx).squareRoot()) / 2
        case .foerstner(let roundness):
          let isRound = 4 * determinant >= Float(roundness) * trace * trace
          output[place] = isRound && trace > 0 ? determinant / trace : 0
        }
      }
    }
  }

  private func validate(_ image: Tensor<Float>) throws(FiltersmithError) {
    guard image.rank == 2, image.count > 0 else {
      throw FiltersmithError(.shape, "corners are those of [y, x]; given \(image.shape)")
    }
    guard sigma > 0, sigma <= 1000, border != .valid, border != .full else {
      throw FiltersmithError(
        .argument,
        "sigma \(sigma) with border \(border); sigma up to 1000 and a border that keeps the size were "
          + "expected")
    }
  }

  /// The corners, strongest first.
  ///
  /// - Parameters:
  ///   - image: `[y, x]`.
  ///   - distance: The least distance between corners in samples, along at least one axis.
  ///   - threshold: The least response, as a fraction of the largest.
  ///   - limit: The most corners to return; all unless given.
  ///   - mask: Where corners may lie; everywhere unless given.
  /// - Throws: ``FiltersmithError`` as ``response(_:)``, and for a distance below 1.
  public func corners(
    in image: Tensor<Float>, distance: Int = 3, threshold: Double = 0.01, limit: Int? = nil,
    mask: Tensor<Bool>? = nil
  ) throws(FiltersmithError) -> [Peak] {
    let response = try response(image)
    let largest = max(response.max() ?? 0, 0)
    return try response.peaks(
      distance: distance, above: Float(threshold) * largest, margin: 1, mask: mask, limit: limit)
  }

  /// The structure tensor A of every sample.
  ///
  /// - Throws: ``FiltersmithError`` as ``response(_:)``.
  public func structureTensor(of image: Tensor<Float>) throws(FiltersmithError) -> OrientationTensor
  {
    try validate(image)
    try image.requireFinite("the image")
    let gradient: Tensor<Float>
    if let gradientSigma {
      gradient = try image.gaussianGradient(sigma: gradientSigma, border: border)
    } else {
      gradient = try GradientDesign(.sobel).bank().responses(to: image, border: border).parts
        .reshaped(to: Shape([2]) + image.shape)
    }
    return try OrientationTensor(outerProductsOf: gradient).smoothed(sigma: sigma, border: border)
  }
}
