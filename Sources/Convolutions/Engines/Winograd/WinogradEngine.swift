import SIMDLoops
import Tensors

/// Winograd's minimal filtering: F(4 × 4, 3 × 3) with 36 products for 16 outputs of 9 taps each, and
/// F(4 × 4, 5 × 5) with 64 or F(2 × 2, 5 × 5) with 36 for 16 or 4 outputs of 25 taps.
///
/// For kernels of 3 × 3 or 5 × 5 taps at stride 1 in the last two axes; the taps of further axes are
/// summed like channels. The largest error, relative to the largest output, is about 2·10⁻⁶ for 64
/// channels and 4·10⁻⁶ for 512, twice that of plain sums; three times as much with 64 products. Those of kernel
/// gradients grow with the number of outputs instead. Lavin and Gray: "Fast Algorithms for Convolutional
/// Neural Networks", CVPR 2016.
struct WinogradEngine: ConvolutionEngine, KernelGradientEngine {
  static var algorithm: Algorithm { .winograd }

  let convolution: Convolution
  let grid: WinogradGrid
  /// All boxes, if there are few.
  private let boxes: [WinogradBox]

  init(_ convolution: Convolution, kernel: KernelFacts<Float>?) {
    self.convolution = convolution
    let grid = WinogradGrid(convolution)
    self.grid = grid
    boxes = grid.boxes.isFew ? (0..<grid.boxes.count).map { WinogradBox($0, grid) } : []
  }

  func box(_ index: Int) -> WinogradBox { boxes.isEmpty ? WinogradBox(index, grid) : boxes[index] }

  static func assess(_ convolution: Convolution, kernel: KernelFacts<Float>?) -> Assessment {
    let rank = convolution.spatialRank
    guard rank >= 2, [[3, 3], [5, 5]].contains(Array(convolution.kernel.dimensions.suffix(2)))
    else {
      return .declined("the kernel has neither 3 × 3 nor 5 × 5 taps in the last two axes")
    }
    guard convolution.stride.suffix(2) == [1, 1], convolution.dilation.suffix(2) == [1, 1] else {
      return .declined("stride or dilation above 1 in the last two axes")
    }
    guard WinogradGrid(convolution).plane < Int(Int32.max) else {
      return .declined("one row of all channels exceeds the offsets' range")
    }
    let (seconds, scratch) = cost(convolution)
    return .estimate(seconds: seconds, scratch: scratch)
  }

  static func assessKernelGradient(of convolution: Convolution) -> Assessment {
    guard case .estimate(var seconds, var scratch) = assess(convolution, kernel: nil) else {
      return assess(convolution, kernel: nil)
    }
    let grid = WinogradGrid(convolution)
    let table = CostTable.current
    if let deep = WinogradDeepGradient(convolution, grid) {
      seconds += Double(2 * deep.sumCount) * table.copiedSample
      return .estimate(seconds: seconds, scratch: deep.scratch)
    }
    let parts = parts(convolution, grid)
    scratch += parts.count * parts.partCount * MemoryLayout<Float>.stride
    seconds +=
      Double((parts.count + 1) * parts.partCount) * table.copiedSample
      + grid.inputWork * Double((parts.filterParts - 1) * convolution.groups)
      * table.winogradInput
    return .estimate(seconds: seconds, scratch: scratch)
  }

  private static func cost(_ convolution: Convolution) -> (seconds: Double, scratch: Int) {
    let grid = WinogradGrid(convolution)
    let counts = convolution.counts
    let filters = summedFilters(counts.filtersPerGroup)
    let outputs = convolution.output.dimensions
    let tiles =
      outputs.dropFirst(2).dropLast(2).reduce(counts.batch, *)
      * outputs.suffix(2).reduce(1) { $0 * (($1 + grid.tile.outputs - 1) / grid.tile.outputs) }
    let tileArea = grid.tile.outputs * grid.tile.outputs
    let table = CostTable.current
    let products = tiles * grid.tile.products * filters * grid.offsets.count
    let seconds =
      Double(products) * table.blockedMultiplyAdd + grid.inputWork * table.winogradInput
      + Double(tiles * (grid.tile.products + tileArea) * filters) * table.winogradOutput
    let boxTiles = grid.boxes.extents.reduce(1, *)
    // The inputs of a few boxes are transformed for all threads.
    let pieces = grid.boxes.count * convolution.groups
    let transformed = pieces < 2 * Threads.count ? pieces : Threads.count
    let scratch =
      transformed * grid.tile.products * grid.boxes.bandCount * grid.paddedChannels
      + Threads.count
      * (grid.tile.products * boxTiles * KernelPanels(convolution).blocks * 16 + grid.bandCount)
    let weights = Double(packedCount(convolution)) * CostTable.fetchedWeight
    return (
      seconds * Double(convolution.groups) + weights, scratch * MemoryLayout<Float>.stride
    )
  }

