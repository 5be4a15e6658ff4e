import Convolutions
import Tensors

/// A filter bank as a layer: fixed kernels without any parameter, so there is nothing to freeze.
///
/// `[channels, spatial…]` → `[filters, spatial…]`. With kernels of one channel on an image of several,
/// every channel is filtered by every kernel: `[channels · filters, spatial…]`, channel by channel.
public struct FixedFilters: Layer {
  /// `fixedFilters`.
  public static let kind = "fixedFilters"

  /// `[filters, channels, taps…]`, correlated with the image; the even and odd parts of a quadrature
  /// pair are neighbours.
  public var kernels: Tensor<Float>
  /// The step between outputs, per spatial axis.
  public var stride: [Int]
  /// How many zeros are put around the input.
  public var padding: Padding

  /// A bank of fixed kernels.
  public init(_ kernels: Tensor<Float>, stride: [Int] = [1], padding: Padding = .same) {
    self.kernels = kernels
    self.stride = stride
    self.padding = padding
  }

  /// The convolution on a batch of images of a shape.
  ///
  /// - Throws: ``FiltersmithError`` that names the shapes which do not fit.
  public func convolution(for input: Shape, batch: Int) throws(FiltersmithError) -> Convolution {
    let rank = input.rank - 1
    guard kernels.rank == rank + 2 else {
      throw FiltersmithError(
        .shape, "fixedFilters of shape \(kernels.shape) on an input \(input)")
    }
    let isPerChannel = kernels.shape[1] == 1
    let groups = isPerChannel ? input[0] : 1
    return try Convolution(
      input: Shape([batch]) + input,
      kernel: kernels.shape.replacing(axis: 0, with: kernels.shape[0] * groups),
      padding: padding.spread(over: rank), stride: try perAxis(stride, rank, "stride"),
      groups: groups)
  }

  /// `[filters, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try convolution(for: try singleImage(inputs), batch: 1).output.removing(axis: 0)
  }

  /// Products summed per sample.
  public func multiplyAdds(for inputs: [Shape]) -> Int {
    (try? convolution(for: inputs[0], batch: 1))?.multiplyAdds ?? 0
  }
}

/// √(even² + odd²) of neighbouring channels: the magnitude of quadrature responses.
///
/// `[2 · filters, spatial…]` → `[filters, spatial…]`.
public struct Magnitude: Layer {
  /// `magnitude`.
  public static let kind = "magnitude"
  /// Magnitudes of channel pairs.
  public init() {}

  /// `[filters, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try halvingChannels(inputs)
  }
}

/// atan2(odd, even) of neighbouring channels, in radians: the local phase.
///
/// `[2 · filters, spatial…]` → `[filters, spatial…]`.
public struct Phase: Layer {
  /// `phase`.
  public static let kind = "phase"
  /// Phases of channel pairs.
  public init() {}

  /// `[filters, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try halvingChannels(inputs)
  }
}

extension Layer {
  fileprivate func halvingChannels(_ inputs: [Shape]) throws(FiltersmithError) -> Shape {
    let input = try single(inputs)
    guard input.rank > 0, input[0] % 2 == 0 else {
      throw FiltersmithError(
        .shape, "\(Self.kind) takes pairs of channels (even, odd); its input is \(input)")
    }
    return input.replacing(axis: 0, with: input[0] / 2)
  }
}

/// The largest of each group of neighbouring channels: pooling across filter responses.
///
/// `[size · groups, spatial…]` → `[groups, spatial…]`. With a group of filters that differ in
/// direction only, the result does not change when the image is rotated.
public struct MaxOverGroups: Layer {
  /// `maxOverGroups`.
  public static let kind = "maxOverGroups"

  /// The number of channels in a group.
  public var size: Int

  /// The maximum over groups of channels.
  public init(_ size: Int) { self.size = size }

  /// `[groups, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    let input = try single(inputs)
    guard size > 0, input.rank > 0, input[0] % size == 0 else {
      throw FiltersmithError(
        .shape, "maxOverGroups of \(size) channels does not divide its input \(input)")
    }
    return input.replacing(axis: 0, with: input[0] / size)
  }
}
