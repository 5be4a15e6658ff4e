import Convolutions
import Tensors

/// How positions of two grids along one axis correspond.
public enum GridAlignment: String, Sendable, Hashable, CaseIterable {
  /// Both grids cover the same length, samples being the middles of equal parts: output sample i lies
  /// at (i + ½) n/m − ½. As OpenCV's `resize` and scikit-image have it.
  case centers
  /// The first samples lie on each other, and so do the last: output sample i lies at i (n − 1)/(m − 1).
  /// As `scipy.ndimage.zoom` has it.
  case corners
}

/// The samples along one axis that each output sample is a weighted sum of.
struct AxisWeights: Sendable {
  /// The number of output samples.
  let count: Int
  /// The first input sample of each output.
  private(set) var starts: [Int32] = []
  /// How many neighbouring samples are summed.
  private(set) var taps = 1
  /// `[output, tap]`.
  private(set) var weights: [Double] = []

  /// Weights for reading an axis at other distances.
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
    var rows: [[Int: Double]] = []
    for output in 0..<count {
      let center =
        alignment == .centers ? (Double(output) + 0.5) * scale - 0.5 : Double(output) * scale
      var row: [Int: Double] = [:]
      func add(_ sample: Int, _ weight: Double) {
        guard weight != 0, let source = border.source(of: sample, extent: extent) else { return }
        row[source, default: 0] += weight
      }
      if isWidened {
        let reach = (interpolation == .linear ? 1 : 2) * scale
        let range = Int((center - reach).rounded(.up))...Int((center + reach).rounded(.down))
        let values = range.map { interpolation.kernel((Double($0) - center) / scale) }
        let sum = values.reduce(0, +)
        for (sample, value) in zip(range, values) { add(sample, value / sum) }
      } else {
        var values = [Double](repeating: 0, count: 4)
        let (first, fraction) = interpolation.base(of: center)
        values.withUnsafeMutableBufferPointer { values in
          guard let values = values.baseAddress else { return }
          interpolation.weights(at: fraction, into: values)
        }
        for tap in 0..<interpolation.taps { add(first + tap, values[tap]) }
      }
      rows.append(row)
    }
    self.init(rows, extent: extent)
  }

  /// Weights by input sample for every output.
  init(_ rows: [[Int: Double]], extent: Int) {
    count = rows.count
    let ranges = rows.map { row in (row.keys.min() ?? 0)...(row.keys.max() ?? 0) }
    taps = ranges.map(\.count).max() ?? 1
    weights = [Double](repeating: 0, count: count * taps)
    for (output, row) in rows.enumerated() {
      let start = min(ranges[output].lowerBound, extent - taps)
      starts.append(Int32(start))
      for (sample, weight) in row { weights[output * taps + sample - start] = weight }
    }
  }
}
