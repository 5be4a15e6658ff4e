import SIMDLoops
import Tensors

/// The tiles of outputs of a convolution, in boxes whose transforms stay in cache.
///
/// Tiles cover the last two axes. All others (the batch first) are axes of the grid whose taps are
/// summed like channels, so every tile of the input is transformed once in a box.
struct WinogradGrid: Hashable, Sendable {
  /// Boxes of tiles along batch, outer axes, y and x.
  let boxes: OutputBoxes
  /// Channels of a group, rounded up to blocks of 16.
  let paddedChannels: Int
  /// Where the transforms under each channel and outer tap lie, relative to those of a tile.
  let offsets: [Int32]
  let tile: WinogradTile
  /// Samples of 16 channels under the tiles of one box and one position of the outer axes.
  let bandExtents: [Int]
  let convolution: Convolution
  private let domain: ExtendedDomain

  init(_ convolution: Convolution) {
    self.convolution = convolution
    domain = ExtendedDomain(convolution)
    let counts = convolution.counts
    let outer = convolution.spatialRank - 2
    let outputs = Array(convolution.output.dimensions.dropFirst(2))
    let outerTaps = Array(convolution.kernel.dimensions.dropFirst(2).prefix(outer))
    let reach = (0..<outer).map { (outerTaps[$0] - 1) * convolution.dilation[$0] }
    let tile = WinogradTile(convolution)
    self.tile = tile
    let tiles = outputs.suffix(2).map { ($0 + tile.outputs - 1) / tile.outputs }
    let paddedChannels = (counts.channelsPerGroup + 15) / 16 * 16
    let perTile = tile.products * (paddedChannels + (counts.filtersPerGroup + 15) / 16 * 16)
    // Enough tiles for every transformed kernel to be used often once it is read.
    let budget = max(1 << 19, 48 * perTile)
    let boxes = OutputBoxes(
      outputs: [counts.batch] + outputs.prefix(outer) + tiles,
      stride: [1] + convolution.stride.prefix(outer) + [1, 1], reach: [0] + reach + [0, 0],
      weights: [0.01] + reach.map { Double($0 + 1) } + [1.5, 1], perSample: perTile, budget: budget)
    self.boxes = boxes
    bandExtents =
      [Int](repeating: 1, count: outer)
      + boxes.extents.suffix(2).map { tile.outputs * $0 + tile.taps - 1 }
    let gridStrides = Shape(boxes.bandExtents).strides
    var offsets: [Int32] = []
    for channel in 0..<counts.channelsPerGroup {
      Shape(outerTaps).forEachIndex { tap in
        let place = tap.indices.reduce(0) {
          $0 + tap[$1] * convolution.dilation[$1] * gridStrides[1 + $1]
        }
        offsets.append(Int32(truncatingIfNeeded: place * paddedChannels + channel))
      }
    }
    self.paddedChannels = paddedChannels
    self.offsets = offsets
  }

  /// What the input's transforms of one group cost, in entries of tiles of 6 × 6 samples.
  var inputWork: Double {
    Double(boxes.count * boxes.bandCount * summedFilters(convolution.kernel[1])) * tile.inputWork
  }

  /// Numbers between the entries of the transformed input.
  var plane: Int { spread(boxes.bandCount * paddedChannels) }

  /// Numbers between the entries of so many tiles of 16 filters.
  static func tilePlane(_ tiles: Int) -> Int { (tiles | 1) * 16 }

  /// Samples of 16 channels: what `transform` needs as scratch.
  var bandCount: Int { bandExtents.reduce(16, *) }

  /// Blocks of 16 channels of a group.
  var channelBlocks: Range<Int> { 0..<paddedChannels / 16 }

  /// The transformed inputs under one box, `[product][tile of the input][channel]`: of all channels of a group, or
  /// of some blocks of 16.
  func transform(
    _ input: UnsafePointer<Float>, group: Int, _ ranges: [Range<Int>],
    channelBlocks: Range<Int>? = nil, into target: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let counts = convolution.counts
    let imageCount = domain.extents.reduce(1, *)
    let outer = convolution.spatialRank - 2
    let pixels = scratch
    let row = bandExtents[outer + 1] * 16
    let (tileRows, tileColumns) = (ranges[outer + 1], ranges[outer + 2])
    // Tiles may reach beyond the extended image: what they find there must be finite.
    pixels.update(repeating: 0, count: bandCount)
    let window = zip([tileRows, tileColumns], domain.extended.suffix(2)).map { tiles, extent in
      tile.outputs
        * tiles.lowerBound..<min(
          tile.outputs * tiles.upperBound + tile.taps - 1, extent)
    }
    let inputs = boxes.inputRanges(ranges)
    let gridStrides = Shape(boxes.bandExtents).strides
    Shape(inputs.prefix(outer + 1).map(\.count)).forEachIndex { index in
      let positions = index.indices.map { inputs[$0].lowerBound + index[$0] }
      let first = index.indices.reduce(0) { $0 + index[$1] * gridStrides[$1] }
      let copy = BandCopy(
        domain, positions.dropFirst().map { $0..<$0 + 1 } + window, bandExtents: bandExtents)
      let images =
        input
        + (positions[0] * counts.channels + group * counts.channelsPerGroup) * imageCount
      for block in channelBlocks ?? self.channelBlocks {
        let block = block * 16
        let channels = min(16, counts.channelsPerGroup - block)
        copy.interleave(
          channels: channels, images + block * imageCount, imageCount, into: pixels,
          following: block + 32 <= counts.channelsPerGroup ? 16 * imageCount : 0)
        for tileRow in 0..<tileRows.count {
          let place = first + tileRow * gridStrides[outer + 1]
          winograd_input(
            pixels + tileRow * tile.outputs * row, row, tileColumns.count, Int32(tile.side),
            Int32(tile.outputs), channels <= 8, target + place * paddedChannels + block, plane,
            paddedChannels)
        }
      }
    }
  }

  /// Calls `body` for every row of tiles of a box.
  ///
  /// - Parameter body: `place` counts within the box, `output` is where the tiles' first output lies in
  ///   its channel, `rows` and `columns` say how many outputs there are.
  func forEachTileRow(
    _ ranges: [Range<Int>],
    _ body: (_ batch: Int, _ place: Int, _ output: Int, _ rows: Int, _ columns: Int) -> Void
  ) {
    let outputs = convolution.output.dimensions
    let outer = convolution.spatialRank - 2
    let (height, width) = (outputs[outer + 2], outputs[outer + 3])
    let column = tile.outputs * ranges[outer + 2].lowerBound
    let columns = min(tile.outputs * ranges[outer + 2].upperBound, width) - column
    var place = 0
    Shape(ranges.dropLast().map(\.count)).forEachIndex { index in
      var plane = 0
      for axis in 1..<outer + 1 {
        plane = plane * outputs[axis + 1] + ranges[axis].lowerBound + index[axis]
      }
      let row = tile.outputs * (ranges[outer + 1].lowerBound + index[outer + 1])
      body(
        ranges[0].lowerBound + index[0], place, (plane * height + row) * width + column,
        min(tile.outputs, height - row), columns)
      place += ranges[outer + 2].count
    }
  }
}
