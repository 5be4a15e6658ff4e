import Convolutions
import SIMDLoops
import Tensors

/// The largest value in each window.
struct MaxPoolingPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let geometry: PoolingGeometry

  /// The position of each winner in its channel, as 32-bit integers.
  var savedCount: Int { geometry.planes * geometry.outputRun }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, output, geometry) = (pass.inputs[0], pass.output, geometry)
    let width = geometry.columns.count
    let span = geometry.span
    parallelFor(geometry.planes, grain: max(1, 4096 / geometry.outputRun)) { plane in
      let source = input.pointer + plane * geometry.inputRun
      var target = output.pointer + plane * geometry.outputRun
      var places = pass.saved.map { $0.integers + plane * geometry.outputRun }
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
        floats(upper), floats(lower), Int32(truncatingIfNeeded: first),
        Int32(truncatingIfNeeded: second), floats(target), places, width)
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
      let places = saved.integers + plane * geometry.outputRun
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
