import Convolutions
import Tensors

/// A window that slides over an image.
public struct PoolingWindow: Sendable, Hashable, Codable {
  /// Its extent per spatial axis; one value serves all axes.
  public var size: [Int]
  /// The step between outputs, per spatial axis.
  public var stride: [Int]
  /// The padding around the image.
  public var padding: Padding
  /// The distance between the samples of a window, per spatial axis.
  public var dilation: [Int]
  /// Whether a last window that is only partly inside is included (PyTorch's `ceil_mode`).
  public var includesPartial: Bool

  /// A window; lists of one value serve all axes.
  public init(
    size: [Int], stride: [Int], padding: Padding = .valid, dilation: [Int] = [1],
    includesPartial: Bool = false
  ) {
    self.size = size
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.includesPartial = includesPartial
  }

  private enum CodingKeys: String, CodingKey {
    case size, stride, padding, dilation, includesPartial
  }

  /// Reads a window; without a dilation it is 1.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      size: try container.decode([Int].self, forKey: .size),
      stride: try container.decode([Int].self, forKey: .stride),
      padding: try container.decode(Padding.self, forKey: .padding),
      dilation: try container.decodeIfPresent([Int].self, forKey: .dilation) ?? [1],
      includesPartial: try container.decode(Bool.self, forKey: .includesPartial))
  }
}

/// A layer that reduces each window to one value.
public protocol PoolingLayer: Layer {
  /// The window.
  var window: PoolingWindow { get }
}

extension PoolingLayer {
  /// Checks the window.
  ///
  /// - Throws: ``FiltersmithError`` that names the number which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(window.size, named: "window")
    try check(window.stride, named: "stride")
    try check(window.dilation, named: "dilation")
  }

  /// `[channels, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    let input = try singleImage(inputs)
    return Shape([input[0]] + (try axes(for: input)).map(\.outputs))
  }
}

/// The largest value in each window.
///
/// `[channels, spatial…]` → `[channels, spatial…]`. Padding never wins.
public struct MaxPooling: PoolingLayer {
  /// `maxPooling`.
  public static let kind = "maxPooling"

  /// The window.
  public var window: PoolingWindow

  /// Pooling over windows of one size along every axis, side by side unless a stride is given.
  public init(
    _ size: Int, stride: Int? = nil, padding: Padding = .valid, includesPartial: Bool = false
  ) {
    window = PoolingWindow(
      size: [size], stride: [stride ?? size], padding: padding, includesPartial: includesPartial)
  }

  /// Pooling over a window.
  public init(_ window: PoolingWindow) { self.window = window }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    MaxPoolingPlan<Scalar>(
      geometry: PoolingGeometry(try axes(for: context.inputs[0]), context))
  }
}

/// The mean value in each window.
///
/// `[channels, spatial…]` → `[channels, spatial…]`.
public struct AveragePooling: PoolingLayer {
  /// `averagePooling`.
  public static let kind = "averagePooling"

  /// The window.
  public var window: PoolingWindow
  /// Whether padding counts as zeros (PyTorch's default) or not (Keras').
  public var countsPadding: Bool

  /// Pooling over windows of one size along every axis, side by side unless a stride is given.
  public init(
    _ size: Int, stride: Int? = nil, padding: Padding = .valid, includesPartial: Bool = false,
    countsPadding: Bool = false
  ) {
    window = PoolingWindow(
      size: [size], stride: [stride ?? size], padding: padding, includesPartial: includesPartial)
    self.countsPadding = countsPadding
  }

  /// Pooling over a window.
  public init(_ window: PoolingWindow, countsPadding: Bool = false) {
    self.window = window
    self.countsPadding = countsPadding
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    AveragePoolingPlan<Scalar>(
      geometry: PoolingGeometry(try axes(for: context.inputs[0]), context),
      countsPadding: countsPadding)
  }
}
