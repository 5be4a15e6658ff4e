import Convolutions
import SIMDLoops
import Tensors

/// Weighted sums along every axis, one axis after the other.
package enum SeparableResampling {
  /// The array with other extents; axes without weights stay as they are.
  package static func run<Scalar: ConvolutionScalar>(
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
    let lengthwise = WeightTable<Scalar>(along, byTap: true, extent: width)
    // The axis that enlarges its input comes last.
    if down != nil, along != nil, outRows > extent {
      return enlarged(image, to: shape, width: width, extent: extent, across, lengthwise)
    }
    // Long rows (whole planes) are processed in pieces that stay in the cache.
    let piece = along == nil ? min(width, 8192) : width
    let pieces = max((width + piece - 1) / max(piece, 1), 1)
    return Tensor(uninitialized: shape) { buffer in
      let output = SharedPointer(buffer)
      image.withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
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
            return across.sum(rows: first, width, line: line, count: count, into: target)
          }
          withScratch(Scalar.self, count: count) { scratch in
            across.sum(rows: first, width, line: line, count: count, into: scratch)
            lengthwise.sum(along: scratch, into: target)
          }
        }
      }
    }
  }

  /// The same, each row weighted along itself first and kept while rows of the output need it.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  private static func enlarged<Scalar: ConvolutionScalar>(
    _ image: Tensor<Scalar>, to shape: Shape, width: Int, extent: Int,
    _ across: WeightTable<Scalar>, _ lengthwise: WeightTable<Scalar>
  ) -> Tensor<Scalar> {
    let (outWidth, outRows, taps) = (lengthwise.count, across.count, across.taps)
    let planes = shape.elementCount / max(outRows * outWidth, 1)
    let band = 64
    let bands = (outRows + band - 1) / band
    return Tensor(uninitialized: shape) { buffer in
      let output = SharedPointer(buffer)
      image.withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
        parallelFor(planes * bands) { piece in
          let (plane, top) = (piece / bands, piece % bands * band)
          let from = source.pointer + plane * extent * width
          let to = output.pointer + plane * outRows * outWidth
          // As many rows as one output row is made of, each at its number modulo theirs.
          withScratch(Scalar.self, count: taps * outWidth + taps) { ring in
            let turned = ring + taps * outWidth
            var next = 0
            for line in top..<min(top + band, outRows) {
              let start = Int(across.starts[line])
              for row in max(start, next)..<max(start + taps, next) {
                lengthwise.sum(along: from + row * width, into: ring + row % taps * outWidth)
              }
              next = max(start + taps, next)
              for tap in 0..<taps {
                turned[(start + tap) % taps] = across.weights[line * taps + tap]
              }
              across.sum(
                rows: ring, outWidth, weights: turned, count: outWidth, into: to + line * outWidth)
            }
          }
        }
      }
    }
  }
}

/// Weights in the precision and order in which loops read them.
private struct WeightTable<Scalar: ConvolutionScalar>: Sendable {
  let starts: [Int32]
  let taps: Int
  let weights: [Scalar]
  /// The number of samples of the weighted axis; 0 where outputs are not in order, which loops that
  /// read a stretch of samples at once rely on.
  private let extent: Int

  /// The number of outputs.
  var count: Int { starts.count }

  init(_ axis: AxisWeights?, byTap: Bool, extent: Int = 0) {
    starts = axis?.starts ?? []
    taps = axis?.taps ?? 0
    let (count, taps) = (starts.count, taps)
    let all = axis?.weights ?? []
    weights =
      byTap
      ? (0..<taps * count).map { Scalar(all[$0 % count * taps + $0 / count]) }
      : all.map(Scalar.init)
    self.extent = zip(starts, starts.dropFirst()).allSatisfy { $0 <= $1 } ? extent : 0
  }

  /// One output line from rows that lie `distance` apart.
  @inline(__always)
  func sum(
    rows from: UnsafePointer<Scalar>, _ distance: Int, line: Int, count: Int,
    into target: UnsafeMutablePointer<Scalar>
  ) {
    weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress.map({ $0 + line * taps }) else { return }
      sum(rows: from, distance, weights: weights, count: count, into: target)
    }
  }

  /// The same with given weights.
  @inline(__always)
  func sum(
    rows from: UnsafePointer<Scalar>, _ distance: Int, weights: UnsafePointer<Scalar>, count: Int,
    into target: UnsafeMutablePointer<Scalar>
  ) {
    if Scalar.self == Float.self {
      return resample_rows(floats(from), distance, floats(weights), taps, count, floats(target))
    }
    for index in 0..<count {
      var sum: Scalar = 0
      for tap in 0..<taps { sum += weights[tap] * from[tap * distance + index] }
      target[index] = sum
    }
  }

  /// All outputs of one line.
  @inline(__always)
  func sum(along from: UnsafePointer<Scalar>, into target: UnsafeMutablePointer<Scalar>) {
    weights.withUnsafeBufferPointer { weights in
      starts.withUnsafeBufferPointer { starts in
        guard let weights = weights.baseAddress, let first = starts.baseAddress else { return }
        if Scalar.self == Float.self {
          return resample_along(
            floats(from), extent, first, floats(weights), taps, starts.count, floats(target))
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
