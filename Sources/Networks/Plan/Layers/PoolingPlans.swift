import Convolutions
import SIMDLoops
import Tensors

/// Where the windows of a pooling layer lie, worked out once.
struct PoolingGeometry: Sendable {
  /// The samples of one window along one axis that lie inside.
  struct Line: Sendable, Equatable {
    let start: Int
    let count: Int
    let step: Int
  }

  /// Channels of all samples.
  let planes: Int
  /// Numbers in a channel of the input.
  let inputRun: Int
  /// Numbers in a channel of the output.
  let outputRun: Int
  /// For every row of outputs, where the rows of input start that its windows cover.
  let rows: [[Int]]
  /// For every output of a row, the columns that its window covers.
  let columns: [Line]
  /// The same numbers of rows with padding included, but for what lies behind it.
  let paddedRows: [Int]
  /// The same numbers of columns with padding included, but for what lies behind it.
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

  init(
    _ window: PoolingWindow, input: Shape, output: Shape, batch: Int
  ) throws(FiltersmithError) {
    let rank = input.rank - 1
    let (before, after, _) = try window.resolved(for: input, "pooling")
    let (size, stride, dilation) = try window.spread(over: input, "pooling")
    planes = batch * input[0]
    inputRun = input.dropFirst().reduce(1, *)
    outputRun = output.dropFirst().reduce(1, *)
    func line(_ axis: Int, _ index: Int) -> (inside: Line, counted: Int) {
      let (start, step) = (index * stride[axis] - before[axis], dilation[axis])
      // How many samples of the window lie before a position.
      func samples(before end: Int) -> Int {
        min(max((end - start + step - 1) / step, 0), size[axis])
      }
      let first = start < 0 ? samples(before: 0) : 0
      let inside = Line(
        start: start + first * step, count: max(samples(before: input[1 + axis]) - first, 0),
        step: step)
      // What `includesPartial` adds behind the padding never counts.
      let padded = window.includesPartial ? declaredAfter(axis) : after[axis]
      return (inside, samples(before: input[1 + axis] + padded))
    }
    func declaredAfter(_ axis: Int) -> Int {
      if case .explicit(_, let after) = window.padding.spread(over: rank) { return after[axis] }
      return window.padding == .valid ? 0 : after[axis]
    }
    let last = rank - 1
    columns = (0..<output[rank]).map { line(last, $0).inside }
    paddedColumns = (0..<output[rank]).map { line(last, $0).counted }
    halvesColumns = columns.enumerated().allSatisfy {
      $1 == Line(start: 2 * $0, count: 2, step: 1)
    }
    var rows: [[Int]] = []
    var counted: [Int] = []
    Shape(Array(output.dropFirst().dropLast())).forEachIndex { index in
      var starts = [0]
      var count = 1
      for axis in 0..<last {
        let (inside, full) = line(axis, index[axis])
        starts = starts.flatMap { start in
          (0..<inside.count).map { start * input[1 + axis] + inside.start + $0 * inside.step }
        }
        count *= full
      }
      rows.append(starts.map { $0 * input[rank] })
      counted.append(count)
    }
    self.rows = rows
    paddedRows = counted
  }
}

