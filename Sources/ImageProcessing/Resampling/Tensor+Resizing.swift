import Convolutions
import Tensors

extension Tensor where Element: ConvolutionScalar {
  /// The image with other extents.
  ///
  /// An axis that becomes shorter is filtered by the interpolation's kernel widened by n/m, so that no
  /// detail finer than the new samples is left to alias (a triangle for `linear`, Catmull and Rom's cubic
  /// for both cubic ones); an axis that becomes longer is interpolated.
  ///
  /// - Parameters:
  ///   - shape: The extent along every axis; axes whose extent stays the same are left alone, so
  ///     channels may come first.
  ///   - interpolation: The kernel. `nearest` is never widened.
  ///   - antialias: Whether the kernel is widened; without it samples are skipped.
  ///   - alignment: Where the new samples lie relative to the old.
  ///   - border: How the image continues: nearest, mirror or symmetric.
  /// - Throws: ``FiltersmithError`` when the shape has another rank, either has no samples, or for
  ///   any other border.
  public func resized(
    to shape: Shape, interpolation: Interpolation = .linear, antialias: Bool = true,
    alignment: GridAlignment = .centers, border: Border = .symmetric
  ) throws(FiltersmithError) -> Tensor {
    guard shape.rank == rank, rank > 0, !shape.dimensions.contains(0), count > 0 else {
      throw FiltersmithError(
        .shape, "an image of shape \(self.shape) cannot be resized to \(shape)")
    }
    guard [.nearest, .mirror, .symmetric].contains(border) else {
      throw FiltersmithError(
        .argument, "border \(border) cannot be resized with; choose nearest, mirror or symmetric")
    }
    _ = try Shape(checking: shape.dimensions)
    var image = self
    var axes: [AxisWeights?] = []
    for axis in 0..<rank {
      guard shape[axis] != self.shape[axis] else {
        axes.append(nil)
        continue
      }
      let isSpline = interpolation == .cubic && !(antialias && shape[axis] < self.shape[axis])
      var border = border
      if isSpline {
        // Coefficients beyond the edge continue those inside only where the image is reflected.
        if border == .nearest { border = .symmetric }
        image = SplineCoefficients.of(image, axes: axis..<axis + 1, border: border)
      }
      axes.append(
        AxisWeights(
          self.shape[axis], to: shape[axis], interpolation, antialias: antialias, alignment, border)
      )
    }
    return SeparableResampling.run(image, axes)
  }

  /// The image with other distances between its samples.
  ///
  /// The image covers the same length, to within half a new sample: extents are n · s/s′, rounded, and
  /// the distances returned are those that fit.
  ///
  /// - Parameters:
  ///   - spacing: The distances along the last axes, one for each.
  ///   - target: The distances wanted.
  /// - Returns: The image and its distances.
  /// - Throws: ``FiltersmithError`` when distances are not positive or too many, and as
  ///   ``resized(to:interpolation:antialias:alignment:border:)``.
  public func resampled(
    spacing: [Double], to target: [Double], interpolation: Interpolation = .linear,
    antialias: Bool = true
  ) throws(FiltersmithError) -> (image: Tensor, spacing: [Double]) {
    guard
      spacing.count == target.count, spacing.count <= rank,
      (spacing + target).allSatisfy({ $0 > 0 && $0.isFinite })
    else {
      throw FiltersmithError(
        .argument,
        "distances \(spacing) to \(target) of samples do not fit an image of shape \(shape)")
    }
    var extents = shape.dimensions
    var result: [Double] = []
    for (position, axis) in (rank - spacing.count..<rank).enumerated() {
      let length = Double(shape[axis]) * spacing[position]
      let wanted = (length / target[position]).rounded()
      guard wanted < 0x1p40 else {
        throw FiltersmithError(
          .limit, "distances \(target) would give \(wanted) samples along axis \(axis)")
      }
      extents[axis] = Swift.max(Int(wanted), 1)
      result.append(length / Double(extents[axis]))
    }
    let image = try resized(
      to: Shape(checking: extents), interpolation: interpolation, antialias: antialias)
    return (image, result)
  }
}
