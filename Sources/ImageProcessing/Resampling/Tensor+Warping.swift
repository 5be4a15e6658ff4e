import Convolutions
import SIMDLoops
import Tensors

extension Tensor where Element: ConvolutionScalar {
  /// The image pulled through an affine map: output(x) = image(A x + b).
  ///
  /// - Parameters:
  ///   - transform: Maps positions of the output to positions of the image, in samples.
  ///   - shape: The output's extents along the transform's axes; the image's unless given.
  ///   - interpolation: How the image is read between its samples.
  ///   - border: How the image continues beyond its edges, which interpolation reads too.
  /// - Returns: `[…, shape…]`: axes before the transform's hold separate images.
  /// - Throws: ``FiltersmithError`` when the image has fewer axes than the transform or no samples,
  ///   for a shape of another rank, positions beyond 2³¹, or the borders `valid` and `full`.
  public func warped(
    by transform: AffineMap, to shape: Shape? = nil, interpolation: Interpolation = .linear,
    border: Border = .zero
  ) throws(FiltersmithError) -> Tensor {
    let dimensions = transform.dimensions
    let own = Shape(Array(self.shape.dimensions.suffix(dimensions)))
    let target = shape ?? own
    guard target.rank == dimensions else {
      throw FiltersmithError(
        .shape, "a transform of \(dimensions) axes gives no image of shape \(target)")
    }
    for (row, offset) in Swift.zip(transform.matrix, transform.offset) {
      let reach = Swift.zip(row, target).reduce(abs(offset)) { $0 + abs($1.0) * Double($1.1) }
      guard reach < Warping.farthest else { throw Warping.tooFar }
    }
    return try warped(dimensions, to: target, interpolation, border, isStraight: true) {
      index, positions, count in
      for axis in 0..<dimensions {
        let row = transform.matrix[axis]
        var start = transform.offset[axis]
        for (factor, position) in Swift.zip(row, index) { start += factor * Double(position) }
        resample_positions(start, row[dimensions - 1], count, positions + axis * count)
      }
    }
  }

  /// The image pulled through a displacement field: output(x) = image(x + d(x)).
  ///
  /// - Parameters:
  ///   - displacement: d in samples, `[D, space…]`, one component per axis in array order; the space is
  ///     the output's, which may differ from the image's.
  ///   - interpolation: How the image is read between its samples.
  ///   - border: How the image continues beyond its edges.
  /// - Returns: `[…, space…]`: axes before the last D hold separate images.
  /// - Throws: ``FiltersmithError`` when the field does not fit or is not finite, positions lie beyond
  ///   2³¹, or for the borders `valid` and `full`.
  public func warped(
    by displacement: Tensor<Float>, interpolation: Interpolation = .linear, border: Border = .zero
  ) throws(FiltersmithError) -> Tensor {
    let dimensions = displacement.rank - 1
    guard dimensions >= 1, displacement.shape[0] == dimensions else {
      throw FiltersmithError(
        .shape,
        "displacements \(displacement.shape) are not a field [D, space…] with D axes of space")
    }
    let isSensible = displacement.withUnsafeElements { elements in
      elements.allSatisfy { abs($0) < Float(Warping.farthest) }
    }
    guard isSensible else { throw Warping.tooFar }
    let target = Shape(Array(displacement.shape.dimensions.dropFirst()))
    let strides = target.strides
    let samples = target.elementCount
    return try warped(dimensions, to: target, interpolation, border) { index, positions, count in
      displacement.withUnsafeElements { field in
        let start = Swift.zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }
        for axis in 0..<dimensions {
          let line = positions + axis * count
          let (from, isLast) = (axis * samples + start, axis == dimensions - 1)
          let first = Double(index[axis])
          for entry in 0..<count {
            line[entry] = Double(field[from + entry]) + first + (isLast ? Double(entry) : 0)
          }
        }
      }
    }
  }

  /// Reads the image at the positions that `fill` gives for a number of samples of a row, the first at an
  /// index; `isStraight` says whether these lie on a line.
  private func warped(
    _ dimensions: Int, to target: Shape, _ interpolation: Interpolation, _ border: Border,
    isStraight: Bool = false,
    fill:
      @Sendable (_ index: [Int], _ positions: UnsafeMutablePointer<Double>, _ count: Int) -> Void
  ) throws(FiltersmithError) -> Tensor {
    guard dimensions >= 1, rank >= dimensions, !isEmpty(axes: dimensions) else {
      throw FiltersmithError(
        .shape, "an image of shape \(shape) cannot be warped along \(dimensions) axes")
    }
    guard border != .valid, border != .full else {
      throw FiltersmithError(
        .argument,
        "border \(border) does not say how an image continues; warping needs one that does")
    }
    let leading = Array(shape.dimensions.dropLast(dimensions))
    let channels = leading.reduce(1, *)
    let image = try reshaped(to: Shape([channels] + shape.dimensions.suffix(dimensions)))
    let sampler = try RowSampler(image, interpolation, border)
    let result = Shape(leading) + target
    guard result.elementCount > 0 else { return Tensor(zeros: result) }
    let width = target[target.rank - 1]
    let rows = target.elementCount / width
    let outer = Shape(Array(target.dimensions.dropLast()))
    return Tensor(uninitialized: result) { buffer in
      let output = SharedPointer(buffer)
      // Tiles, so that the samples that neighbouring rows share are still in the cache.
      let (tileWidth, tileRows) = (256, 16)
      let across = (width + tileWidth - 1) / tileWidth
      parallelFor((rows + tileRows - 1) / tileRows * across) { piece in
        let (top, start) = (piece / across * tileRows, piece % across * tileWidth)
        let count = Swift.min(tileWidth, width - start)
        withScratch(Double.self, count: dimensions * count) { positions in
          for row in top..<Swift.min(top + tileRows, rows) {
            fill(outer.index(at: row) + [start], positions, count)
            sampler.read(
              positions, count: count, isStraight: isStraight,
              into: output.pointer + row * width + start, channelStep: rows * width)
          }
        }
      }
    }
  }

  private func isEmpty(axes: Int) -> Bool { shape.dimensions.suffix(axes).contains(0) }
}

/// What warping rejects.
private enum Warping {
  static let farthest = 0x1p31
  static let tooFar = FiltersmithError(
    .argument, "positions to read an image at are finite and below 2^31 samples")
}