/// The largest value in each window.
struct MaxPoolingPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let geometry: PoolingGeometry

  /// Where in its channel each winner lies, as 32-bit integers.
  var savedCount: Int { geometry.planes * geometry.outputRun }

  private func winners(_ saved: SharedPointer<Scalar>) -> UnsafeMutablePointer<Int32> {
    UnsafeMutableRawPointer(saved.pointer).assumingMemoryBound(to: Int32.self)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, output, geometry) = (pass.inputs[0], pass.output, geometry)
    let width = geometry.columns.count
    let span = geometry.span
    parallelFor(geometry.planes, grain: max(1, 4096 / geometry.outputRun)) { plane in
      let source = input.pointer + plane * geometry.inputRun
      var target = output.pointer + plane * geometry.outputRun
      var places = pass.saved.map { winners($0) + plane * geometry.outputRun }
      if places == nil, !geometry.halvesColumns, let span {
        withScratch(Scalar.self, count: span) { largest in
          geometry.columns.withUnsafeBufferPointer { columns in
            for rows in geometry.rows {
              Self.largest(source, rows, span, into: largest)
              Self.largest(largest, columns, into: target)
              target += width
            }
          }
        }
        return
      }
      for rows in geometry.rows {
        if geometry.halvesColumns, rows.count == 2 {
          Self.quarter(source, rows[0], rows[1], target, places, width)
        } else {
          Self.scan(source, rows, geometry.columns, target, places)
        }
        target += width
        places = places.map { $0 + width }
      }
    }
  }

  /// The largest value of some rows, column by column.
  @inline(__always)
  private static func largest(
    _ source: UnsafePointer<Scalar>, _ rows: [Int], _ count: Int,
    into target: UnsafeMutablePointer<Scalar>
  ) {
    target.update(repeating: -Scalar.infinity, count: count)
    for row in rows {
      let line = source + row
      for column in 0..<count {
        target[column] = line[column] > target[column] ? line[column] : target[column]
      }
    }
  }

  /// The largest value of each window in one row.
  @inline(__always)
  private static func largest(
    _ source: UnsafePointer<Scalar>, _ columns: UnsafeBufferPointer<PoolingGeometry.Line>,
    into target: UnsafeMutablePointer<Scalar>
  ) {
    for column in columns.indices {
      let line = columns[column]
      var best = -Scalar.infinity
      var sample = source + line.start
      for _ in 0..<line.count {
        best = sample.pointee > best ? sample.pointee : best
        sample += line.step
      }
      target[column] = best
    }
  }

  /// One row of outputs of any windows.
  @inline(__always)
  private static func scan(
    _ source: UnsafePointer<Scalar>, _ rows: [Int], _ columns: [PoolingGeometry.Line],
    _ target: UnsafeMutablePointer<Scalar>, _ places: UnsafeMutablePointer<Int32>?
  ) {
    for column in columns.indices {
      var best = -Scalar.infinity
      let line = columns[column]
      var place = Int32((rows.first ?? 0) + line.start)
      for row in rows {
        for sample in 0..<line.count {
          let position = row + line.start + sample * line.step
          if source[position] > best {
            best = source[position]
            place = Int32(position)
          }
        }
      }
      target[column] = best
      places?[column] = place
    }
  }

  /// One row of outputs of windows 2 × 2 side by side.
  @inline(__always)
  private static func quarter(
    _ source: UnsafePointer<Scalar>, _ first: Int, _ second: Int,
    _ target: UnsafeMutablePointer<Scalar>, _ places: UnsafeMutablePointer<Int32>?, _ width: Int
  ) {
    let (upper, lower) = (source + first, source + second)
    if Scalar.self == Float.self {
      return row_quarters(
        UnsafeRawPointer(upper).assumingMemoryBound(to: Float.self),
        UnsafeRawPointer(lower).assumingMemoryBound(to: Float.self),
        Int32(truncatingIfNeeded: first), Int32(truncatingIfNeeded: second),
        UnsafeMutableRawPointer(target).assumingMemoryBound(to: Float.self), places, width)
    }
    guard let places else {
      for column in 0..<width {
        target[column] = max(
          max(upper[2 * column], upper[2 * column + 1]),
          max(lower[2 * column], lower[2 * column + 1]))
      }
      return
    }
    let (firstPlace, secondPlace) = (Int32(first), Int32(second))
    for column in 0..<width {
      let (a, b) = (upper[2 * column], upper[2 * column + 1])
      let (c, d) = (lower[2 * column], lower[2 * column + 1])
      let above = b > a ? b : a
      let below = d > c ? d : c
      let abovePlace = firstPlace &+ (b > a ? 1 : 0)
      let belowPlace = secondPlace &+ (d > c ? 1 : 0)
      target[column] = below > above ? below : above
      places[column] =
        (below > above ? belowPlace : abovePlace) &+ 2 &* Int32(truncatingIfNeeded: column)
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    guard let target = pass.inputGradients[0], let saved = pass.saved else { return }
    let (gradient, geometry) = (pass.outputGradient, geometry)
    parallelFor(geometry.planes, grain: max(1, 4096 / geometry.outputRun)) { plane in
      let into = target.pointer + plane * geometry.inputRun
      let from = gradient.pointer + plane * geometry.outputRun
      let places = winners(saved) + plane * geometry.outputRun
      into.update(repeating: 0, count: geometry.inputRun)
      for place in 0..<geometry.outputRun { into[Int(places[place])] += from[place] }
    }
  }
}

