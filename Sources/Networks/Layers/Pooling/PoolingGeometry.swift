import Convolutions
import Tensors

/// The positions of a pooling layer's windows, computed once.
struct PoolingGeometry: Sendable {
  /// The samples of one window along one axis that lie inside.
  struct Line: Sendable, Equatable {
    let start: Int
    let count: Int
    let step: Int
  }

  /// Channels of all samples.
  let planes: Int
  /// The values in a channel of the input.
  let inputRun: Int
  /// The values in a channel of the output.
  let outputRun: Int
  /// For every row of outputs, where the rows of input start that its windows cover.
  let rows: [[Int]]
  /// For every output of a row, the columns that its window covers.
  let columns: [Line]
  /// How many rows each row of windows covers with padding included, but not beyond it.
  let paddedRows: [Int]
  /// How many columns each window covers with padding included, but not beyond it.
  let paddedColumns: [Int]
  /// Whether all windows are two columns side by side.
  let halvesColumns: Bool

  /// Columns of the input up to the last that a window covers, where windows share columns.
  var span: Int? {
    let covered = columns.reduce(0) { $0 + $1.count }
    let end = columns.reduce(0) {
      max($0, $1.count > 0 ? $1.start + ($1.count - 1) * $1.step + 1 : 0)
    }
    return covered > end ? end : nil
  }

  init(_ axes: [PoolingAxis], _ context: LayerContext) {
    planes = context.batch * context.channels
    inputRun = axes.reduce(1) { $0 * $1.length }
    outputRun = context.run
    let lines = axes.map { axis in (0..<axis.outputs).map { axis.line($0) } }
    columns = lines[lines.count - 1].map(\.inside)
    paddedColumns = lines[lines.count - 1].map(\.counted)
    halvesColumns = columns.enumerated().allSatisfy {
      $1 == Line(start: 2 * $0, count: 2, step: 1)
    }
    var rows: [[Int]] = []
    var counted: [Int] = []
    Shape(axes.dropLast().map(\.outputs)).forEachIndex { index in
      var starts = [0]
      var count = 1
      for axis in index.indices {
        let (inside, full) = lines[axis][index[axis]]
        starts = starts.flatMap { start in
          (0..<inside.count).map { start * axes[axis].length + inside.start + $0 * inside.step }
        }
        count *= full
      }
      rows.append(starts.map { $0 * axes[axes.count - 1].length })
      counted.append(count)
    }
    self.rows = rows
    paddedRows = counted
  }
}

/// A pooling window along one axis of an input.
struct PoolingAxis: Sendable {
  /// Samples of the input.
  let length: Int
  /// Samples of the window.
  let size: Int
  let stride: Int
  let dilation: Int
  /// Samples put before and after the input.
  let before: Int
  let after: Int
  let outputs: Int

  /// Whether every window holds samples of the image.
  var meetsImageEverywhere: Bool { (0..<outputs).allSatisfy { line($0).inside.count > 0 } }

  /// The samples of an output's window that lie inside, and how many do with padding included.
  func line(_ index: Int) -> (inside: PoolingGeometry.Line, counted: Int) {
    let start = index * stride - before
    // How many samples of the window lie before a position.
    func samples(before end: Int) -> Int {
      min(max((end - start + dilation - 1) / dilation, 0), size)
    }
    let first = start < 0 ? samples(before: 0) : 0
    let inside = PoolingGeometry.Line(
      start: start + first * dilation, count: max(samples(before: length) - first, 0),
      step: dilation)
    return (inside, samples(before: length + after))
  }
}

extension PoolingLayer {
  /// The window along every spatial axis of an input.
  ///
  /// - Throws: ``FiltersmithError`` when the window does not fit.
  func axes(for input: Shape) throws(FiltersmithError) -> [PoolingAxis] {
    let rank = input.rank - 1
    let size = try perAxis(window.size, rank, "window")
    let stride = try perAxis(window.stride, rank, "stride")
    let dilation = try perAxis(window.dilation, rank, "dilation")
    // The geometry is that of a convolution with one filter.
    let convolution = try Convolution(
      input: Shape([1, 1]) + Shape(Array(input.dropFirst())), kernel: Shape([1, 1] + size),
      padding: window.padding.spread(over: rank), stride: stride, dilation: dilation)
    return try (0..<rank).map { axis throws(FiltersmithError) in
      let (before, after) = (convolution.before[axis], convolution.after[axis])
      let (length, whole) = (input[1 + axis], convolution.output[2 + axis])
      let rest = (before + length + after - (size[axis] - 1) * dilation[axis] - 1) % stride[axis]
      // A last window may begin before the image or in it, never after it.
      let hasPartial =
        window.includesPartial && rest > 0 && whole * stride[axis] < length + before
      let pooled = PoolingAxis(
        length: length, size: size[axis], stride: stride[axis], dilation: dilation[axis],
        before: before, after: after, outputs: hasPartial ? whole + 1 : whole)
      guard before <= 0 && after <= 0 || pooled.meetsImageEverywhere else {
        throw FiltersmithError(
          .argument,
          "\(Self.kind) has windows \(size) that lie wholly in the padding \(before):\(after) of "
            + "the input \(input), where there is nothing to pool")
      }
      return pooled
    }
  }
}

extension SharedPointer {
  /// The same memory as 32-bit integers, which are no larger than a value.
  var integers: UnsafeMutablePointer<Int32> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Int32.self)
  }
}
