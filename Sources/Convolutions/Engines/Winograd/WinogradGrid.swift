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
  /// Where the transforms under each channel and outer tap are, relative to those of a tile.
  let offsets: [Int32]
  let tile: WinogradTile
  /// Samples of 16 channels under the tiles of one box and one position of the outer axes.
  let bandExtents: [Int]
  let convolution: Convolution
  let domain: ExtendedDomain

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
    // Enough tiles for every transformed kernel to be used often once it has been read.
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

  /// The distance between the entries of the transformed input.
  var plane: Int { spread(boxes.bandCount * paddedChannels) }

  /// The distance between the entries of this many tiles of 16 filters.
  static func tilePlane(_ tiles: Int) -> Int { (tiles | 1) * 16 }

  /// Samples of 16 channels: what `transform` needs as scratch memory.
  var bandCount: Int { bandExtents.reduce(16, *) }

  /// Blocks of 16 channels of a group.
  var channelBlocks: Range<Int> { 0..<paddedChannels / 16 }

  /// The transformed inputs under one box, `[product][tile of the input][channel]`: of all channels of a group, or
  /// of some blocks of 16.
  func transform(
    _ input: UnsafePointer<Float>, group: Int, _ box: WinogradBox,
    channelBlocks: Range<Int>? = nil, into target: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let counts = convolution.counts
    let pixels = scratch
    let row = bandExtents[bandExtents.count - 1] * 16
    // Tiles may extend beyond the extended image: what they find there must be finite.
    pixels.update(repeating: 0, count: bandCount)
    for window in box.windows {
      let images = input + window.image + group * counts.channelsPerGroup * counts.samples
      for block in channelBlocks ?? self.channelBlocks {
        let block = block * 16
        let channels = min(16, counts.channelsPerGroup - block)
        window.copy.interleave(
          channels: channels, images + block * counts.samples, counts.samples, into: pixels,
          following: block + 32 <= counts.channelsPerGroup ? 16 * counts.samples : 0)
        for tileRow in 0..<box.windowRows {
          let place = window.place + tileRow * box.windowStep
          winograd_input(
            pixels + tileRow * tile.outputs * row, row, box.tileColumns, Int32(tile.side),
            Int32(tile.outputs), channels <= 8, target + place * paddedChannels + block, plane,
            paddedChannels)
        }
      }
    }
  }
}
