import Tensors

/// An output divided into boxes whose inputs, of all channels, fit into the processor's cache.
struct OutputBoxes: Hashable, Sendable {
  /// How many boxes there are along each spatial axis.
  let counts: [Int]
  /// The extents of the largest box.
  let extents: [Int]
  /// The extents of the input that the largest box reads.
  let bandExtents: [Int]
  private let outputs: [Int]
  private let stride: [Int]
  private let reach: [Int]

  /// The number of boxes.
  var count: Int { counts.reduce(1, *) }
  /// The samples of one channel of the input that the largest box reads.
  var bandCount: Int { bandExtents.reduce(1, *) }

  /// Boxes of a convolution's output channels.
  ///
  /// - Parameters:
  ///   - channels: How many channels are held at the same time.
  ///   - budget: How many samples shall be held at most.
  init(_ convolution: Convolution, channels: Int, budget: Int) {
    let rank = convolution.spatialRank
    let reach = (0..<rank).map { (convolution.kernel[2 + $0] - 1) * convolution.dilation[$0] }
    self.init(
      outputs: Array(convolution.output.dimensions.suffix(rank)), stride: convolution.stride,
      reach: reach, weights: reach.map { Double($0 + 1) }, perSample: channels, budget: budget)
  }

  /// - Parameters:
  ///   - outputs: The extents to divide.
  ///   - stride: The step in the input from one output to the next.
  ///   - reach: By how many samples the input of one output extends beyond the first.
  ///   - weights: What splitting an axis repeats; the axis longest beside its weight is split.
  ///   - perSample: How many numbers are held for every sample of the input.
  ///   - budget: How many numbers shall be held at most.
  init(
    outputs: [Int], stride: [Int], reach: [Int], weights: [Double], perSample: Int, budget: Int
  ) {
    let last = outputs.count - 1
    var extents = outputs
    func band(_ extents: [Int]) -> [Int] {
      extents.indices.map { (extents[$0] - 1) * stride[$0] + reach[$0] + 1 }
    }
    while band(extents).reduce(perSample, *) > budget {
      // Rows are split last: loops run along them.
      let axes = extents.indices.filter { extents[$0] > ($0 == last ? 64 : 1) }
      let longest = axes.max { left, right in
        func length(_ axis: Int) -> Double {
          Double(extents[axis] * stride[axis]) / weights[axis] / (axis == last ? 16 : 1)
        }
        return length(left) < length(right)
      }
      guard let axis = longest else { break }
      extents[axis] = (extents[axis] + 1) / 2
    }
    counts = outputs.indices.map { (outputs[$0] + extents[$0] - 1) / extents[$0] }
    self.extents = extents
    bandExtents = band(extents)
    self.outputs = outputs
    self.stride = stride
    self.reach = reach
  }

  /// The output positions of a box, one range per axis.
  func ranges(_ index: Int) -> [Range<Int>] {
    var rest = index
    var ranges: [Range<Int>] = []
    for axis in counts.indices.reversed() {
      let start = rest % counts[axis] * extents[axis]
      rest /= counts[axis]
      ranges.append(start..<min(start + extents[axis], outputs[axis]))
    }
    return ranges.reversed()
  }

  /// The positions in the extended image that a box reads.
  func inputRanges(_ ranges: [Range<Int>]) -> [Range<Int>] {
    ranges.indices.map { axis in
      let start = ranges[axis].lowerBound * stride[axis]
      return start..<start + (ranges[axis].count - 1) * stride[axis] + reach[axis] + 1
    }
  }

