import Tensors

/// Brings samples `[…, spatial…]` to given spatial extents.
enum ImageFitting {
  /// The sample at another size, or a refusal that names the file.
  static func fitted<Element>(
    _ sample: Tensor<Element>, to size: Shape, _ fit: ReadingOptions.Fit, path: String,
    resize: (Tensor<Element>, _ axis: Int, _ extent: Int) -> Tensor<Element>
  ) throws(FiltersmithError) -> Tensor<Element> {
    let leading = sample.rank - size.rank
    guard leading >= 0 else {
      throw FiltersmithError(
        .shape, "\(path) has \(sample.rank) axes; samples of extents \(size) were expected")
    }
    let own = Shape(Array(sample.shape.dropFirst(leading)))
    guard own != size else { return sample }
    switch fit {
    case .exact:
      throw FiltersmithError(
        .shape,
        "\(path) has extents \(own), where \(size) was expected; ask for samples to be resized or "
          + "cropped to one size")
    case .crop:
      guard zip(own, size).allSatisfy({ $0 >= $1 }) else {
        throw FiltersmithError(
          .shape, "\(path) has extents \(own) and cannot be cropped to \(size)")
      }
      let ranges = zip(own, size).map { extent, wanted in
        (extent - wanted) / 2..<(extent - wanted) / 2 + wanted
      }
      return try sample.sliced((0..<leading).map { 0..<sample.shape[$0] } + ranges)
    case .resize:
      var result = sample
      for (axis, extent) in size.enumerated() where own[axis] != extent {
        result = resize(result, leading + axis, extent)
      }
      return result
    }
  }

  /// Linear interpolation along an axis, its pixels being cells; where it becomes shorter, weighted
  /// means over as much more (a triangle filter).
  static func linear(_ sample: Tensor<Float>, axis: Int, to extent: Int) -> Tensor<Float> {
    let old = sample.shape[axis]
    let ratio = Double(old) / Double(extent)
    let reach = max(ratio, 1)
    let taps: [[(index: Int, weight: Float)]] = (0..<extent).map { position in
      let center = (Double(position) + 0.5) * ratio - 0.5
      let range = Int((center - reach).rounded(.up))...Int((center + reach).rounded(.down))
      let weights = range.map { max(1 - abs(Double($0) - center) / reach, 0) }
      let sum = weights.reduce(0, +)
      // Beyond the border the nearest pixel counts.
      return zip(range, weights).map { (min(max($0, 0), old - 1), Float($1 / sum)) }
    }
    return along(axis, of: sample, extent) { source, start, stride, position in
      taps[position].reduce(0) { $0 + $1.weight * source[start + $1.index * stride] }
    }
  }

  /// The nearest pixel along an axis.
  static func nearest(_ sample: Tensor<UInt8>, axis: Int, to extent: Int) -> Tensor<UInt8> {
    let old = sample.shape[axis]
    return along(axis, of: sample, extent) { source, start, stride, position in
      source[start + (2 * position + 1) * old / (2 * extent) * stride]
    }
  }

  private static func along<Element>(
    _ axis: Int, of sample: Tensor<Element>, _ extent: Int,
    _ value: (UnsafeBufferPointer<Element>, _ start: Int, _ stride: Int, _ position: Int) -> Element
  ) -> Tensor<Element> {
    let inner = sample.shape[(axis + 1)...].reduce(1, *)
    let outer = sample.shape[..<axis].reduce(1, *)
    let old = sample.shape[axis]
    return Tensor(uninitialized: sample.shape.replacing(axis: axis, with: extent)) { target in
      sample.withUnsafeElements { source in
        for block in 0..<outer {
          for position in 0..<extent {
            for column in 0..<inner {
              target.initializeElement(
                at: (block * extent + position) * inner + column,
                to: value(source, block * old * inner + column, inner, position))
            }
          }
        }
      }
    }
  }
}
