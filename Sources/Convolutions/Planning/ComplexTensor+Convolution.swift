import Numerics
import Tensors

extension Tensor {
  /// The correlation of a complex array with a complex kernel of the same rank.
  ///
  /// The kernel is not conjugated: y[o] = Σ_k w[k] · x[o + k − c]. A constant border continues the
  /// real part; the imaginary part is continued by zeros.
  ///
  /// - Parameters:
  ///   - kernel: Coefficients, 1 to 4 axes, as many as this tensor has.
  ///   - border: How the array continues beyond its edges.
  ///   - center: The tap that lies on the output position; n / 2, rounded down, unless given.
  ///   - algorithm: How it is computed; all algorithms give the same result.
  ///   - tolerance: How far the kernel may be changed, as in ``Convolution/plan(_:for:kernel:tolerance:as:)``.
  /// - Throws: ``FiltersmithError`` when the ranks differ, the kernel does not fit, or the algorithm
  ///   declines.
  public func correlated<Scalar: ConvolutionScalar>(
    with kernel: Tensor<Complex<Scalar>>, border: Border = .mirror, center: [Int]? = nil,
    algorithm: Algorithm = .automatic, tolerance: Double = 0
  ) throws(FiltersmithError) -> Tensor where Element == Complex<Scalar> {
    try combined(border) { part, border throws(FiltersmithError) in
      try part.correlated(
        with: kernel, border: border, center: center, algorithm: algorithm,
        tolerance: tolerance)
    }
  }

  /// The convolution of a complex array with a complex kernel of the same rank.
  ///
  /// y[o] = Σ_k w[k] · x[o − k + c]; borders as in `correlated(with:)`.
  ///
  /// - Parameters:
  ///   - kernel: Coefficients, 1 to 4 axes, as many as this tensor has.
  ///   - border: How the array continues beyond its edges.
  ///   - center: The tap of the kernel as written that lies on the output position; n / 2, rounded
  ///     down, unless given.
  ///   - algorithm: How it is computed; all algorithms give the same result.
  ///   - tolerance: How far the kernel may be changed, as in ``Convolution/plan(_:for:kernel:tolerance:as:)``.
  /// - Throws: ``FiltersmithError`` when the ranks differ, the kernel does not fit, or the algorithm
  ///   declines.
  public func convolved<Scalar: ConvolutionScalar>(
    with kernel: Tensor<Complex<Scalar>>, border: Border = .mirror, center: [Int]? = nil,
    algorithm: Algorithm = .automatic, tolerance: Double = 0
  ) throws(FiltersmithError) -> Tensor where Element == Complex<Scalar> {
    try combined(border) { part, border throws(FiltersmithError) in
      try part.convolved(
        with: kernel, border: border, center: center, algorithm: algorithm,
        tolerance: tolerance)
    }
  }

  /// filter(real part) + i · filter(imaginary part): the filter is linear, the border is the real
  /// part's.
  private func combined<Scalar: ConvolutionScalar>(
    _ border: Border,
    _ filter: (Tensor<Scalar>, Border) throws(FiltersmithError) -> Tensor<Complex<Scalar>>
  ) throws(FiltersmithError) -> Tensor where Element == Complex<Scalar> {
    let imaginaryBorder: Border = if case .constant = border { .zero } else { border }
    let real = try filter(realPart(), border)
    return try real.zip(with: try filter(imaginaryPart(), imaginaryBorder)) {
      Complex($0.real - $1.imaginary, $0.imaginary + $1.real)
    }
  }
}
