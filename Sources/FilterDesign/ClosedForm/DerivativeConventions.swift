/// The normalisation of a derivative filter.
public enum DerivativeNormalization: String, Sendable, Hashable, Codable, CaseIterable {
  /// The derivative, per sample: a ramp of slope 1 along a gradient filter's direction gives 1, a
  /// paraboloid of Laplacian 1 gives 1 from a Laplacian.
  case slope
  /// The coefficients as published: the integers of `scipy.ndimage.sobel`, `prewitt`,
  /// `laplace` and OpenCV (Sobel in 2D responds with 8 to a ramp of slope 1), and Farid's decimals.
  case published
}

/// How the derivative of a continuous Gaussian becomes a row of taps.
public enum DerivativeDiscretization: String, Sendable, Hashable, Codable, CaseIterable {
  /// Sampled at integer positions, divided by the sum of the sampled Gaussian: SciPy's coefficients.
  ///
  /// For small σ or an early cut-off the response to a ramp falls short of its slope, and even
  /// orders leave some DC.
  case sampled
  /// The sampled Gaussian times the polynomial that differentiates polynomials up to the order
  /// exactly, whatever σ: a ramp of slope 1 gives 1, a constant gives 0.
  case exactMoments
}
