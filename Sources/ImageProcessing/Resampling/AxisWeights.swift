import Convolutions
import Tensors

/// How positions of two grids along one axis correspond.
public enum GridAlignment: String, Sendable, Hashable, CaseIterable {
  /// Both grids cover the same length, and samples are the middles of equal intervals: output sample i
  /// lies at (i + ½) n/m − ½. As in OpenCV's `resize` and scikit-image.
  case centers
  /// The first samples coincide, and so do the last: output sample i lies at i (n − 1)/(m − 1). As in
  /// `scipy.ndimage.zoom`.
  case corners
}

/// The samples along one axis that each output sample is a weighted sum of.
package struct AxisWeights: Sendable {
  /// The number of output samples.
  let count: Int
  /// The first input sample of each output.
  let starts: [Int32]
  /// How many neighbouring samples are summed.
  let taps: Int
  /// `[output, tap]`.
  let weights: [Double]

  /// Weights for resampling an axis.
  ///
  /// - Parameters:
  ///   - extent: The number of input samples.
  ///   - count: The number of output samples.
  ///   - interpolation: The kernel between samples.
  ///   - antialias: Whether the kernel is widened by n/m where the axis becomes shorter.
  ///   - alignment: Where the output samples lie.
  ///   - border: How the axis continues.
  init(
    _ extent: Int, to count: Int, _ interpolation: Interpolation, antialias: Bool,
    _ alignment: GridAlignment, _ border: Border
  ) {
    let scale =
      switch alignment {
      case .centers: Double(extent) / Double(count)
      case .corners: count > 1 ? Double(extent - 1) / Double(count - 1) : 0
      }
    let isWidened = antialias && count < extent && interpolation != .nearest
    let reach = interpolation == .linear ? scale : 2 * scale
    let most = isWidened ? Int(2 * reach) + 2 : interpolation.taps
    var rows = [Row](repeating: Row(first: 0, count: 0), count: count)
    var values = [Double](repeating: 0, count: count * most)
    rows.withUnsafeMutableBufferPointer { rows in
      values.withUnsafeMutableBufferPointer { values in
        for output in 0..<count {
          let center =
            alignment == .centers ? (Double(output) + 0.5) * scale - 0.5 : Double(output) * scale
          let line = UnsafeMutableBufferPointer(
            rebasing: values[output * most..<(output + 1) * most])
          guard let start = line.baseAddress else { continue }
          if isWidened {
            rows[output] = Self.widened(interpolation, center, scale, reach, line)
          } else {
            let (first, fraction) = interpolation.base(of: center)
            interpolation.weights(at: fraction, into: start)
            rows[output] = Row(first: first, count: interpolation.taps)
          }
          rows[output].settle(line, extent: extent, border)
        }
      }
    }
    self.init(rows, values, most, extent: extent)
  }

  /// The samples of one output: the first, and their number.
  private struct Row {
    var first: Int
    var count: Int

    /// Folds samples beyond the edges back and drops those at the ends that have no weight.
    mutating func settle(
      _ weights: UnsafeMutableBufferPointer<Double>, extent: Int, _ border: Border
    ) {
      if first < 0 || first + count > extent {
        var folded: [Int: Double] = [:]
        for tap in 0..<count where weights[tap] != 0 {
          guard let source = border.source(of: first + tap, extent: extent) else { continue }
          folded[source, default: 0] += weights[tap]
        }
        first = folded.keys.min() ?? 0
        count = (folded.keys.max() ?? 0) - first + 1
        for tap in 0..<count { weights[tap] = folded[first + tap] ?? 0 }
      }
      var skipped = 0
      while skipped < count - 1, weights[skipped] == 0 { skipped += 1 }
      if skipped > 0 {
        first += skipped
        count -= skipped
        for tap in 0..<count { weights[tap] = weights[tap + skipped] }
      }
      while count > 1, weights[count - 1] == 0 { count -= 1 }
    }
  }

  /// The kernel widened by the scale, its sum scaled to 1.
  private static func widened(
    _ interpolation: Interpolation, _ center: Double, _ scale: Double, _ reach: Double,
    _ weights: UnsafeMutableBufferPointer<Double>
  ) -> Row {
    let (first, last) = (Int((center - reach).rounded(.up)), Int((center + reach).rounded(.down)))
    var sum = 0.0
    for tap in 0...last - first {
      weights[tap] = interpolation.kernel((Double(first + tap) - center) / scale)
      sum += weights[tap]
    }
    for tap in 0...last - first { weights[tap] /= sum }
    return Row(first: first, count: last - first + 1)
  }

  /// Weights `[output, most]`, only the first of which count in each row.
  private init(_ rows: [Row], _ values: [Double], _ most: Int, extent: Int) {
    let taps = rows.reduce(1) { max($0, $1.count) }
    (count, self.taps) = (rows.count, taps)
    starts = rows.map { Int32(min($0.first, extent - taps)) }
    var dense = [Double](repeating: 0, count: rows.count * taps)
    dense.withUnsafeMutableBufferPointer { weights in
      values.withUnsafeBufferPointer { values in
        for (output, row) in rows.enumerated() {
          let shift = row.first - min(row.first, extent - taps)
          for tap in 0..<row.count {
            weights[output * taps + shift + tap] = values[output * most + tap]
          }
        }
      }
    }
    weights = dense
  }

  /// Weights by input sample, for every output.
  package init(_ rows: [[Int: Double]], extent: Int) {
    let ranges = rows.map { row in
      let first = row.keys.min() ?? 0
      return Row(first: first, count: (row.keys.max() ?? 0) - first + 1)
    }
    let most = ranges.reduce(1) { max($0, $1.count) }
    var values = [Double](repeating: 0, count: rows.count * most)
    for (output, row) in rows.enumerated() {
      for (sample, weight) in row { values[output * most + sample - ranges[output].first] = weight }
    }
    self.init(ranges, values, most, extent: extent)
  }
}
