import Numerics
import Tensors

extension Tensor where Element: ConvolutionScalar {
  /// The correlation of a whole array with a kernel of the same rank.
  ///
  /// y[o] = Σ_k w[k] · x[o + k − c] with the kernel's center c. This is what CNNs call convolution,
  /// SciPy `ndimage.correlate`, OpenCV `filter2D` and MATLAB `imfilter`.
  ///
  /// - Parameters:
  ///   - kernel: Coefficients, 1 to 4 axes, as many as this tensor has.
  ///   - border: How the array continues beyond its edges.
  ///   - center: The tap that lies on the output position; n / 2, rounded down, unless given.
  ///   - algorithm: How it is computed; all algorithms give the same result.
  ///   - tolerance: How far the kernel may be changed, as in ``Convolution/plan(_:for:kernel:tolerance:as:)``.
  /// - Throws: ``FiltersmithError`` when the ranks differ, the kernel does not fit, or the algorithm
  ///   declines.
  public func correlated(
    with kernel: Tensor, border: Border = .mirror, center: [Int]? = nil,
    algorithm: Algorithm = .automatic, tolerance: Double = 0
  ) throws(FiltersmithError) -> Tensor {
    let result = try correlated(
      withEach: [kernel], border: border, center: center, algorithm: algorithm,
      tolerance: tolerance)
    return try result.reshaped(to: result.shape.removing(axis: 0))
  }

  /// The convolution of a whole array with a kernel of the same rank.
  ///
  /// y[o] = Σ_k w[k] · x[o − k + c] with the kernel's center c: the kernel is reflected and then
  /// correlated. This is signal processing's convolution, SciPy `ndimage.convolve` and MATLAB
  /// `conv2`. With the image 1…9 in rows and the kernel [[−1, −2, −1], [0, 0, 0], [1, 2, 1]] the
  /// result at the centre is −24.
  ///
  /// - Parameters:
  ///   - kernel: Coefficients, 1 to 4 axes, as many as this tensor has.
  ///   - border: How the array continues beyond its edges.
  ///   - center: The tap of the kernel *as written* that lies on the output position; n / 2, rounded
  ///     down, unless given.
  ///   - algorithm: How it is computed; all algorithms give the same result.
  ///   - tolerance: How far the kernel may be changed, as in ``Convolution/plan(_:for:kernel:tolerance:as:)``.
  /// - Throws: ``FiltersmithError`` when the ranks differ, the kernel does not fit, or the algorithm
  ///   declines.
  public func convolved(
    with kernel: Tensor, border: Border = .mirror, center: [Int]? = nil,
    algorithm: Algorithm = .automatic, tolerance: Double = 0
  ) throws(FiltersmithError) -> Tensor {
    try correlated(
      with: try kernel.flipped(), border: border,
      center: try reflectedCenter(center, of: kernel.shape), algorithm: algorithm,
      tolerance: tolerance)
  }

  /// The correlation of a real array with a complex kernel: its real and imaginary part at once.
  ///
  /// - Throws: ``FiltersmithError`` as for a real kernel.
  public func correlated(
    with kernel: Tensor<Complex<Element>>, border: Border = .mirror, center: [Int]? = nil,
    algorithm: Algorithm = .automatic, tolerance: Double = 0
  ) throws(FiltersmithError) -> Tensor<Complex<Element>> {
    let parts = try correlated(
      withEach: [kernel.realPart(), kernel.imaginaryPart()], border: border, center: center,
      algorithm: algorithm, tolerance: tolerance)
    return try Tensor<Complex<Element>>(
      real: try parts.selected(axis: 0, at: 0), imaginary: try parts.selected(axis: 0, at: 1))
  }

  /// The convolution of a real array with a complex kernel.
  ///
  /// - Throws: ``FiltersmithError`` as for a real kernel.
  public func convolved(
    with kernel: Tensor<Complex<Element>>, border: Border = .mirror, center: [Int]? = nil,
    algorithm: Algorithm = .automatic, tolerance: Double = 0
  ) throws(FiltersmithError) -> Tensor<Complex<Element>> {
    try correlated(
      with: try kernel.flipped(), border: border,
      center: try reflectedCenter(center, of: kernel.shape), algorithm: algorithm,
      tolerance: tolerance)
  }

  /// The correlations with several kernels of one shape and as many axes as this tensor,
  /// `[filters, space…]`.
  private func correlated(
    withEach kernels: [Tensor], border: Border, center: [Int]?, algorithm: Algorithm,
    tolerance: Double
  ) throws(FiltersmithError) -> Tensor {
    guard kernels[0].rank == rank else {
      throw FiltersmithError(
        .shape, "kernel \(kernels[0].shape) and array \(shape) differ in rank")
    }
    return try filtered(
      by: try .stacked(kernels), border: border, center: center, algorithm: algorithm,
      tolerance: tolerance)
  }
}

/// Where the center of a kernel lies after the kernel is reflected; checked before, so that a
/// message names the center that was given.
private func reflectedCenter(
  _ center: [Int]?, of kernel: Shape
) throws(FiltersmithError) -> [Int] {
  let center = center ?? kernel.map { $0 / 2 }
  guard center.count == kernel.rank, zip(center, kernel).allSatisfy({ $0 >= 0 && $0 < $1 }) else {
    throw FiltersmithError(
      .argument, "center \(center) does not lie inside a kernel of \(kernel.dimensions) taps")
  }
  return zip(kernel, center).map { $0 - 1 - $1 }
}
