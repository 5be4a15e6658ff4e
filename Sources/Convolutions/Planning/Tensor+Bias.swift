import Tensors

extension Tensor where Element: AdditiveArithmetic {
  /// This tensor with a number of its own added to each channel: a layer's bias.
  ///
  /// - Parameter bias: One number per channel of this tensor, which is
  ///   `[batch, channels, spatial…]`.
  /// - Throws: ``FiltersmithError`` when this tensor has no channels or another number of them.
  public func adding(bias: Tensor) throws(FiltersmithError) -> Tensor {
    guard rank >= 2 else {
      throw FiltersmithError(.shape, "a bias is added to [batch, channels, …]; \(shape) is not")
    }
    guard bias.shape == Shape([shape[1]]) else {
      throw FiltersmithError(
        .shape, "bias \(bias.shape) for \(shape[1]) channels; [\(shape[1])] was expected")
    }
    let run = shape.dimensions.dropFirst(2).reduce(1, *)
    let channels = shape[1]
    var result = self
    result.withUnsafeMutableElements { elements in
      guard run > 0 else { return }
      for piece in 0..<elements.count / run {
        let value = bias[piece % channels]
        for position in piece * run..<(piece + 1) * run { elements[position] += value }
      }
    }
    return result
  }
}
