import Convolutions
import FilterDesign
import Tensors

/// Edges and lines one sample wide, from the magnitude of quadrature filters across the local
/// orientation.
///
/// Local phase distinguishes edges (the odd part) from lines (the even part, positive on bright ones); a
/// sample is kept where the chosen part is largest across the orientation, as in Canny's method, and is
/// above the upper threshold or connected to one that is. In 2D and 3D.
public struct QuadratureEdges: Sendable, Hashable {
  /// The features to find.
  public enum Feature: String, Sendable, Hashable, CaseIterable {
    /// |q|: both edges and lines.
    case both
    /// The odd part.
    case edges
    /// The even part, of either sign.
    case lines
    /// The even part where it is positive.
    case brightLines = "bright-lines"
    /// The even part where it is negative.
    case darkLines = "dark-lines"
  }

  /// The features to find.
  public var feature: Feature
  /// The lower threshold, a fraction from 0 to 1 of the largest strength.
  public var low: Double
  /// The upper threshold.
  public var high: Double
  /// The filters' centre frequency, in rad/sample along the axis of the smallest spacing.
  public var centerFrequency: Double
  /// The filters' bandwidth in octaves.
  public var octaves: Double
  /// The filters' taps along each axis, odd.
  public var support: Int
  /// The distance between samples along each axis; 1 unless given.
  public var spacing: [Double]?

  /// A detector.
  public init(
    _ feature: Feature = .both, low: Double = 0.1, high: Double = 0.25,
    centerFrequency: Double = .pi / 3, octaves: Double = 2, support: Int = 11,
    spacing: [Double]? = nil
  ) {
    self.feature = feature
    self.low = low
    self.high = high
    self.centerFrequency = centerFrequency
    self.octaves = octaves
    self.support = support
    self.spacing = spacing
  }

  /// Where the features are.
  ///
  /// - Parameter image: `[space…]`, 2 or 3 axes.
  /// - Throws: ``FiltersmithError`` when a parameter is out of range or the image is not finite.
  public func callAsFunction(_ image: Tensor<Float>) throws(FiltersmithError) -> Tensor<Bool> {
    try FieldCheck.image(image, axes: 2...3)
    let bank = try bank(axes: image.rank)
    return try features(
      bank.responses(to: image, border: .mirror), known: nil, rounding: Self.rounding(bank, image))
  }

  /// The features among known samples; the border is not used.
  ///
  /// - Throws: ``FiltersmithError`` when a parameter is out of range.
  public func callAsFunction(_ image: MaskedImage) throws(FiltersmithError) -> Tensor<Bool> {
    try FieldCheck.image(image.values, axes: 2...3)
    let bank = try bank(axes: image.values.rank)
    return try features(
      bank.responses(to: image).responses, known: image.certainty,
      rounding: Self.rounding(bank, image.values))
  }

  /// The strength of the feature at every sample, before thinning, `[space…]`.
  ///
  /// - Throws: ``FiltersmithError`` when a parameter is out of range or the image is not finite.
  public func strength(of image: Tensor<Float>) throws(FiltersmithError) -> Tensor<Float> {
    try FieldCheck.image(image, axes: 2...3)
    return strength(
      try bank(axes: image.rank).responses(to: image, border: .mirror).localPhase())
  }

  private func bank(axes: Int) throws(FiltersmithError) -> FilterBank {
    guard low >= 0, low <= high, high <= 1 else {
      throw FiltersmithError(
        .argument, "thresholds \(low) and \(high); they ascend and lie from 0 to 1")
    }
    return try QuadratureDesign(
      support: Array(repeating: support, count: axes), centerFrequency: centerFrequency,
      octaves: octaves,
      parameters: LeastSquaresParameters(
        spacing: FieldCheck.relativeSpacing(spacing, axes: axes))
    ).bank()
  }

  private func strength(_ phase: LocalPhase) -> Tensor<Float> {
    switch feature {
    case .both: phase.magnitude
    case .edges: phase.odd.map { abs($0) }
    case .lines: phase.even.map { abs($0) }
    case .brightLines: phase.even.map { max($0, 0) }
    case .darkLines: phase.even.map { max(-$0, 0) }
    }
  }

  /// The largest possible response to a constant image: n products of values x are summed to within
  /// n ulp(1)/2 · Σ|f| |x|.
  private static func rounding(
    _ bank: FilterBank, _ image: Tensor<Float>
  ) throws(FiltersmithError) -> Float {
    var most = 0.0
    for filter in 0..<bank.count {
      most = max(most, try bank.complexKernels.selected(axis: 0, at: filter).map(\.length).sum())
    }
    let taps = Float(bank.support.reduce(1, *))
    let largest = image.elements.reduce(0) { max($0, abs($1)) }
    return taps * Float.ulpOfOne / 2 * Float(most) * largest
  }

  private func features(
    _ responses: Responses<Float>, known: Tensor<Float>?, rounding: Float
  ) throws(FiltersmithError) -> Tensor<Bool> {
    let phase = try responses.localPhase()
    var strength = strength(phase)
    if let known { strength = try strength.zip(with: known) { $1 > 0 ? $0 : 0 } }
    let largest = strength.max() ?? 0
    // Rounding errors on a flat image are not features.
    guard largest > rounding else { return strength.map { _ in false } }
    let least = max(Float(low) * largest, rounding)
    let thin = try strength.suppressingNonMaxima(along: phase.direction, threshold: least)
    let parts = try ConnectedComponents(of: thin.map { $0 > 0 }, connectivity: thin.rank)
    var isStrong = [Bool](repeating: false, count: parts.count + 1)
    let upper = Float(high) * largest
    for (label, value) in zip(parts.labels.elements, thin.elements) where value >= upper {
      isStrong[Int(label)] = true
    }
    isStrong[0] = false
    let kept = isStrong
    return parts.labels.map { kept[Int($0)] }
  }
}
