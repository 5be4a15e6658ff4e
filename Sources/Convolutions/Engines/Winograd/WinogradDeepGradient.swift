import SIMDLoops
import Tensors

/// Winograd's kernel gradient of layers whose kernel is larger than their images: on maps of 14 × 14 with
/// 256 channels its 36 planes of sums take 9 MB, which boxes of images would read and write again and
/// again.
///
/// All transforms of many boxes are made first. Then each of the planes is summed over all of them, for
/// a few filters at a time, while its sums stay in the cache.
struct WinogradDeepGradient {
  /// The number of sums of a group.
  let sumCount: Int
  private let convolution: Convolution
  private let grid: WinogradGrid
  private let blocks: Int
  /// The values of a box's transforms: of its input, and of its gradients.
  private let inputCount: Int
  private let gradientCount: Int
  /// Boxes that are transformed before their products are summed.
  private let together: Int

  /// The most values of all transforms, unless one box has more.
  private static let budget = 6 << 20

  /// `nil` where the sums of a box's products take less memory than the factors.
  init?(_ convolution: Convolution, _ grid: WinogradGrid) {
    let counts = convolution.counts
    blocks = (counts.filtersPerGroup + 15) / 16
    let (rows, filters) = (grid.offsets.count, blocks * 16)
    guard rows * filters > grid.boxes.extents.reduce(1, *) * (rows + filters) else { return nil }
    sumCount = grid.tile.products * rows * filters
    inputCount = grid.tile.products * grid.plane
    gradientCount = blocks * grid.tile.products * grid.mostTilePlane
    together = min(grid.boxes.count, max(1, Self.budget / (inputCount + gradientCount)))
    self.convolution = convolution
    self.grid = grid
  }

  /// Bytes of memory in addition to the result's.
  var scratch: Int {
    let perThread = max(grid.bandCount, grid.gradientBandCount)
    return (sumCount + together * (inputCount + gradientCount) + Threads.count * perThread)
      * MemoryLayout<Float>.stride
  }

  /// - Parameter box: Returns a box of the grid, made or kept.
  func callAsFunction(
    _ box: (Int) -> WinogradBox, _ input: UnsafePointer<Float>,
    _ outputGradient: UnsafePointer<Float>,
    _ kernelGradient: UnsafeMutablePointer<Float>
  ) {
    let (grid, blocks) = (grid, blocks)
    let target = SharedPointer(kernelGradient)
    let blockCount = grid.tile.products * grid.offsets.count * 16
    withScratch(Float.self, count: sumCount + together * (inputCount + gradientCount)) { sums in
      for group in 0..<convolution.groups {
        for first in stride(from: 0, to: grid.boxes.count, by: together) {
          let boxes = (first..<min(first + together, grid.boxes.count)).map(box)
          transform(input, outputGradient, group: group, boxes, into: sums + sumCount)
          multiply(sums + sumCount, boxes, into: sums, accumulates: first > 0)
        }
        let sums = SharedPointer(sums)
        parallelFor(blocks) { block in
          grid.taps(
            from: sums.pointer + block * blockCount, group: group, block: block,
            into: target.pointer)
        }
      }
    }
  }

  /// The transforms of all boxes: first those of the inputs, then `[box][block]` those of the gradients.
  private func transform(
    _ input: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>, group: Int,
    _ boxes: [WinogradBox], into transforms: UnsafeMutablePointer<Float>
  ) {
    let (grid, blocks, together) = (grid, blocks, together)
    let (inputCount, gradientCount) = (inputCount, gradientCount)
    let source = ReadOnlyPointer(input)
    let gradients = ReadOnlyPointer(outputGradient)
    let transforms = SharedPointer(transforms)
    let scratchCount = max(grid.bandCount, grid.gradientBandCount)
    // The longest tasks first.
    parallelFor(boxes.count * (1 + blocks)) { task in
      withScratch(Float.self, count: scratchCount) { scratch in
        if task < boxes.count {
          grid.transform(
            source.pointer, group: group, boxes[task],
            into: transforms.pointer + task * inputCount, scratch: scratch)
        } else {
          let (box, block) = ((task - boxes.count) / blocks, (task - boxes.count) % blocks)
          grid.transformGradient(
            gradients.pointer, group: group, block: block, boxes[box],
            into: transforms.pointer + together * inputCount + box * gradientCount
              + block * grid.tile.products * grid.mostTilePlane,
            scratch: scratch)
        }
      }
    }
  }

  /// sums[block][product][row][16] (+)= Σ over the tiles of all boxes.
  private func multiply(
    _ transforms: UnsafeMutablePointer<Float>, _ boxes: [WinogradBox],
    into sums: UnsafeMutablePointer<Float>, accumulates: Bool
  ) {
    let (grid, blocks, together) = (grid, blocks, together)
    let (inputCount, gradientCount) = (inputCount, gradientCount)
    let (rows, products) = (grid.offsets.count, grid.tile.products)
    let filters = convolution.counts.filtersPerGroup
    let (transforms, sums) = (SharedPointer(transforms), SharedPointer(sums))
    let groups = (blocks + panelsTogether - 1) / panelsTogether
    parallelFor(products * groups) { task in
      let (product, part) = (task / groups, task % groups)
      let range = blocks * part / groups..<blocks * (part + 1) / groups
      for box in boxes.indices {
        let plane = WinogradGrid.tilePlane(boxes[box].tileCount)
        let gradients =
          transforms.pointer + together * inputCount + box * gradientCount
          + range.lowerBound * products * grid.mostTilePlane
        boxes[box].positions.withUnsafeBufferPointer { tiles in
          grid.offsets.withUnsafeBufferPointer { offsets in
            var work = LayerProducts(
              source: transforms.pointer + box * inputCount + product * grid.plane,
              positions: offsets.baseAddress, rows: rows, offsets: tiles.baseAddress,
              count: tiles.count, slab: gradients + product * plane,
              slab_step: products * grid.mostTilePlane, panels: range.count,
              tile: sums.pointer + (range.lowerBound * products + product) * rows * 16,
              tile_step: products * rows * 16, pitch: 16, accumulates: accumulates || box > 0,
              halves_last: halvesLast(range, of: filters),
              following: nil)
            layer_gathered_products(&work)
          }
        }
      }
    }
  }
}
