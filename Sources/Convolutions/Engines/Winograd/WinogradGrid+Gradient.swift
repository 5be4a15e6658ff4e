import SIMDLoops
import Tensors

/// What kernel gradients need besides the transforms of inputs.
extension WinogradGrid {
  /// Numbers that `transformGradient` needs as scratch.
  var gradientBandCount: Int {
    boxes.extents[boxes.extents.count - 1] * tile.outputs * tile.outputs * 16
  }

  /// Numbers between the entries of the largest box's transformed gradients.
  var mostTilePlane: Int { Self.tilePlane(boxes.extents.reduce(1, *)) }

  /// The transformed output gradients of 16 filters in a box, `[product][tile][filter in block]`.
  func transformGradient(
    _ gradients: UnsafePointer<Float>, group: Int, block: Int, _ ranges: [Range<Int>],
    into target: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let counts = convolution.counts
    let filter = group * counts.filtersPerGroup + block * 16
    let filters = min(16, counts.filtersPerGroup - block * 16)
    let outputCount = convolution.output.dimensions.dropFirst(2).reduce(1, *)
    let width = convolution.output[convolution.output.rank - 1]
    let tiles = ranges.reduce(1) { $0 * $1.count }
    let tileColumns = ranges[ranges.count - 1].count
    let side = tile.outputs
    let row = tileColumns * side * 16
    forEachTileRow(ranges) { batch, place, first, lines, columns in
      if lines < side || columns < side * tileColumns {
        scratch.update(repeating: 0, count: side * row)
      }
      let lineStart = gradients + (batch * counts.filters + filter) * outputCount + first
      for line in 0..<lines {
        layer_pack_transposed(
          lineStart + line * width, outputCount, filters, columns, scratch + line * row,
          block * 16 + 32 <= counts.filtersPerGroup ? 16 * outputCount : 0)
      }
      winograd_evaluate(
        scratch, row, side * 16, tileColumns, Int32(tile.side), Int32(side), filters <= 8,
        target + place * 16,
        Self.tilePlane(tiles))
    }
  }

  /// The taps of 16 filters, transformed back.
  ///
  /// - Parameters:
  ///   - sums: `[product][channel and outer tap][filter in block]`.
  ///   - target: The kernel's gradient, all of it.
  func taps(
    from sums: UnsafePointer<Float>, group: Int, block: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    let counts = convolution.counts
    let rows = offsets.count
    let (side, area) = (tile.taps, tile.taps * tile.taps)
    withScratch(Float.self, count: rows * area * 16) { panel in
      winograd_interpolate(
        sums, rows * 16, rows, Int32(tile.side), Int32(side), false, panel, side * 16, area * 16)
      layer_store_transposed(
        panel, rows * area, min(16, counts.filtersPerGroup - block * 16),
        target + (group * counts.filtersPerGroup + block * 16) * rows * area, rows * area, nil,
        LAYER_IDENTITY, 1)
    }
  }
}
