import Tensors

/// How an image continues beyond its edges, and hence how large the result is.
///
/// Drawn for the row `abcdef` extended by four samples on each side:
///
/// | border | picture | SciPy `ndimage` | OpenCV | NumPy `pad` | DIPlib |
/// |---|---|---|---|---|---|
/// | ``zero`` | `0000\|abcdef\|0000` | `constant` | `CONSTANT` | `constant` | `add zeros` |
/// | ``constant(_:)`` | `cccc\|abcdef\|cccc` | `constant` | `CONSTANT` | `constant` | – |
/// | ``nearest`` | `aaaa\|abcdef\|ffff` | `nearest` | `REPLICATE` | `edge` | `zero order` |
/// | ``mirror`` | `edcb\|abcdef\|edcb` | `mirror` | `REFLECT_101` | `reflect` | – |
/// | ``symmetric`` | `dcba\|abcdef\|fedc` | `reflect` | `REFLECT` | `symmetric` | `mirror` |
/// | ``wrap`` | `cdef\|abcdef\|abcd` | `grid-wrap`, `wrap` | `WRAP` | `wrap` | `periodic` |
///
/// These give a result as large as the image. With ``valid`` the image is not continued and the
/// result is smaller by n − 1 samples for a kernel of n taps; with ``full`` it is continued by zeros
/// and the result is larger by n − 1, as `numpy.convolve` and MATLAB's `conv2` name them.
///
/// By default linear filters take ``mirror``, ranks, morphology and resizing ``symmetric``, and whatever
/// assumes nothing beyond the edges (warping, padding, layers) ``zero``.
public enum Border: Hashable, Sendable {
  /// Continued by zeros.
  case zero
  /// Continued by a constant.
  case constant(Double)
  /// Continued by the sample at the edge.
  case nearest
  /// Reflected about the sample at the edge, which is not repeated.
  case mirror
  /// Reflected about the edge between samples, so that the outermost sample is repeated.
  case symmetric
  /// Continued periodically.
  case wrap
  /// Not continued: only positions where the whole kernel lies inside the image.
  case valid
  /// Continued by zeros, at all positions where any part of the kernel touches the image.
  case full

  /// The border written as on the command line: `zero`, `constant:3`, `nearest`, `mirror`,
  /// `symmetric`, `wrap`, `valid` or `full`.
  ///
  /// - Throws: ``FiltersmithError`` for any other text.
  public init(parsing text: String) throws(FiltersmithError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    switch (parts[0], parts.count) {
    case ("zero", 1): self = .zero
    case ("nearest", 1): self = .nearest
    case ("mirror", 1): self = .mirror
    case ("symmetric", 1): self = .symmetric
    case ("wrap", 1): self = .wrap
    case ("valid", 1): self = .valid
    case ("full", 1): self = .full
    case ("constant", 2):
      guard let value = Double(parts[1]), value.isFinite else {
        throw FiltersmithError(
          .argument, "border '\(text)': '\(parts[1])' is not a finite number, as in constant:3")
      }
      self = .constant(value)
    default:
      throw FiltersmithError(
        .argument,
        "there is no border '\(text)'; choose zero, constant:NUMBER, nearest, mirror, symmetric, "
          + "wrap, valid or full")
    }
  }

  /// The value beyond the edge where it is a constant.
  package var fill: Double {
    if case .constant(let value) = self { value } else { 0 }
  }

  /// Where the sample at `position`, inside or outside 0 ..< extent, comes from; `nil` where it is
  /// the constant ``fill``.
  package func source(of position: Int, extent: Int) -> Int? {
    func modulo(_ value: Int, _ period: Int) -> Int {
      let rest = value % period
      return rest < 0 ? rest + period : rest
    }
    if position >= 0, position < extent { return position }
    switch self {
    case .zero, .constant, .valid, .full:
      return nil
    case .nearest:
      return position < 0 ? 0 : extent - 1
    case .mirror:
      guard extent > 1 else { return 0 }
      let phase = modulo(position, 2 * (extent - 1))
      return phase < extent ? phase : 2 * (extent - 1) - phase
    case .symmetric:
      let phase = modulo(position, 2 * extent)
      return phase < extent ? phase : 2 * extent - 1 - phase
    case .wrap:
      return modulo(position, extent)
    }
  }
}

extension Border: CustomStringConvertible {
  /// The border as it is written on the command line.
  public var description: String {
    switch self {
    case .zero: "zero"
    case .constant(let value): "constant:\(value)"
    case .nearest: "nearest"
    case .mirror: "mirror"
    case .symmetric: "symmetric"
    case .wrap: "wrap"
    case .valid: "valid"
    case .full: "full"
    }
  }
}
