import Convolutions
import SIMDLoops
import Tensors

/// Running minima and maxima over flat neighbourhoods.
///
/// Along a line the extreme of w samples is that of two overlapping runs of 2^k, each made of two runs of
/// half the length: log₂ w steps of whole vectors. A box is one such pass per axis. Other neighbourhoods
/// are unions of rows; each length of row is one pass, each row one more step.
struct ExtremeFilter<Scalar: ConvolutionScalar>: Sendable {
  let isMaximum: Bool
  let border: Border

  /// The extreme over a box, given by the range of its offsets.
  func box(
    _ image: Tensor<Scalar>, before: [Int], after: [Int]
  ) -> Tensor<Scalar> {
    var result = image
    guard result.count > 0 else { return result }
    let leading = image.shape.rank - before.count
    for axis in before.indices where before[axis] + after[axis] > 0 {
      result = lines(result, axis: leading + axis, before[axis], after[axis])
    }
    return result
  }

  /// Runs over all lines along one axis.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  private func lines(
    _ image: Tensor<Scalar>, axis: Int, _ before: Int, _ after: Int
  ) -> Tensor<Scalar> {
    let shape = image.shape
    let extent = shape[axis]
    let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
    let sources = (-before..<extent + after).map { border.source(of: $0, extent: extent) ?? -1 }
    let fill = Scalar(border.fill)
    let window = before + after + 1
    // Pieces that stay in the cache: whole rows, other lines side by side and in bands.
    let band = inner == 1 ? extent : min(extent, max(64, 3 * window))
    let width = inner == 1 ? 1 : min(inner, max(16, 65536 / (band + window) / 16 * 16))
    let (bands, blocks) = ((extent + band - 1) / band, (inner + width - 1) / width)
    let pieces = shape.elementCount / (extent * inner) * bands * blocks
    return Tensor(uninitialized: shape) { buffer in
      let output = SharedPointer(buffer)
      image.withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
        parallelFor(pieces, grain: inner == 1 ? max(1, 16384 / extent) : 1) { piece in
          let column = piece % blocks * width
          let first = piece / blocks % bands * band
          let used = min(width, inner - column)
          let rows = min(band, extent - first)
          let place = piece / blocks / bands * extent * inner + column
          let (from, to) = (source.pointer + place, output.pointer + place)
          let needed = rows + window - 1
          withScratch(Scalar.self, count: needed * used) { scratch in
            func fetch(_ position: Int) {
              let line = scratch + position * used
              let row = sources[first + position]
              if row < 0 {
                line.update(repeating: fill, count: used)
              } else {
                line.update(from: from + row * inner, count: used)
              }
            }
            if inner == 1 {
              // Everything in a row that lies inside, at once.
              (scratch + before).update(from: from, count: extent)
              for position in 0..<before { fetch(position) }
              for position in before + extent..<needed { fetch(position) }
            } else {
              for position in 0..<needed { fetch(position) }
            }
            run(scratch, needed, used, window: window)
            if inner == 1 {
              to.initialize(from: scratch, count: extent)
            } else {
              for position in 0..<rows {
                (to + (first + position) * inner).initialize(
                  from: scratch + position * used, count: used)
              }
            }
          }
        }
      }
    }
  }

  /// line[i] becomes the extreme of line[i] … line[i + window − 1], for lines of `used` samples each.
  @inline(__always)
  private func run(
    _ scratch: UnsafeMutablePointer<Scalar>, _ samples: Int, _ used: Int, window: Int
  ) {
    var length = 1
    var valid = samples
    while length < window {
      // The last step overlaps.
      let step = min(length, window - length)
      valid -= step
      combine(scratch, scratch + step * used, valid * used, into: scratch)
      length += step
    }
  }

  /// The extremes of pairs; the second operand may lie ahead of the first in the same memory.
  @inline(__always)
  func combine(
    _ first: UnsafePointer<Scalar>, _ second: UnsafePointer<Scalar>, _ count: Int,
    into target: UnsafeMutablePointer<Scalar>
  ) {
    if Scalar.self == Float.self {
      return extreme_of_two(floats(first), floats(second), count, isMaximum, floats(target))
    }
    for index in 0..<count {
      let (a, b) = (first[index], second[index])
      target[index] = isMaximum ? (a > b ? a : b) : (a < b ? a : b)
    }
  }

  /// The extreme over any neighbourhood, given by its offsets.
  func union(_ image: Tensor<Scalar>, _ offsets: [[Int]]) throws(FiltersmithError) -> Tensor<Scalar>
  {
    guard let first = offsets.first, image.count > 0 else { return image }
    let axes = first.count
    let before = (0..<axes).map { axis in max(0, -(offsets.map { $0[axis] }.min() ?? 0)) }
    let after = (0..<axes).map { axis in max(0, offsets.map { $0[axis] }.max() ?? 0) }
    let lead = Array(repeating: 0, count: image.rank - axes)
    let padded = try image.padded(before: lead + before, after: lead + after, border: border)
    let rows = Self.rows(of: offsets)
    var passes: [Int: Tensor<Scalar>] = [:]
    let last = [Int](repeating: 0, count: axes - 1)
    for row in rows where passes[row.length] == nil {
      // What is read past the padding is never used.
      passes[row.length] = ExtremeFilter(isMaximum: isMaximum, border: .nearest).box(
        padded, before: last + [0], after: last + [row.length - 1])
    }
    let runs = passes
    let strides = padded.shape.strides
    let width = image.shape[image.rank - 1]
    let outer = Shape(Array(image.shape.dimensions.dropLast()))
    // Where each row of the neighbourhood starts, relative to a sample of the padded image.
    let places = rows.map { row in
      (0..<axes).reduce(0) { $0 + (row.start[$1] + before[$1]) * strides[lead.count + $1] }
    }
    return Tensor(uninitialized: image.shape) { buffer in
      let output = SharedPointer(buffer)
      parallelFor(outer.elementCount, grain: 8) { line in
        let start = Swift.zip(outer.index(at: line), strides).reduce(0) { $0 + $1.0 * $1.1 }
        let target = output.pointer + line * width
        for (index, row) in rows.enumerated() {
          runs[row.length]?.withUnsafeElements { source in
            guard let source = source.baseAddress.map({ $0 + start + places[index] }) else {
              return
            }
            if index == 0 {
              target.initialize(from: source, count: width)
            } else {
              combine(target, source, width, into: target)
            }
          }
        }
      }
    }
  }

  /// Members that are neighbours along the last axis, as rows.
  private static func rows(of offsets: [[Int]]) -> [(start: [Int], length: Int)] {
    var rows: [(start: [Int], length: Int)] = []
    for offset in offsets.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      if let last = rows.last, last.start.dropLast() == offset.dropLast(),
        (last.start.last ?? 0) + last.length == offset.last
      {
        rows[rows.count - 1].length += 1
      } else {
        rows.append((offset, 1))
      }
    }
    return rows
  }
}
