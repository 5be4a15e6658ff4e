import Tensors

/// Flat pictures of volumes.
extension Tensor where Element == Float {
  /// How the samples along an axis become one.
  public enum Projection: String, Sendable, Hashable, CaseIterable {
    /// The largest: maximum-intensity projection.
    case maximum
    /// The smallest.
    case minimum
    /// Their mean, as in a radiograph.
    case mean
  }

  /// One slice across an axis, an image of the remaining axes in their order.
  ///
  /// - Parameters:
  ///   - axis: The axis that the slice is perpendicular to; may count from the end.
  ///   - position: Which one; the middle unless given.
  /// - Throws: ``FiltersmithError`` when there is no such axis or slice.
  public func slice(
    across axis: Int, at position: Int? = nil
  ) throws(FiltersmithError) -> Tensor<Float> {
    let axis = try shape.normalized(axis: axis)
    let position = position ?? shape[axis] / 2
    guard (0..<shape[axis]).contains(position) else {
      throw FiltersmithError(
        .argument,
        "slice \(position) across axis \(axis) of \(shape), which has slices 0 to \(shape[axis] - 1)"
      )
    }
    return try selected(axis: axis, at: position)
  }

  /// All samples along an axis combined into one, an image of the remaining axes.
  ///
  /// - Parameters:
  ///   - axis: The axis along which to look; may count from the end.
  ///   - projection: How the samples are combined.
  /// - Throws: ``FiltersmithError`` when there is no such axis, or it is empty.
  public func projected(
    along axis: Int, _ projection: Projection = .maximum
  ) throws(FiltersmithError) -> Tensor<Float> {
    let axis = try shape.normalized(axis: axis)
    switch projection {
    case .maximum: return try max(axes: [axis])
    case .minimum: return try min(axes: [axis])
    case .mean: return try mean(axes: [axis])
    }
  }

  /// A flat picture with square pixels of an image whose samples are not square.
  ///
  /// - Parameter spacing: The distances between rows and between columns.
  /// - Returns: The image, resized so that both are the smaller of the two.
  /// - Throws: ``FiltersmithError`` when the image is not flat or the spacing does not fit.
  public func withSquarePixels(spacing: [Double]) throws(FiltersmithError) -> Tensor<Float> {
    guard rank == 2 else {
      throw FiltersmithError(.shape, "square pixels are those of an image [y, x]; given \(shape)")
    }
    let spacing = try spacing.perAxis(2, "spacing", .positive)
    let smallest = Swift.min(spacing[0], spacing[1])
    guard spacing[0] != spacing[1] else { return self }
    return try resampled(spacing: spacing, to: [smallest, smallest]).image
  }
}
