import Convolutions
import SIMDLoops
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

/// Weighted sums along every axis, one axis after the other.
enum SeparableResampling {
  /// The array with other extents; axes without weights stay as they are.
  static func run<Scalar: ConvolutionScalar>(
    _ image: Tensor<Scalar>, _ axes: [AxisWeights?]
  ) -> Tensor<Scalar> {
    var image = image
    let rank = image.rank
    for axis in axes.indices.dropLast(2) {
      guard let weights = axes[axis] else { continue }
      let inner = image.shape.dimensions[(axis + 1)...].reduce(1, *)
      image = planes(
        image, to: image.shape.replacing(axis: axis, with: weights.count), width: inner,
        extent: image.shape[axis], down: weights, along: nil)
    }
    guard axes.suffix(2).contains(where: { $0 != nil }) else { return image }
    let (down, along) = (rank > 1 ? axes[rank - 2] : nil, axes[rank - 1])
    var shape = image.shape
    if let down { shape = shape.replacing(axis: rank - 2, with: down.count) }
    if let along { shape = shape.replacing(axis: rank - 1, with: along.count) }
    return planes(
      image, to: shape, width: image.shape[rank - 1], extent: rank > 1 ? image.shape[rank - 2] : 1,
      down: down, along: along)
  }

  /// Rows of `width` samples, `extent` to a plane, weighted across rows and then along each.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  private static func planes<Scalar: ConvolutionScalar>(
    _ image: Tensor<Scalar>, to shape: Shape, width: Int, extent: Int, down: AxisWeights?,
    along: AxisWeights?
  ) -> Tensor<Scalar> {
    let outWidth = along?.count ?? width
    let outRows = down?.count ?? extent
    let rows = shape.elementCount / max(outWidth, 1)
    let across = WeightTable<Scalar>(down, byTap: false)
    let lengthwise = WeightTable<Scalar>(along, byTap: true)
    // Long rows (whole planes) are done in pieces that stay in the cache.
    let piece = along == nil ? min(width, 8192) : width
    let pieces = max((width + piece - 1) / max(piece, 1), 1)
    return Tensor(uninitialized: shape) { buffer in
      let output = SharedPointer(buffer)
      image.withUnsafeElements { source in
        let source = SharedPointer(reading: source)
        parallelFor(rows * pieces, grain: max(65536 / max(piece, 1), 1)) { index in
          let (row, start) = (index / pieces, index % pieces * piece)
          let count = min(piece, width - start)
          let (plane, line) = (row / outRows, row % outRows)
          let target = output.pointer + row * outWidth + start
          let from = source.pointer + plane * extent * width + start
          guard down != nil else {
            return lengthwise.sum(along: from + line * width, into: target)
          }
          let first = from + Int(across.starts[line]) * width
          guard along != nil else {
            return across.sum(rows: first, width, line, count: count, into: target)
          }
          withScratch(Scalar.self, count: count) { scratch in
            across.sum(rows: first, width, line, count: count, into: scratch)
            lengthwise.sum(along: scratch, into: target)
          }
        }
      }
    }
  }
}

/// Weights in the precision and order that loops read them in.
private struct WeightTable<Scalar: ConvolutionScalar>: Sendable {
  let starts: [Int32]
  let taps: Int
  let weights: [Scalar]

  init(_ axis: AxisWeights?, byTap: Bool) {
    starts = axis?.starts ?? []
    taps = axis?.taps ?? 0
    let (count, taps) = (starts.count, taps)
    let all = axis?.weights ?? []
    weights =
      byTap
      ? (0..<taps * count).map { Scalar(all[$0 % count * taps + $0 / count]) }
      : all.map(Scalar.init)
  }

  @inline(__always)
  func sum(
    rows from: UnsafePointer<Scalar>, _ distance: Int, _ output: Int, count: Int,
    into target: UnsafeMutablePointer<Scalar>
  ) {
    weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress.map({ $0 + output * taps }) else { return }
      if Scalar.self == Float.self {
        return resample_rows(
          floats(from), distance, floats(weights), taps, count, floats(target))
      }
      for index in 0..<count {
        var sum: Scalar = 0
        for tap in 0..<taps { sum += weights[tap] * from[tap * distance + index] }
        target[index] = sum
      }
    }
  }

  @inline(__always)
  func sum(along from: UnsafePointer<Scalar>, into target: UnsafeMutablePointer<Scalar>) {
    weights.withUnsafeBufferPointer { weights in
      starts.withUnsafeBufferPointer { starts in
        guard let weights = weights.baseAddress, let first = starts.baseAddress else { return }
        if Scalar.self == Float.self {
          return resample_along(
            floats(from), first, floats(weights), taps, starts.count, floats(target))
        }
        for index in 0..<starts.count {
          var sum: Scalar = 0
          for tap in 0..<taps {
            sum += weights[tap * starts.count + index] * from[Int(first[index]) + tap]
          }
          target[index] = sum
        }
      }
    }
  }
}
