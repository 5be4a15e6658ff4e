import SIMDLoops
import Tensors

/// What kernel gradients need in addition to the transforms of inputs.
extension WinogradGrid {
  /// The values that `transformGradient` needs as scratch memory.
  var gradientBandCount: Int {
    boxes.extents[boxes.extents.count - 1] * tile.outputs * tile.outputs * 16
  }

  /// The distance between the entries of the largest box's transformed gradients.
  var mostTilePlane: Int { Self.tilePlane(boxes.extents.reduce(1, *)) }

  /// The transformed output gradients of 16 filters in a box, `[product][tile][filter in block]`.
  func transformGradient(
    _ gradients: UnsafePointer<Float>, group: Int, block: Int, _ box: WinogradBox,
    into target: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let counts = convolution.counts
    let filter = group * counts.filtersPerGroup + block * 16
    let filters = min(16, counts.filtersPerGroup - block * 16)
    let width = convolution.output[convolution.output.rank - 1]
    let side = tile.outputs
    let row = box.tileColumns * side * 16
    for tiles in box.rows {
      if tiles.rows < side || tiles.columns < side * box.tileColumns {
        scratch.update(repeating: 0, count: side * row)
      }
      let lineStart =
        gradients + (tiles.batch * counts.filters + filter) * counts.outputs + tiles.output
      for line in 0..<tiles.rows {
        layer_pack_transposed(
          lineStart + line * width, counts.outputs, filters, tiles.columns, scratch + line * row,
          block * 16 + 32 <= counts.filtersPerGroup ? 16 * counts.outputs : 0)
      }
      winograd_evaluate(
        scratch, row, side * 16, box.tileColumns, Int32(tile.side), Int32(side), filters <= 8,
        target + tiles.place * 16, Self.tilePlane(box.tileCount))
    }
  }

  /// The taps of 16 filters, transformed back.
  ///
  /// - Parameters:
  ///   - sums: `[product][channel and outer tap][filter in block]`.
  ///   - target: The whole kernel gradient.
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
