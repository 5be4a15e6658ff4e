import SIMDLoops
import Tensors

/// The kernel's gradient by minimal filtering: the transforms of input tiles serve it as well.
extension WinogradEngine {
  /// F(3 × 3, 4 × 4), F(5 × 5, 2 × 2) or F(5 × 5, 4 × 4) at the same points: the transforms of input tiles
  /// serve both.
  func kernelGradient(
    _ input: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
    _ kernelGradient: UnsafeMutablePointer<Float>
  ) {
    let grid = grid
    let (groups, filters) = (convolution.groups, convolution.counts.filtersPerGroup)
    let rows = grid.offsets.count
    let products = grid.tile.products
    if let deep = WinogradDeepGradient(convolution, grid) {
      return deep(box, input, outputGradient, kernelGradient)
    }
    let parts = Self.parts(convolution, grid, threads: Threads.count)
    let source = ReadOnlyPointer(input)
    let gradients = ReadOnlyPointer(outputGradient)
    withScratch(Float.self, count: parts.count * parts.partCount) { sums in
      let sums = SharedPointer(sums)
      parallelFor(parts.count * groups * parts.filterParts) { index in
        let (part, rest) = (
          index / (groups * parts.filterParts), index % (groups * parts.filterParts)
        )
        let (group, range) = (rest / parts.filterParts, parts.blocks(rest % parts.filterParts))
        let blockSums =
          sums.pointer + part * parts.partCount
          + (group * parts.blockCount + range.lowerBound) * products * rows * 16
        blockSums.update(repeating: 0, count: range.count * products * rows * 16)
        let inputCount = products * grid.plane
        let scratchCount = max(grid.bandCount, grid.gradientBandCount)
        let transformedCount = min(range.count, panelsTogether) * products * grid.mostTilePlane
        withScratch(Float.self, count: inputCount + transformedCount + scratchCount) { inputs in
          let transformed = inputs + inputCount
          let scratch = transformed + transformedCount
          for piece in parts.pieces(part) {
            let box = box(piece)
            grid.transform(source.pointer, group: group, box, into: inputs, scratch: scratch)
            forEachGroup(of: range) { filterBlocks in
              let first = filterBlocks.lowerBound
              let plane = WinogradGrid.tilePlane(box.tileCount)
              for block in filterBlocks {
                grid.transformGradient(
                  gradients.pointer, group: group, block: block, box,
                  into: transformed + (block - first) * products * plane, scratch: scratch)
              }
              box.positions.withUnsafeBufferPointer { positions in
                grid.offsets.withUnsafeBufferPointer { offsets in
                  for product in 0..<products {
                    var work = LayerProducts(
                      source: inputs + product * grid.plane, positions: offsets.baseAddress,
                      rows: rows, offsets: positions.baseAddress, count: box.tileCount,
                      slab: transformed + product * plane, slab_step: products * plane,
                      panels: filterBlocks.count,
                      tile: blockSums + ((first - range.lowerBound) * products + product) * rows
                        * 16,
                      tile_step: products * rows * 16, pitch: 16, accumulates: true,
                      halves_last: halvesLast(filterBlocks, of: filters), following: nil)
                    layer_gathered_products(&work)
                  }
                }
              }
            }
          }
        }
      }
      collect(sums.pointer, parts, into: kernelGradient)
    }
  }

  /// Adds the parts of all sums and transforms them back to taps.
  private func collect(
    _ sums: UnsafeMutablePointer<Float>, _ parts: KernelGradientParts,
    into target: UnsafeMutablePointer<Float>
  ) {
    let grid = grid
    let blockCount = grid.tile.products * grid.offsets.count * 16
    let (sums, target) = (SharedPointer(sums), SharedPointer(target))
    parallelFor(convolution.groups * parts.blockCount) { index in
      let (group, block) = (index / parts.blockCount, index % parts.blockCount)
      parts.add(sums.pointer, index * blockCount..<(index + 1) * blockCount)
      grid.taps(
        from: sums.pointer + index * blockCount, group: group, block: block, into: target.pointer)
    }
  }
}
