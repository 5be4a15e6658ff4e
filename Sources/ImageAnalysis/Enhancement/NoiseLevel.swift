import Convolutions
import FilterDesign
import Numerics
import Tensors

/// Estimates of the noise in an image.
public enum NoiseLevel {
  /// The standard deviation of white noise in an image, from its highest frequencies.
  ///
  /// The image is filtered with [1, −2, 1] along every axis, which removes planes; the median of the
  /// remaining magnitudes, over 0.6745 times the filter's norm, is the noise's standard deviation. Fine
  /// texture counts as noise (J. Immerkær, *Fast noise variance estimation*, 1996, with a median for
  /// robustness).
  ///
  /// - Parameter image: `[space…]`, 1 to 4 axes.
  /// - Throws: ``FiltersmithError`` when the image is not finite or smaller than the filter.
  public static func deviation(of image: Tensor<Float>) throws(FiltersmithError) -> Double {
    try FieldCheck.image(image)
    let taps: [Float] = [1, -2, 1]
    let kernel = Tensor<Float>(shape: Shape(Array(repeating: 3, count: image.rank))) {
      $0.reduce(1) { $0 * taps[$1] }
    }
    var rest = try image.correlated(with: kernel, border: .valid).elements.map(abs)
    rest.sort()
    let median = Double(rest[rest.count / 2])
    return median / 0.6745 / Double.pow(6, Double(image.rank) / 2)
  }
}
