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

  /// Whether tables of all boxes are worth keeping: those of large images are made on demand, once for
  /// many samples.
  var isFew: Bool { count <= 32 }
  /// The samples of one channel of the input that the largest box reads.
  var bandCount: Int { bandExtents.reduce(1, *) }

  /// Boxes of a convolution's output channels.
  ///
  /// - Parameters:
  ///   - channels: How many channels are held at the same time.
  ///   - budget: The largest number of samples to hold.
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
  ///   - weights: What splitting an axis repeats; the axis longest relative to its weight is split.
  ///   - perSample: How many values are held per input sample.
  ///   - budget: The largest number of values to hold.
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
      // Pieces of rows are whole vectors.
      if axis == last { extents[axis] = (extents[axis] + 15) / 16 * 16 }
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

  /// Where the rows of outputs of a box start, and where the samples under them start in the band.
  ///
  /// - Parameter pitch: The distance between rows of the band; their length unless given.
  func rows(_ ranges: [Range<Int>], pitch: Int? = nil) -> (outputs: [Int], bands: [Int]) {
    let last = ranges.count - 1
    let bandStrides = Shape(Array(bandExtents.dropLast()) + [pitch ?? bandExtents[last]]).strides
    let outputStrides = Shape(outputs).strides
    var rows: (outputs: [Int], bands: [Int]) = ([], [])
    Shape(ranges.dropLast().map(\.count)).forEachIndex { index in
      var (output, band) = (ranges[last].lowerBound, 0)
      for axis in index.indices {
        output += (ranges[axis].lowerBound + index[axis]) * outputStrides[axis]
        band += index[axis] * stride[axis] * bandStrides[axis]
      }
      rows.outputs.append(output)
      rows.bands.append(band)
    }
    return rows
  }

  /// Where the samples under each output of a box lie in its band, and which outputs are neighbours
  /// in memory.
  func pixels(_ ranges: [Range<Int>]) -> BoxPixels {
    let columns = ranges[ranges.count - 1].count
    let step = stride[stride.count - 1]
    var positions: [Int32] = []
    positions.reserveCapacity(ranges.reduce(1) { $0 * $1.count })
    var runs: [BoxPixels.Run] = []
    let rows = rows(ranges)
    for (output, band) in zip(rows.outputs, rows.bands) {
      if let last = runs.last, last.output + last.count == output {
        runs[runs.count - 1].count += columns
      } else {
        runs.append(BoxPixels.Run(pixel: positions.count, output: output, count: columns))
      }
      for column in 0..<columns {
        positions.append(Int32(truncatingIfNeeded: band + column * step))
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
