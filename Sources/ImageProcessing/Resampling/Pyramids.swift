import Convolutions
import Tensors

extension Tensor where Element: ConvolutionScalar {
  /// The image at half its resolution: smoothed by (1, 4, 6, 4, 1) / 16 along each of its last axes,
  /// every second sample kept.
  ///
  /// An axis of n samples becomes one of ⌈n/2⌉; sample i of the result lies on sample 2 i.
  ///
  /// - Parameters:
  ///   - axes: How many of the last axes are halved; all unless given. Axes before them hold separate
  ///     images.
  ///   - border: How the image continues.
  /// - Throws: ``FiltersmithError`` when there are not 1 to 4 such axes, one is empty, or the border
  ///   changes the size.
  public func reduced(
    axes: Int? = nil, border: Border = .mirror
  ) throws(FiltersmithError) -> Tensor {
    let axes = try pyramidAxes(axes)
    guard border != .valid, border != .full else {
      throw FiltersmithError(.argument, "border \(border) does not keep the extents of a pyramid")
    }
    let factor = [1.0, 4, 6, 4, 1].map { $0 / 16 }
    let kernel = Tensor(outerProductOf: Array(repeating: factor, count: axes))
    let halved = try filtered(by: kernel, border: border, stride: [2])
    return try halved.reshaped(to: halved.shape.removing(axis: rank - axes))
  }

  /// The image at twice its resolution, on the grid that ``reduced(axes:border:)`` halves.
  ///
  /// Burt and Adelson's expansion: new samples on old ones are weighted (1, 6, 1) / 8, those between old
  /// ones (1, 1) / 2.
  ///
  /// - Parameter shape: The extents, 2 n − 1 or 2 n for each n; axes whose extent stays the same
  ///   are left alone.
  /// - Throws: ``FiltersmithError`` for other extents.
  public func expanded(to shape: Shape) throws(FiltersmithError) -> Tensor {
    guard
      shape.rank == rank, count > 0,
      Swift.zip(self.shape, shape).allSatisfy({ $1 == $0 || $1 == 2 * $0 || $1 == 2 * $0 - 1 })
    else {
      throw FiltersmithError(
        .shape, "a pyramid's level \(self.shape) cannot be expanded to \(shape)")
    }
    let axes: [AxisWeights?] = Swift.zip(self.shape, shape).map { extent, count in
      guard extent != count else { return nil }
      let rows = (0..<count).map { output in
        var row: [Int: Double] = [:]
        let taps: [(Int, Double)] =
          output % 2 == 0 ? [(-1, 0.125), (0, 0.75), (1, 0.125)] : [(0, 0.5), (1, 0.5)]
        for (tap, weight) in taps {
          let source = Border.mirror.source(of: output / 2 + tap, extent: extent) ?? 0
          row[source, default: 0] += weight
        }
        return row
      }
      return AxisWeights(rows, extent: extent)
    }
    return SeparableResampling.run(self, axes)
  }

  /// The image at falling resolutions, finest first (Burt and Adelson 1983).
  ///
  /// - Parameters:
  ///   - levels: The number of levels, the image included.
  ///   - axes: How many of the last axes are halved; all unless given.
  ///   - border: How the image continues.
  /// - Throws: ``FiltersmithError`` for no levels, and as ``reduced(axes:border:)``.
  public func gaussianPyramid(
    levels: Int, axes: Int? = nil, border: Border = .mirror
  ) throws(FiltersmithError) -> [Tensor] {
    guard (1...62).contains(levels) else {
      throw FiltersmithError(.argument, "a pyramid has 1 to 62 levels; given \(levels)")
    }
    var pyramid = [self]
    for level in 1..<Swift.max(levels, 1) {
      pyramid.append(try pyramid[level - 1].reduced(axes: axes, border: border))
    }
    return pyramid
  }

  /// The detail that each level of a Gaussian pyramid has in addition to the next, finest first;
  /// the coarsest level is the last.
  ///
  /// ``init(laplacianPyramid:)`` reconstructs the image.
  ///
  /// - Throws: ``FiltersmithError`` as ``gaussianPyramid(levels:axes:border:)``.
  public func laplacianPyramid(
    levels: Int, axes: Int? = nil, border: Border = .mirror
  ) throws(FiltersmithError) -> [Tensor] {
    var pyramid = try gaussianPyramid(levels: levels, axes: axes, border: border)
    for level in 0..<levels - 1 {
      pyramid[level] = try pyramid[level] - pyramid[level + 1].expanded(to: pyramid[level].shape)
    }
    return pyramid
  }

  /// The image of a Laplacian pyramid.
  ///
  /// - Throws: ``FiltersmithError`` when there is no level, or they do not fit each other.
  public init(laplacianPyramid pyramid: [Tensor]) throws(FiltersmithError) {
    guard var image = pyramid.last else {
      throw FiltersmithError(.shape, "a pyramid without levels has no image")
    }
    for level in pyramid.dropLast().reversed() {
      image = try level + image.expanded(to: level.shape)
    }
    self = image
  }

  private func pyramidAxes(_ axes: Int?) throws(FiltersmithError) -> Int {
    let axes = axes ?? rank
    guard (1...4).contains(axes), axes <= rank, count > 0 else {
      throw FiltersmithError(
        .shape, "an image of shape \(shape) cannot be halved along its last \(axes) axes")
    }
    return axes
  }
}
