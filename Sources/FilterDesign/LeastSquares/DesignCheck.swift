import Tensors

/// The checks of least-squares designs; each failure is one sentence.
enum DesignCheck {
  static func support(_ support: [Int]) throws(FiltersmithError) {
    guard support.count >= 1, support.count <= 4 else {
      throw FiltersmithError(
        .argument, "kernels have 1 to 4 dimensions; size \(support) has \(support.count)")
    }
    for taps in support where taps < 3 || taps % 2 == 0 {
      throw FiltersmithError(
        .argument,
        "size \(support) must be odd and at least 3 along every axis, so that the kernel has a centre"
      )
    }
    _ = try Shape(checking: support)
  }

  static func grid(_ grid: [Int], support: [Int]) throws(FiltersmithError) {
    guard grid.count == support.count else {
      throw FiltersmithError(
        .argument,
        "grid \(grid) has \(grid.count) axes; kernels of size \(support) have \(support.count)")
    }
    for (frequencies, taps) in zip(grid, support) {
      guard frequencies % 2 == 1 else {
        throw FiltersmithError(
          .argument,
          "grid \(grid) must be odd along every axis, so that frequencies lie symmetrically about 0"
        )
      }
      guard frequencies >= taps else {
        throw FiltersmithError(
          .argument, "grid \(grid) is smaller than the kernel, which has size \(support)")
      }
    }
    _ = try Shape(checking: grid)
  }

  static func spectrum(
    exponent: Double, cosineExponent: Double, signalToNoise: Double, dcWeight: Double
  ) throws(FiltersmithError) {
    try finite(exponent, "frequency exponent")
    try finite(cosineExponent, "cosine exponent")
    guard abs(exponent) <= 20, abs(cosineExponent) <= 20 else {
      throw FiltersmithError(
        .argument,
        "frequency exponent \(exponent) and cosine exponent \(cosineExponent) must lie between -20 and 20"
      )
    }
    try finite(signalToNoise, "signal-to-noise ratio")
    guard abs(signalToNoise) <= 200 else {
      throw FiltersmithError(
        .argument, "signal-to-noise ratio \(signalToNoise) dB must lie between -200 and 200")
    }
    try notNegative(dcWeight, "DC weight")
  }

  static func locality(exponent: Double, amplitude: Double) throws(FiltersmithError) {
    try notNegative(exponent, "spatial exponent")
    guard exponent <= 20 else {
      throw FiltersmithError(.argument, "spatial exponent \(exponent) must not exceed 20")
    }
    try notNegative(amplitude, "locality")
  }

  static func finite(_ value: Double, _ name: String) throws(FiltersmithError) {
    guard value.isFinite else {
      throw FiltersmithError(.argument, "\(name) \(value) must be a finite number")
    }
  }

  static func notNegative(_ value: Double, _ name: String) throws(FiltersmithError) {
    guard value >= 0, value <= 1e9 else {
      throw FiltersmithError(.argument, "\(name) \(value) must lie between 0 and 1e9")
    }
  }

  static func centerFrequency(_ value: Double, spacing: [Double]) throws(FiltersmithError) {
    let limit = Double.pi / (spacing.min() ?? 1)
    guard value > 0, value <= limit else {
      let unit =
        spacing.allSatisfy { $0 == 1 } ? "pi rad/sample" : "pi over the finest spacing, \(limit)"
      throw FiltersmithError(
        .argument, "center frequency \(value) must be positive and at most \(unit)")
    }
  }

  static func octaves(_ octaves: Double) throws(FiltersmithError) {
    guard octaves > 0, octaves.isFinite else {
      throw FiltersmithError(.argument, "bandwidth \(octaves) octaves must be positive")
    }
  }

  /// Weights must be finite and non-negative; they are given as amplitudes.
  static func squared(
    _ weight: Tensor<Double>, _ name: String
  ) throws(FiltersmithError) -> Tensor<Double> {
    for value in weight.elements where !(value >= 0 && value.isFinite) {
      throw FiltersmithError(
        .argument, "the \(name) holds \(value); weights are finite and not negative")
    }
    return weight.map { $0 * $0 }
  }

  /// The directions scaled to unit length.
  static func directions(
    _ directions: [[Double]], dimensions: Int
  ) throws(FiltersmithError) -> [[Double]] {
    guard !directions.isEmpty else {
      throw FiltersmithError(.argument, "a quadrature bank needs at least one direction")
    }
    var normalized: [[Double]] = []
    for direction in directions {
      guard direction.count == dimensions else {
        throw FiltersmithError(
          .argument,
          "direction \(direction) has \(direction.count) components; filters of \(dimensions) dimensions need \(dimensions)"
        )
      }
      guard direction.allSatisfy(\.isFinite) else {
        throw FiltersmithError(
          .argument, "direction \(direction) holds a number that is not finite")
      }
      // Scaled first, so that neither huge nor tiny vectors overflow or underflow.
      let largest = direction.map(abs).max() ?? 0
      guard largest > 0 else {
        throw FiltersmithError(.argument, "direction \(direction) is zero and points nowhere")
      }
      let scaled = direction.map { $0 / largest }
      let norm = scaled.reduce(0) { $0 + $1 * $1 }.squareRoot()
      // A vector that already has unit length keeps its bits.
      let isUnit = abs(direction.reduce(0) { $0 + $1 * $1 } - 1) <= 4 * Double.ulpOfOne
      normalized.append(isUnit ? direction : scaled.map { $0 / norm })
    }
    return normalized
  }
}