  static func parts(
    _ convolution: Convolution, _ grid: WinogradGrid, threads: Int? = nil
  ) -> KernelGradientParts {
    KernelGradientParts(
      convolution, pieces: grid.boxes.count,
      planes: grid.tile.products * grid.offsets.count / convolution.kernel[1], tasks: 8,
      threads: threads)
  }

  func fuses(_ epilogue: Epilogue<Float>) -> Bool { !epilogue.combinesPairs }

  var packedCount: Int { Self.packedCount(convolution) }

  private static func packedCount(_ convolution: Convolution) -> Int {
    let tile = WinogradTile(convolution)
    return KernelPanels(convolution).count / (tile.taps * tile.taps) * tile.products
  }

  /// The transformed kernel as `[group][16 filters][product][channel][outer tap][filter in block]`.
  func pack(_ kernel: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>) {
    let panels = KernelPanels(convolution)
    let tile = WinogradTile(convolution)
    let area = tile.taps * tile.taps
    let rows = panels.depth / area
    let target = SharedPointer(packed)
    withScratch(Float.self, count: panels.count) { packed in
      panels.pack(kernel, into: packed)
      let source = SharedPointer(packed)
      parallelFor(convolution.groups * panels.blocks) { block in
        winograd_evaluate(
          source.pointer + block * rows * area * 16, tile.taps * 16, area * 16, rows,
          Int32(tile.side), Int32(tile.taps), false,
          target.pointer + block * tile.products * rows * 16, rows * 16)
      }
    }
  }

  func forward(
    _ input: UnsafePointer<Float>, _ kernel: PackedKernel<Float>,
    _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue<Float>
  ) {
    let (grid, groups) = (grid, convolution.groups)
    let products = WinogradProducts(
      grid: grid, kernel: kernel, isFar: KernelPanels.areFar(packedCount), epilogue: epilogue,
      output: SharedPointer(output))
    let blocks = products.blocks
    let pieces = grid.boxes.count * groups
    // Every output is summed in the same order on any thread, so this may depend on the threads.
    let parts = min(blocks, (2 * Threads.count + pieces - 1) / pieces)
    let source = ReadOnlyPointer(input)
    let inputCount = grid.tile.products * grid.plane
    if parts == 1 {
      return parallelFor(pieces) { piece in
        let (box, group) = (box(piece / groups), piece % groups)
        // One piece of memory: two would be lent to other threads, whose caches hold them, more often.
        let counts = products.scratchCounts(box, blocks: blocks)
        withScratch(Float.self, count: inputCount + counts.sums + max(grid.bandCount, counts.row)) {
          inputs in
          let sums = inputs + inputCount
          let scratch = sums + counts.sums
          grid.transform(source.pointer, group: group, box, into: inputs, scratch: scratch)
          products.multiply(inputs, box, group: group, 0..<blocks, sums: sums, scratch: scratch)
        }
      }
    }
    // Few boxes: the filters of each are distributed, and its inputs transformed once for all of them.
    let channels = grid.channelBlocks.count
    let channelParts = min(channels, parts)
    withScratch(Float.self, count: pieces * inputCount) { inputs in
      let inputs = SharedPointer(inputs)
      parallelFor(pieces * channelParts) { index in
        let (piece, part) = (index / channelParts, index % channelParts)
        withScratch(Float.self, count: grid.bandCount) { scratch in
          grid.transform(
            source.pointer, group: piece % groups, box(piece / groups),
            channelBlocks: channels * part / channelParts..<channels * (part + 1) / channelParts,
            into: inputs.pointer + piece * inputCount, scratch: scratch)
        }
      }
      parallelFor(pieces * parts) { index in
        let (piece, part) = (index / parts, index % parts)
        let range = blocks * part / parts..<blocks * (part + 1) / parts
        let box = box(piece / groups)
        let counts = products.scratchCounts(box, blocks: range.count)
        withScratch(Float.self, count: counts.sums + counts.row) { sums in
          products.multiply(
            inputs.pointer + piece * inputCount, box, group: piece % groups, range, sums: sums,
            scratch: sums + counts.sums)
        }
      }
    }
  }
}
