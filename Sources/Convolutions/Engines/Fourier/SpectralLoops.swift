import SIMDLoops

/// Products of spectra, interleaved complex values: SIMD for `Float`, plain Swift for other precisions.
///
/// Counts are in complex values.
enum SpectralLoops<Scalar: ConvolutionScalar> {
  typealias Source = UnsafePointer<Scalar>
  typealias Target = UnsafeMutablePointer<Scalar>

  /// sum (+)= left · conj(right).
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func correlate(
    _ left: Source, _ right: Source, _ sum: Target, count: Int, adding: Bool
  ) {
    if let left = left as? UnsafePointer<Float>, let right = right as? UnsafePointer<Float>,
      let sum = sum as? UnsafeMutablePointer<Float>
    {
      (adding ? simd_spectral_correlate_add : simd_spectral_correlate)(left, right, sum, count)
      return
    }
    for number in 0..<count {
      let (real, imaginary) = (2 * number, 2 * number + 1)
      let re = left[real] * right[real] + left[imaginary] * right[imaginary]
      let im = left[imaginary] * right[real] - left[real] * right[imaginary]
      sum[real] = adding ? sum[real] + re : re
      sum[imaginary] = adding ? sum[imaginary] + im : im
    }
  }
}
