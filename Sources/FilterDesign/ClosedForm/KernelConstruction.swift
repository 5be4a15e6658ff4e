import Numerics
import Tensors

/// The construction of closed-form kernels.
enum KernelConstruction {
  /// The outer product of one factor per axis: k(x) = Π_d factors[d](x_d).
  static func product(_ factors: [[Double]]) -> Tensor<Double> {
    var elements = [1.0]
    for factor in factors {
      elements = elements.flatMap { left in factor.map { left * $0 } }
    }
    let shape = Shape(factors.map(\.count))
    return Tensor(uninitialized: shape) { buffer in _ = buffer.initialize(from: elements) }
  }

  /// A bank of real kernels of equal size.
  static func bank(
    _ kernels: [Tensor<Double>], directions: [[Double]] = [], design: BankDesign,
    labels: [String] = []
  ) throws(FiltersmithError) -> FilterBank {
    try FilterBank(
      kernels: .real(.stacked(kernels)), directions: directions, design: design, labels: labels)
  }

  /// The unit vector along an axis.
  static func axis(_ axis: Int, dimensions: Int) -> [Double] {
    (0..<dimensions).map { $0 == axis ? 1 : 0 }
  }

  /// The axis along which each derivative is taken, or nothing when one of them is mixed or smoothing:
  /// a bank has directions for all filters or for none.
  static func directions(ofOrders orders: [[Int]]) -> [[Double]] {
    let axes = orders.map { order in order.indices.filter { order[$0] > 0 } }
    guard axes.allSatisfy({ $0.count == 1 }) else { return [] }
    return zip(axes, orders).map { axis($0[0], dimensions: $1.count) }
  }

  /// The coordinates x = k − ⌊n/2⌋ of the taps of an axis.
  static func coordinates(_ taps: Int) -> [Double] { (0..<taps).map { Double($0 - taps / 2) } }

  /// Taps placed in the middle of a longer axis, with zeros around them.
  static func centered(_ factor: [Double], taps: Int) -> [Double] {
    let before = taps / 2 - factor.count / 2
    return (0..<taps).map { factor.indices.contains($0 - before) ? factor[$0 - before] : 0 }
  }
}
