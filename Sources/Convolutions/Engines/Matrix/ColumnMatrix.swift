import Tensors

/// The samples under every output as a column: row `channel × tap`, column output.
struct ColumnMatrix: Hashable, Sendable {
  /// Rows: channels of a group × taps.
  let depth: Int
  let imageCount: Int
  let outputCount: Int
  /// Whether the input itself is this matrix: kernels of one tap at every sample.
  let isInput: Bool
  private let domain: ExtendedDomain
  private let taps: [Int]
  private let outputs: [Int]
  private let stride: [Int]
  private let dilation: [Int]

  init(_ convolution: Convolution) {
    let rank = convolution.spatialRank
    domain = ExtendedDomain(convolution)
    taps = Array(convolution.kernel.dimensions.suffix(rank))
    outputs = Array(convolution.output.dimensions.suffix(rank))
    stride = convolution.stride
    dilation = convolution.dilation
    depth = convolution.kernel[1] * taps.reduce(1, *)
    imageCount = domain.extents.reduce(1, *)
    outputCount = outputs.reduce(1, *)
    isInput =
      taps.allSatisfy { $0 == 1 } && stride.allSatisfy { $0 == 1 }
      && domain.extents == domain.extended && convolution.before.allSatisfy { $0 == 0 }
  }

  /// Neighbouring outputs of one row.
  private struct Segment {
    /// The outputs' columns in the row.
    let columns: Range<Int>
    /// Where they lie in the tile.
    let offset: Int
  }

  /// The rows of outputs in a tile, and where the image row under each line of taps starts: −1 in the
  /// constant.
  private func segments(_ pixels: Range<Int>) -> (segments: [Segment], starts: [Int]) {
    let last = outputs.count - 1
    let width = outputs[last]
    let imageStrides = Shape(domain.extents).strides
    let rows = pixels.lowerBound / width...(pixels.upperBound - 1) / width
    let outer = Shape(Array(outputs.dropLast()))
    let segments = rows.map { row in
      let start = max(pixels.lowerBound, row * width)
      let end = min(pixels.upperBound, (row + 1) * width)
      return Segment(
        columns: start - row * width..<end - row * width, offset: start - pixels.lowerBound)
    }
    let indices = rows.map { outer.index(at: $0) }
    var starts: [Int] = []
    Shape(Array(taps.dropLast())).forEachIndex { line in
      for index in indices {
        var start = 0
        for axis in 0..<last where start >= 0 {
          let source =
            domain.sources[axis][index[axis] * stride[axis] + line[axis] * dilation[axis]]
          start = source < 0 ? -1 : start + source * imageStrides[axis]
        }
        starts.append(start)
      }
    }
    return (segments, starts)
  }

  /// The columns of a row whose samples under a tap lie inside the image.
  private func interior(_ tap: Int, _ columns: Range<Int>) -> Range<Int> {
    let last = stride.count - 1
    let (step, shift) = (stride[last], tap * dilation[last])
    let inside = domain.interior[last]
    let start = max((inside.lowerBound - shift + step - 1) / step, 0)
    let end = inside.upperBound > shift ? (inside.upperBound - 1 - shift) / step + 1 : 0
    let lower = min(
      max(inside.lowerBound > shift ? start : 0, columns.lowerBound), columns.upperBound)
    return lower..<max(lower, min(end, columns.upperBound))
  }

  /// Fills the columns of some outputs, `[channel × tap][pixels]`.
  @inline(__always)
  func gather<Scalar: ConvolutionScalar>(
    _ images: UnsafePointer<Scalar>, channels: Int, _ pixels: Range<Int>,
    into matrix: UnsafeMutablePointer<Scalar>
  ) {
    let fill = Scalar(domain.fill)
    let step = stride[stride.count - 1]
    forEachRun(channels, pixels) { channel, start, run, sources, offset in
      let target = matrix + offset
      guard start >= 0 else {
        target.update(repeating: fill, count: run.columns.count)
        return
      }
      let image = images + channel * imageCount + start
      let first = run.columns.lowerBound
      for column in first..<run.inside.lowerBound {
        let source = sources[column * step + run.shift]
        target[column - first] = source < 0 ? fill : image[source]
      }
      if !run.inside.isEmpty {
        let from = image + sources[run.inside.lowerBound * step + run.shift]
        let into = target + run.inside.lowerBound - first
        if step == 1 {
          into.update(from: from, count: run.inside.count)
        } else {
          for column in 0..<run.inside.count { into[column] = from[column * step] }
        }
      }
      for column in run.inside.upperBound..<run.columns.upperBound {
        let source = sources[column * step + run.shift]
        target[column - first] = source < 0 ? fill : image[source]
      }
    }
  }

  /// A part of an output row, and those of its columns whose samples lie inside the image.
  private struct Run {
    let columns: Range<Int>
    let inside: Range<Int>
    let shift: Int
  }

  @inline(__always)
  private func forEachRun(
    _ channels: Int, _ pixels: Range<Int>,
    _ body: (
      _ channel: Int, _ start: Int, _ run: Run, _ sources: UnsafeBufferPointer<Int>, _ offset: Int
    ) -> Void
  ) {
    let last = taps.count - 1
    let (segments, starts) = segments(pixels)
    let lines = starts.count / segments.count
    var runs: [Run] = []
    for tap in 0..<taps[last] {
      for segment in segments {
        runs.append(
          Run(
            columns: segment.columns, inside: interior(tap, segment.columns),
            shift: tap * dilation[last]))
      }
    }
    domain.sources[last].withUnsafeBufferPointer { sources in
      var row = 0
      for channel in 0..<channels {
        for line in 0..<lines {
          for tap in 0..<taps[last] {
            for (position, segment) in segments.enumerated() {
              body(
                channel, starts[line * segments.count + position],
                runs[tap * segments.count + position], sources,
                row * pixels.count + segment.offset)
            }
            row += 1
          }
        }
      }
    }
  }
}
