import Convolutions
import Tensors

/// A filter bank as a layer: fixed kernels without any parameters, so there is nothing to freeze.
///
/// `[channels, spatial…]` → `[filters, spatial…]`. With kernels of one channel on an image of several,
/// every channel is filtered by every kernel: `[channels · filters, spatial…]`, channel by channel.
public struct FixedFilters: ConvolutionLayer {
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
}