/// The mean value in each window.
struct AveragePoolingPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let geometry: PoolingGeometry
  let countsPadding: Bool

  private func count(row: Int, column: Int) -> Scalar {
    countsPadding
      ? Scalar(geometry.paddedRows[row] * geometry.paddedColumns[column])
      : Scalar(geometry.rows[row].count * geometry.columns[column].count)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, output, geometry) = (pass.inputs[0], pass.output, geometry)
    let width = geometry.columns.count
    parallelFor(geometry.planes, grain: max(1, 4096 / geometry.outputRun)) { plane in
      let source = input.pointer + plane * geometry.inputRun
      for (row, starts) in geometry.rows.enumerated() {
        let target = output.pointer + plane * geometry.outputRun + row * width
        for column in 0..<width {
          var sum: Scalar = 0
          let line = geometry.columns[column]
          for start in starts {
            for sample in 0..<line.count { sum += source[start + line.start + sample * line.step] }
          }
          target[column] = sum / count(row: row, column: column)
        }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    guard let target = pass.inputGradients[0] else { return }
    let (gradient, geometry) = (pass.outputGradient, geometry)
    let width = geometry.columns.count
    parallelFor(geometry.planes, grain: max(1, 4096 / geometry.outputRun)) { plane in
      let into = target.pointer + plane * geometry.inputRun
      into.update(repeating: 0, count: geometry.inputRun)
      for (row, starts) in geometry.rows.enumerated() {
        let from = gradient.pointer + plane * geometry.outputRun + row * width
        for column in 0..<width {
          let share = from[column] / count(row: row, column: column)
          let line = geometry.columns[column]
          for start in starts {
            for sample in 0..<line.count { into[start + line.start + sample * line.step] += share }
          }
        }
      }
    }
  }
}

extension MaxPooling {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    MaxPoolingPlan<Scalar>(
      geometry: try PoolingGeometry(
        window, input: context.inputs[0], output: context.output, batch: context.batch))
  }
}

extension AveragePooling {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    AveragePoolingPlan<Scalar>(
      geometry: try PoolingGeometry(
        window, input: context.inputs[0], output: context.output, batch: context.batch),
      countsPadding: countsPadding)
  }
}

/// The largest or the mean value of each channel.
struct GlobalPoolingPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let planes: Int
  let run: Int
  let isMean: Bool

  /// Where each largest value lies.
  var savedCount: Int { isMean ? 0 : planes }

  private func winners(_ saved: SharedPointer<Scalar>) -> UnsafeMutablePointer<Int32> {
    UnsafeMutableRawPointer(saved.pointer).assumingMemoryBound(to: Int32.self)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, output, run) = (pass.inputs[0], pass.output, run)
    parallelFor(planes, grain: max(1, 8192 / run)) { plane in
      let values = input.pointer + plane * run
      if isMean {
        output[plane] = Scalar(Sums.sum(values, run) / Double(run))
      } else {
        var place = 0
        for position in 1..<max(run, 1) where values[position] > values[place] { place = position }
        output[plane] = values[place]
        if let saved = pass.saved { winners(saved)[plane] = Int32(place) }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    guard let target = pass.inputGradients[0] else { return }
    let (gradient, run) = (pass.outputGradient, run)
    parallelFor(planes, grain: max(1, 8192 / run)) { plane in
      let into = target.pointer + plane * run
      into.update(repeating: isMean ? gradient[plane] / Scalar(run) : 0, count: run)
      if !isMean, let saved = pass.saved { into[Int(winners(saved)[plane])] = gradient[plane] }
    }
  }
}

extension GlobalMaxPooling {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    GlobalPoolingPlan<Scalar>(
      planes: context.outputCount, run: context.inputs[0].dropFirst().reduce(1, *), isMean: false)
  }
}

extension GlobalAveragePooling {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    GlobalPoolingPlan<Scalar>(
      planes: context.outputCount, run: context.inputs[0].dropFirst().reduce(1, *), isMean: true)
  }
}
