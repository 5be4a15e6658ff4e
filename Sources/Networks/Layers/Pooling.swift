import Convolutions
import Tensors

/// A window that slides over an image.
public struct PoolingWindow: Sendable, Hashable, Codable {
  /// Its extent per spatial axis; one number serves all axes.
  public var size: [Int]
  /// The step between outputs, per spatial axis.
  public var stride: [Int]
  /// What is put around the image.
  public var padding: Padding
  /// The distance between the samples of a window, per spatial axis.
  public var dilation: [Int]
  /// Whether a last window that is only partly inside counts (PyTorch's `ceil_mode`).
  public var includesPartial: Bool

  /// A window; lists of one number serve all axes.
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

  /// Size, stride and dilation with one number per axis.
  ///
  /// - Throws: ``FiltersmithError`` that names the one with another number of axes.
  func spread(
    over input: Shape, _ kind: String
  ) throws(FiltersmithError) -> (size: [Int], stride: [Int], dilation: [Int]) {
    let rank = input.rank - 1
    func spread(_ values: [Int], _ name: String) throws(FiltersmithError) -> [Int] {
      let all = values.count == 1 ? [Int](repeating: values[0], count: rank) : values
      guard all.count == rank, all.allSatisfy({ $0 > 0 }) else {
        throw FiltersmithError(
          .argument, "\(kind) has \(name) \(values) for an input \(input) of \(rank) spatial axes")
      }
      return all
    }
    return (
      try spread(size, "window"), try spread(stride, "stride"), try spread(dilation, "dilation")
    )
  }

  /// The numbers of samples before and behind each axis, and of outputs.
  ///
  /// - Throws: ``FiltersmithError`` when the window does not fit.
  func resolved(
    for input: Shape, _ kind: String
  ) throws(FiltersmithError) -> (before: [Int], after: [Int], outputs: [Int]) {
    let rank = input.rank - 1
    let (size, stride, dilation) = try spread(over: input, kind)
    // The geometry is that of a convolution with one filter.
    let convolution = try Convolution(
      input: Shape([1, 1]) + Shape(Array(input.dropFirst())), kernel: Shape([1, 1] + size),
      padding: padding.spread(over: rank), stride: stride, dilation: dilation)
    var outputs = Array(convolution.output.dropFirst(2))
    var after = convolution.after
    guard includesPartial else { return (convolution.before, after, outputs) }
    for axis in 0..<rank {
      let extended = input[1 + axis] + convolution.before[axis] + after[axis]
      let rest = (extended - (size[axis] - 1) * dilation[axis] - 1) % stride[axis]
      // A window may begin in the image or before it, never behind it.
      let start = outputs[axis] * stride[axis]
      if rest > 0, start < input[1 + axis] + convolution.before[axis] {
        outputs[axis] += 1
        after[axis] += stride[axis] - rest
      }
    }
    return (convolution.before, after, outputs)
  }
}

/// The largest value in each window.
///
/// `[channels, spatial…]` → `[channels, spatial…]`. Samples put around the image never win.
public struct MaxPooling: Layer {
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

  /// `[channels, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    let input = try singleImage(inputs)
    return Shape([input[0]] + (try window.resolved(for: input, Self.kind).outputs))
  }
}

/// The mean value in each window.
///
/// `[channels, spatial…]` → `[channels, spatial…]`.
public struct AveragePooling: Layer {
  /// `averagePooling`.
  public static let kind = "averagePooling"

  /// The window.
  public var window: PoolingWindow
  /// Whether samples put around the image count as zeros (PyTorch's default) or not (Keras').
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

  /// `[channels, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    let input = try singleImage(inputs)
    return Shape([input[0]] + (try window.resolved(for: input, Self.kind).outputs))
  }
}

/// The largest value of each channel.
///
/// `[channels, spatial…]` → `[channels]`.
public struct GlobalMaxPooling: Layer {
  /// `globalMaxPooling`.
  public static let kind = "globalMaxPooling"

  /// Pooling over all positions.
  public init() {}

  /// `[channels]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    [try singleImage(inputs)[0]]
  }
}

/// The mean of each channel.
///
/// `[channels, spatial…]` → `[channels]`.
public struct GlobalAveragePooling: Layer {
  /// `globalAveragePooling`.
  public static let kind = "globalAveragePooling"

  /// Pooling over all positions.
  public init() {}

  /// `[channels]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    [try singleImage(inputs)[0]]
  }
}
