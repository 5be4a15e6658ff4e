import Convolutions
import Tensors

extension Tensor where Element: ConvolutionScalar {
  /// The image with its grey values spread evenly from 0 to 1.
  ///
  /// Every value becomes the fraction of all values up to it, interpolated linearly between the
  /// middles of bins, as scikit-image's `equalize_hist` does.
  ///
  /// - Parameters:
  ///   - bins: How finely values are distinguished.
  ///   - mask: Which samples are counted; all are changed.
  /// - Throws: ``FiltersmithError`` as ``Histogram/init(of:bins:range:mask:)``.
  public func equalized(
    bins: Int = 256, mask: Tensor<Bool>? = nil
  ) throws(FiltersmithError) -> Tensor {
    let histogram = try Histogram(of: self, bins: bins, mask: mask)
    let curve = GreyCurve(histogram, values: histogram.cumulative)
    return mapped { Element(curve(Double($0))) }
  }

  /// The image equalized in tiles, with contrast limited (CLAHE; Zuiderveld 1994), from 0 to 1.
  ///
  /// Each tile of the last two axes has a curve of its own, whose slope is bounded: what exceeds the
  /// limit in its histogram is spread over all bins. Between the centres of tiles, curves are blended
  /// linearly.
  ///
  /// - Parameters:
  ///   - tiles: The number of tiles down and across.
  ///   - clipLimit: The steepest slope, as a multiple of that of an even histogram; at least 1.
  ///   - bins: How finely values are distinguished.
  /// - Throws: ``FiltersmithError`` for fewer than two axes, more tiles than samples, or another limit.
  public func locallyEqualized(
    tiles: (down: Int, across: Int) = (8, 8), clipLimit: Double = 3, bins: Int = 256
  ) throws(FiltersmithError) -> Tensor {
    guard rank >= 2, tiles.down >= 1, tiles.across >= 1, tiles.down <= shape[rank - 2],
      tiles.across <= shape[rank - 1]
    else {
      throw FiltersmithError(
        .argument, "\(tiles.down) × \(tiles.across) tiles do not fit an image of shape \(shape)")
    }
    guard clipLimit >= 1, clipLimit.isFinite else {
      throw FiltersmithError(.argument, "clip limit \(clipLimit); a number from 1 up was expected")
    }
    guard rank == 2 else {
      var planes: [Tensor] = []
      for index in 0..<shape[0] {
        planes.append(
          try selected(axis: 0, at: index).locallyEqualized(
            tiles: tiles, clipLimit: clipLimit, bins: bins))
      }
      return try .stacked(planes)
    }
    let whole = try Histogram(of: self, bins: bins)
    let range = whole.lower...whole.upper
    let (height, width) = (shape[0], shape[1])
    var curves: [GreyCurve] = []
    for row in 0..<tiles.down {
      for column in 0..<tiles.across {
        let part = try sliced([
          row * height / tiles.down..<(row + 1) * height / tiles.down,
          column * width / tiles.across..<(column + 1) * width / tiles.across,
        ])
        let histogram = try Histogram(of: part, bins: bins, range: range)
        curves.append(GreyCurve(histogram, values: Self.clipped(histogram, clipLimit)))
      }
    }
    /// The tiles before and after a position, and the weight of the one after.
    func places(_ extent: Int, _ tiles: Int) -> [(Int, Int, Double)] {
      (0..<extent).map { place in
        let at = (Double(place) + 0.5) / Double(extent) * Double(tiles) - 0.5
        let first = Int(at.rounded(.down))
        return (
          Swift.max(first, 0), Swift.min(first + 1, tiles - 1), at - Double(first)
        )
      }
    }
    let (rows, columns) = (places(height, tiles.down), places(width, tiles.across))
    let all = curves
    return Tensor(uninitialized: shape) { buffer in
      let output = SharedPointer(buffer)
      withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
        parallelFor(height, grain: 8) { y in
          let (above, below, down) = rows[y]
          for x in 0..<width {
            let (left, right, across) = columns[x]
            let value = Double(source[y * width + x])
            func at(_ row: Int, _ column: Int) -> Double { all[row * tiles.across + column](value) }
            let upper = at(above, left) * (1 - across) + at(above, right) * across
            let lower = at(below, left) * (1 - across) + at(below, right) * across
            (output.pointer + y * width + x).initialize(
              to: Element(upper * (1 - down) + lower * down))
          }
        }
      }
    }
  }

  /// The fraction of values up to each bin once the histogram is bounded.
  private static func clipped(_ histogram: Histogram, _ limit: Double) -> [Double] {
    let total = Double(Swift.max(histogram.total, 1))
    let bins = Double(histogram.counts.count)
    let highest = limit * total / bins
    let excess = histogram.counts.reduce(0) { $0 + Swift.max(Double($1) - highest, 0) }
    var sum = 0.0
    return histogram.counts.map { count in
      sum += Swift.min(Double(count), highest) + excess / bins
      return sum / total
    }
  }

  /// A function of every element, in parallel.
  func mapped(_ transform: @Sendable (Element) -> Element) -> Tensor {
    let count = count
    return Tensor(uninitialized: shape) { buffer in
      let output = SharedPointer(buffer)
      withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
        parallelFor((count + 8191) / 8192) { block in
          for place in block * 8192..<Swift.min((block + 1) * 8192, count) {
            (output.pointer + place).initialize(to: transform(source[place]))
          }
        }
      }
    }
  }
}

/// A curve over the middles of a histogram's bins, linear between them and constant outside.
private struct GreyCurve: Sendable {
  private let first: Double
  private let scale: Double
  private let values: [Double]

  init(_ histogram: Histogram, values: [Double]) {
    first = histogram.lower + histogram.binWidth / 2
    scale = 1 / histogram.binWidth
    self.values = values
  }

  func callAsFunction(_ value: Double) -> Double {
    let place = (value - first) * scale
    guard place > 0 else { return values[0] }
    let bin = Int(min(place, Double(values.count)))
    guard bin < values.count - 1 else { return values[values.count - 1] }
    return values[bin] + (place - Double(bin)) * (values[bin + 1] - values[bin])
  }
}
