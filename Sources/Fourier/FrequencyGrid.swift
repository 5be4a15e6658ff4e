import Numerics
import Tensors

/// The frequencies of a discrete Fourier transform of some shape, in rad/sample.
public struct FrequencyGrid: Sendable, Hashable {
  /// The position of frequency 0 along each axis.
  public enum Order: Sendable, Hashable, CaseIterable {
    /// In the middle, position N/2: k = −(N−1)/2 … (N−1)/2 for odd N, −N/2 … N/2−1 for even N.
    case centered
    /// First, as in transforms: k = 0, 1, … and then the negative ones.
    case transform
  }

  /// The number of frequencies along each axis.
  public let shape: Shape
  /// The position of frequency 0.
  public let order: Order

  /// A grid of the given number of frequencies along each axis.
  public init(shape: Shape, order: Order = .centered) {
    self.shape = shape
    self.order = order
  }

  /// The integer k of the frequency u = 2πk/N at a position along an axis.
  public func index(axis: Int, at position: Int) -> Int {
    let extent = shape[axis]
    switch order {
    case .centered: return position - extent / 2
    case .transform: return position < (extent + 1) / 2 ? position : position - extent
    }
  }

  /// The frequencies u = 2πk/N along an axis, in the grid's order.
  public func frequencies(axis: Int) -> [Double] {
    let step = 2 * Double.pi / Double(shape[axis])
    return (0..<shape[axis]).map { step * Double(index(axis: axis, at: $0)) }
  }

  /// The frequencies along every axis.
  public var axes: [[Double]] { shape.indices.map { frequencies(axis: $0) } }

  /// The component of the frequency vector along one axis, on the whole grid.
  public func component(axis: Int) -> Tensor<Double> {
    let frequencies = frequencies(axis: axis)
    return Tensor(shape: shape) { frequencies[$0[axis]] }
  }

  /// The length ρ = ‖u‖ of the frequency vector on the whole grid.
  public func radius() -> Tensor<Double> {
    let axes = axes
    return Tensor(shape: shape) { index in
      var square = 0.0
      for (axis, position) in index.enumerated() {
        square += axes[axis][position] * axes[axis][position]
      }
      return square.squareRoot()
    }
  }
}
