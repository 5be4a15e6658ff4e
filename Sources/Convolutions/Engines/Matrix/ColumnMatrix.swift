import Tensors

/// The samples under every output as a column: rows are `channel × tap`, columns outputs.
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

  /// The tables that fill the columns of some outputs.
  struct Tile: Sendable {
    /// The outputs, counted in the channel.
    let pixels: Range<Int>
    /// Per tap of a line and row of outputs.
    fileprivate let runs: [Run]
    /// Per line of taps and row of outputs, where the image row under them starts: −1 in the constant.
    fileprivate let starts: [Int]
    /// Rows of outputs.
    fileprivate let rowCount: Int
  }

  /// Neighbouring outputs of one row under one tap.
  fileprivate struct Run: Sendable {
    /// The outputs' columns in the row.
    let columns: Range<Int>
    /// Those whose samples lie inside the image.
    let inside: Range<Int>
    /// The distance of a sample from its output.
    let shift: Int
    /// Where the outputs are in the tile.
    let offset: Int
  }

  /// The tables of some outputs.
  func tile(_ pixels: Range<Int>) -> Tile {
    let last = outputs.count - 1
    let width = outputs[last]
    let imageStrides = Shape(domain.extents).strides
    let rows = pixels.lowerBound / width...(pixels.upperBound - 1) / width
    let outer = Shape(Array(outputs.dropLast()))
    var runs: [Run] = []
    for tap in 0..<taps[last] {
      for row in rows {
        let start = max(pixels.lowerBound, row * width)
        let columns = start - row * width..<min(pixels.upperBound - row * width, width)
        runs.append(
          Run(
            columns: columns, inside: interior(tap, columns), shift: tap * dilation[last],
            offset: start - pixels.lowerBound))
      }
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
    return Tile(pixels: pixels, runs: runs, starts: starts, rowCount: rows.count)
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
    _ images: UnsafePointer<Scalar>, channels: Int, _ tile: Tile,
    into matrix: UnsafeMutablePointer<Scalar>
  ) {
    let lines = tile.starts.count / tile.rowCount
    let tapCount = tile.runs.count / tile.rowCount
    domain.sources[domain.sources.count - 1].withUnsafeBufferPointer { sources in
      var target = matrix
      for channel in 0..<channels {
        for line in 0..<lines {
          for tap in 0..<tapCount {
            for row in 0..<tile.rowCount {
              let start = tile.starts[line * tile.rowCount + row]
              copy(
                tile.runs[tap * tile.rowCount + row],
                of: start < 0 ? nil : images + channel * imageCount + start, sources, into: target)
            }
            target += tile.pixels.count
          }
        }
      }
    }
  }

  /// Copies the samples of a run; `image` is the row that they lie in, `nil` in the constant.
  @inline(__always)
  private func copy<Scalar: ConvolutionScalar>(
    _ run: Run, of image: UnsafePointer<Scalar>?, _ sources: UnsafeBufferPointer<Int>,
    into tile: UnsafeMutablePointer<Scalar>
  ) {
    let fill = Scalar(domain.fill)
    let step = stride[stride.count - 1]
    let target = tile + run.offset
    guard let image else { return target.update(repeating: fill, count: run.columns.count) }
    let first = run.columns.lowerBound
    func copyOutside(_ columns: Range<Int>) {
      for column in columns {
        let source = sources[column * step + run.shift]
        target[column - first] = source < 0 ? fill : image[source]
      }
    }
    copyOutside(first..<run.inside.lowerBound)
    if !run.inside.isEmpty {
      let from = image + sources[run.inside.lowerBound * step + run.shift]
      let into = target + run.inside.lowerBound - first
      if step == 1 {
        into.update(from: from, count: run.inside.count)
      } else {
        for column in 0..<run.inside.count { into[column] = from[column * step] }
      }
    }
    copyOutside(run.inside.upperBound..<run.columns.upperBound)
  }
}
