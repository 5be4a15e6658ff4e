import Tensors

/// Checks of arguments, with messages that name them.
enum FieldCheck {
  /// Rejects images that no analysis is defined for.
  static func image(
    _ image: Tensor<Float>, _ name: String = "the image", axes: ClosedRange<Int> = 1...4
  ) throws(FiltersmithError) {
    guard axes.contains(image.rank), image.count > 0 else {
      let expected =
        axes.lowerBound == axes.upperBound
        ? "\(axes.lowerBound)" : "\(axes.lowerBound) to \(axes.upperBound)"
      throw FiltersmithError(
        .shape,
        "\(name) has shape \(image.shape); \(expected) axes that are not empty were expected"
      )
    }
    try image.requireFinite(name)
  }

  /// Rejects two fields that do not cover the same samples.
  static func equalShapes(
    _ left: Shape, _ leftName: String, _ right: Shape, _ rightName: String
  ) throws(FiltersmithError) {
    guard left == right else {
      throw FiltersmithError(
        .shape, "\(leftName) \(left) and \(rightName) \(right) do not cover the same samples")
    }
  }

  /// Distances between samples in units of the smallest.
  static func relativeSpacing(
    _ spacing: [Double]?, axes: Int
  ) throws(FiltersmithError) -> [Double] {
    let spacing = try (spacing ?? [1]).perAxis(axes, "spacing", .positive)
    let smallest = spacing.min() ?? 1
    return spacing.map { $0 / smallest }
  }

  /// A number in a range.
  static func number(
    _ value: Double, _ range: ClosedRange<Double>, _ name: String
  ) throws(FiltersmithError) {
    guard range.contains(value) else {
      throw FiltersmithError(
        .argument,
        "\(name) is \(value); a number from \(range.lowerBound) to \(range.upperBound) was expected"
      )
    }
  }

  /// Standard deviations in samples from those in units of the spacing.
  static func samples(
    _ sigma: [Double], spacing: [Double]?, axes: Int, _ name: String
  ) throws(FiltersmithError) -> [Double] {
    let sigma = try sigma.perAxis(axes, name, .notNegative)
    let spacing = try (spacing ?? [1]).perAxis(axes, "spacing", .positive)
    return zip(sigma, spacing).map { $0 / $1 }
  }
}