  /// Where the samples under each output of a box lie in its band, and which outputs are neighbours
  /// in memory.
  func pixels(_ ranges: [Range<Int>]) -> BoxPixels {
    let rank = ranges.count
    let bandStrides = Shape(bandExtents).strides
    let outputStrides = Shape(outputs).strides
    let columns = ranges[rank - 1]
    var positions: [Int32] = []
    positions.reserveCapacity(ranges.reduce(1) { $0 * $1.count })
    var runs: [BoxPixels.Run] = []
    Shape(ranges.dropLast().map(\.count)).forEachIndex { index in
      var (band, output) = (0, columns.lowerBound)
      for axis in index.indices {
        band += index[axis] * stride[axis] * bandStrides[axis]
        output += (ranges[axis].lowerBound + index[axis]) * outputStrides[axis]
      }
      if let last = runs.last, last.output + last.count == output {
        runs[runs.count - 1].count += columns.count
      } else {
        runs.append(
          BoxPixels.Run(pixel: positions.count, output: output, count: columns.count))
      }
      for column in 0..<columns.count {
        positions.append(Int32(truncatingIfNeeded: band + column * stride[rank - 1]))
      }
    }
    return BoxPixels(positions: positions, runs: runs)
  }
}

/// The outputs of a box, one after the other.
struct BoxPixels: Sendable {
  /// Outputs that are neighbours in the output channel.
  struct Run: Sendable {
    /// The first of them, counted in the box.
    let pixel: Int
    /// Where it lies in the output channel.
    let output: Int
    /// How many there are.
    var count: Int
  }

  /// Where the first sample under each output lies in the band.
  let positions: [Int32]
  let runs: [Run]

  /// Calls `body` for pieces of at most `length` neighbouring outputs.
  func forEachTile(of length: Int, _ body: (_ pixel: Int, _ output: Int, _ count: Int) -> Void) {
    for run in runs {
      let tiles = (run.count + length - 1) / length
      for tile in 0..<tiles {
        let (start, end) = (run.count * tile / tiles, run.count * (tile + 1) / tiles)
        body(run.pixel + start, run.output + start, end - start)
      }
    }
  }
}

/// Copies one box of the extended image for many channels: its tables are made once.
struct BandCopy: Sendable {
  private let rows: [(band: Int, source: Int)]
  private let columnSources: ArraySlice<Int>
  private let inside: Range<Int>
  private let fill: Float

  /// - Parameters:
  ///   - ranges: Positions in the extended image, one range per axis.
  ///   - bandExtents: The extents of the block that the box is copied into the corner of.
  init(_ domain: ExtendedDomain, _ ranges: [Range<Int>], bandExtents: [Int]) {
    let last = ranges.count - 1
    let bandStrides = Shape(bandExtents).strides
    let imageStrides = Shape(domain.extents).strides
    var rows: [(band: Int, source: Int)] = []
    Shape(ranges.dropLast().map(\.count)).forEachIndex { index in
      var (band, source) = (0, 0)
      for axis in 0..<last {
        band += index[axis] * bandStrides[axis]
        let position = domain.sources[axis][ranges[axis].lowerBound + index[axis]]
        source = source < 0 || position < 0 ? -1 : source + position * imageStrides[axis]
      }
      rows.append((band, source))
    }
    self.rows = rows
    columnSources = domain.sources[last][ranges[last]]
    let interior = ranges[last].clamped(to: domain.interior[last])
    let start =
      interior.isEmpty ? ranges[last].count : interior.lowerBound - ranges[last].lowerBound
    inside = start..<start + interior.count
    fill = Float(domain.fill)
  }

  /// Copies one channel.
  func callAsFunction(_ image: UnsafePointer<Float>, into band: UnsafeMutablePointer<Float>) {
    columnSources.withUnsafeBufferPointer { columns in
      for row in rows {
        let target = band + row.band
        guard row.source >= 0 else {
          target.update(repeating: fill, count: columns.count)
          continue
        }
        let source = image + row.source
        for column in 0..<inside.lowerBound {
          target[column] = columns[column] < 0 ? fill : source[columns[column]]
        }
        if !inside.isEmpty {
          (target + inside.lowerBound).update(
            from: source + columns[inside.lowerBound], count: inside.count)
        }
        for column in inside.upperBound..<columns.count {
          target[column] = columns[column] < 0 ? fill : source[columns[column]]
        }
      }
    }
  }
}
