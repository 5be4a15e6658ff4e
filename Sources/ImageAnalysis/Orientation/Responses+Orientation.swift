import Convolutions
import FilterDesign
import Tensors

extension Responses {
  /// The local orientation of the image.
  ///
  /// With directions T = Σ_k |q_k| M_k (``OrientationTensor/init(magnitudes:directions:)``); for a
  /// monomial bank with orders 1 and 2 T = q1 q1ᵀ + Q2 Q2ᵀ.
  ///
  /// - Throws: ``FiltersmithError`` when the directions do not span, the bank has neither directions
  ///   nor both orders, or the image has channels.
  public func orientationTensor() throws(FiltersmithError) -> OrientationTensor {
    guard shape.rank == bank.dimensions else {
      throw FiltersmithError(
        .shape,
        "orientation is that of an image without channels; the responses have shape \(shape)")
    }
    if case .monomial(let design) = bank.design { return try orientationTensor(of: design) }
    guard !directions.isEmpty else {
      throw FiltersmithError(
        .argument,
        "orientation needs filters with directions, or monomials of orders 1 and 2; the "
          + "\(bank.design.family) bank has neither")
    }
    return try OrientationTensor(magnitudes: Tensor<Float>(magnitude()), directions: directions)
  }

  private func orientationTensor(
    of design: MonomialDesign
  ) throws(FiltersmithError) -> OrientationTensor {
    let orders = design.exponents.map { $0.reduce(0, +) }
    guard orders.contains(1), orders.contains(2), let odd else {
      throw FiltersmithError(
        .argument, "orientation needs monomials of orders 1 and 2; the bank has \(design.orders)")
    }
    func chosen(_ order: Int, of parts: Tensor<Scalar>) throws(FiltersmithError) -> Tensor<Float> {
      var filters: [Tensor<Float>] = []
      for filter in orders.indices where orders[filter] == order {
        filters.append(Tensor<Float>(try parts.selected(axis: 0, at: filter)))
      }
      return try .stacked(filters)
    }
    return try OrientationTensor(
      first: chosen(1, of: odd), second: chosen(2, of: even))
  }
}
