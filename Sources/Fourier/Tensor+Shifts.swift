import Tensors

extension Tensor {
  /// A copy with the zero frequency moved from the first to the middle position (NumPy's `fftshift`).
  ///
  /// Position N/2 holds what position 0 held, along the given axes or along all of them.
  ///
  /// - Throws: ``FiltersmithError`` when an axis is out of range.
  public func centered(axes: [Int]? = nil) throws(FiltersmithError) -> Tensor {
    try rotated(axes: axes) { $0 / 2 }
  }

  /// A copy with the zero frequency moved from the middle to the first position (`ifftshift`).
  ///
  /// Undoes ``centered(axes:)`` for odd and even extents.
  ///
  /// - Throws: ``FiltersmithError`` when an axis is out of range.
  public func uncentered(axes: [Int]? = nil) throws(FiltersmithError) -> Tensor {
    try rotated(axes: axes) { ($0 + 1) / 2 }
  }

  /// Moves every element by `shift(extent)` positions along each axis, wrapping around.
  private func rotated(
    axes: [Int]?, by shift: (Int) -> Int
  ) throws(FiltersmithError) -> Tensor {
    var result = self
    for axis in axes ?? Array(0..<rank) {
      let axis = try shape.normalized(axis: axis)
      let extent = shape[axis]
      let cut = extent - shift(extent)
      guard cut < extent, extent > 0 else { continue }
      result = try Tensor.concatenated(
        [result.sliced(axis: axis, cut..<extent), result.sliced(axis: axis, 0..<cut)], axis: axis)
    }
    return result
  }
}
