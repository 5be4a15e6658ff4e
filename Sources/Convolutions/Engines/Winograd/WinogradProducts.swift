import SIMDLoops
import Tensors

/// The second half of the forward map: products of the transformed inputs of a box with the transformed
/// kernel, and the transform back to outputs.
struct WinogradProducts: Sendable {
  let grid: WinogradGrid
  let kernel: PackedKernel<Float>
  /// Whether the kernel comes from memory.
  let isFar: Bool
  let epilogue: Epilogue<Float>
  let output: SharedPointer<Float>

  /// Blocks of 16 filters of a group.
  var blocks: Int { (grid.convolution.counts.filtersPerGroup + 15) / 16 }

  /// The values that ``multiply(_:_:group:_:sums:scratch:)`` needs for this many blocks of filters: their
  /// sums, and a row of tiles.
  func scratchCounts(_ box: WinogradBox, blocks: Int) -> (sums: Int, row: Int) {
    let side = grid.tile.outputs
    return (
      blocks * grid.tile.products * WinogradGrid.tilePlane(box.tileCount),
      box.tileColumns * side * side * 16
    )
  }

  /// The outputs of some blocks of filters in a box whose inputs are transformed.
  func multiply(
    _ inputs: UnsafePointer<Float>, _ box: WinogradBox, group: Int, _ range: Range<Int>,
    sums: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let counts = grid.convolution.counts
    let (products, rows, blocks) = (grid.tile.products, grid.offsets.count, blocks)
    let plane = WinogradGrid.tilePlane(box.tileCount)
    func panel(_ block: Int, _ product: Int) -> UnsafePointer<Float> {
      kernel.values + ((group * blocks + block) * products + product) * rows * 16
    }
    box.positions.withUnsafeBufferPointer { positions in
      grid.offsets.withUnsafeBufferPointer { offsets in
        for product in 0..<products {
          forEachGroup(of: range) { filterBlocks in
            let first = filterBlocks.lowerBound
            gatheredProducts(
              inputs + product * grid.plane, positions[...], offsets[...], panel(first, product),
              step: products * rows * 16, panels: filterBlocks.count,
              halvesLast: halvesLast(filterBlocks, of: counts.filtersPerGroup), areFar: isFar,
              following: filterBlocks.upperBound < range.upperBound
                ? panel(filterBlocks.upperBound, product) : panel(range.lowerBound, product + 1),
              into: sums + ((first - range.lowerBound) * products + product) * plane,
              step: products * plane)
          }
        }
      }
    }
    for block in range {
      transformBack(
        sums + (block - range.lowerBound) * products * plane, box, group: group, block: block,
        scratch: scratch)
    }
  }

  /// The outputs of 16 filters from their sums.
  private func transformBack(
    _ sums: UnsafePointer<Float>, _ box: WinogradBox, group: Int, block: Int,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let counts = grid.convolution.counts
    let width = grid.convolution.output[grid.convolution.output.rank - 1]
    let side = grid.tile.outputs
    let row = box.tileColumns * side * 16
    let filter = group * counts.filtersPerGroup + block * 16
    let isHalf = halvesLast(block..<block + 1, of: counts.filtersPerGroup)
    for tiles in box.rows {
      let outputs =
        output.pointer + (tiles.batch * counts.filters + filter) * counts.outputs + tiles.output
      winograd_interpolate(
        sums + tiles.place * 16, WinogradGrid.tilePlane(box.tileCount), box.tileColumns,
        Int32(grid.tile.side), Int32(side), isHalf, scratch, row, side * 16)
      for line in 0..<tiles.rows {
        store(
          scratch + line * row, count: tiles.columns,
          filters: min(16, counts.filtersPerGroup - block * 16), into: outputs + line * width,
          plane: counts.outputs, epilogue, firstFilter: filter)
      }
    }
  }
}
