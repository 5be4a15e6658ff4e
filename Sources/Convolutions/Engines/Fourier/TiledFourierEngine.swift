import Foundation
import SIMDLoops
import Tensors

/// Products in the frequency domain, tile by tile (overlap-save), for kernels smaller than the image.
///
/// Tiles stay in cache, each is transformed once for all filters, and two tiles share one complex
/// transform. Extended borders are copied tile by tile; no padded image is ever made.
struct TiledFourierEngine: ConvolutionEngine, KernelGradientEngine {
  static var algorithm: Algorithm { .tiledFourier }

  let convolution: Convolution
  let domain: ExtendedDomain
  let pass: Pass

  /// The tiles of a map and their transform.
  struct Pass: Sendable {
    let work: FourierTiling.Work
    let tiling: FourierTiling
    let tile: FourierTile

    /// The values that one block of two tiles takes, sources and scratch memory together.
    func scratchCount(sources: Int) -> Int { 2 * tile.count * (sources + 3) }

    /// The two tiles of a block, counted through the batch; the last block may have one.
    func entries(ofBlock block: Int) -> Range<Int> {
      2 * block..<min(2 * block + 2, work.batch * tiling.count)
    }

    /// One of them.
    func entry(_ number: Int) -> Entry {
      Entry(batch: number / tiling.count, tile: number % tiling.count)
    }

    /// Two real tiles as one complex block: the second is zero where there is none.
    func packed(
      _ entries: Range<Int>, _ parts: UnsafeMutablePointer<Float>,
      into block: UnsafeMutablePointer<Float>,
      _ load: (_ entry: Entry, _ part: UnsafeMutablePointer<Float>) -> Void
    ) {
      parts.update(repeating: 0, count: 2 * tile.count)
      for (part, number) in entries.enumerated() { load(entry(number), parts + part * tile.count) }
      simd_interleave(parts, parts + tile.count, block, tile.count)
    }
  }

  /// One tile of one batch entry.
  struct Entry: Sendable {
    let batch: Int
    let tile: Int
  }

  /// The distance between neighbours, per axis: of outputs in a channel and in a tile's complex numbers, and
  /// of taps in the kernel and in the tile.
  private let outputStrides: [Int]
  private let outputSteps: [Int]
  private let tapStrides: [Int]
  private let tapSteps: [Int]

  init(_ convolution: Convolution, kernel: KernelFacts<Float>?) {
    self.init(convolution, sumsOverTiles: false)
  }

  init(kernelGradientOf convolution: Convolution) {
    self.init(convolution, sumsOverTiles: true)
  }

  private init(_ convolution: Convolution, sumsOverTiles: Bool) {
    guard let (work, tiling) = Self.tiling(convolution, sumsOverTiles: sumsOverTiles) else {
      preconditionFailure("\(Self.algorithm) declined this convolution")
    }
    self.convolution = convolution
    domain = ExtendedDomain(convolution)
    let tile = FourierTile(tiling.extents)
    pass = Pass(work: work, tiling: tiling, tile: tile)
    outputStrides = Shape(convolution.outputExtents).strides
    outputSteps = zip(convolution.stride, tile.strides).map { $0 * $1 }
    tapStrides = Shape(convolution.tapExtents).strides
    tapSteps = zip(convolution.dilation, tile.strides).map { $0 * $1 }
  }

  static func assess(_ convolution: Convolution, kernel: KernelFacts<Float>?) -> Assessment {
    assess(convolution, sumsOverTiles: false, isKernelKnown: kernel != nil)
  }

  static func assessKernelGradient(of convolution: Convolution) -> Assessment {
    assess(convolution, sumsOverTiles: true, isKernelKnown: true)
  }

  private static func assess(
    _ convolution: Convolution, sumsOverTiles: Bool, isKernelKnown: Bool
  ) -> Assessment {
    guard let (work, tiling) = tiling(convolution, sumsOverTiles: sumsOverTiles),
      let seconds = work.seconds(
        points: tiling.extents.reduce(1, *), tiles: tiling.count)
    else {
      return .declined("the kernels are too large, or too many, for spectra of tiles")
    }
    let counts = convolution.counts
    let block = 2 * tiling.extents.dropLast().reduce(FourierTile.rowStep(tiling.extents), *)
    let pairs = counts.filters * counts.channelsPerGroup
    let points = Double(block / 2)
    let preparing =
      Double(isKernelKnown ? 0 : pairs) * points * CostTable.current.cachedTransformPoint
      * max(log2(points), 12)
    let working =
      sumsOverTiles
      ? gradientBlocks(work, tiling, blockCount: block) * (work.sources + work.targets) * block
      : Threads.count * (work.sources + 3) * block
    return .estimate(
      seconds: seconds + preparing,
      scratch: (pairs * block + working) * MemoryLayout<Float>.stride)
  }

  /// The tiling of a map; `nil` where there is none.
  private static func tiling(
    _ convolution: Convolution, sumsOverTiles: Bool
  ) -> (work: FourierTiling.Work, tiling: FourierTiling)? {
    let counts = convolution.counts
    let work = FourierTiling.Work(
      groups: convolution.groups, batch: counts.batch, sources: counts.channelsPerGroup,
      targets: counts.filtersPerGroup, sumsOverTiles: sumsOverTiles)
    return FourierTiling(
      total: convolution.outputExtents, steps: convolution.stride, reach: convolution.reach,
      work: work
    ).map { (work, $0) }
  }

  func fuses(_ epilogue: Epilogue<Float>) -> Bool {
    guard epilogue.combinesPairs else { return true }
    // Pairs must not straddle groups, and their parts must be as they are.
    return convolution.counts.filtersPerGroup % 2 == 0 && epilogue.bias == nil
      && epilogue.activation == .identity
  }

  // MARK: Kernels

  /// The values of the spectra of all kernels.
  var packedCount: Int {
    convolution.counts.filters * convolution.counts.channelsPerGroup * 2 * pass.tile.count
  }

  /// The spectra of all kernels, `[group, filter, channel]`, divided by the number of points.
  func pack(_ kernel: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>) {
    let (pass, counts) = (pass, convolution.counts)
    let length = 2 * pass.tile.count
    let (spectra, source) = (
      SharedPointer(packed), ReadOnlyPointer(kernel)
    )
    parallelFor(counts.filters * counts.channelsPerGroup) { index in
      // Transforms need memory that starts at a multiple of 64 bytes, which an array need not.
      withScratch(Float.self, count: length) { block in
        transformKernel(source.pointer + index * counts.taps, into: block)
        (spectra.pointer + index * length).update(from: block, count: length)
      }
    }
  }

  private func transformKernel(
    _ kernel: UnsafePointer<Float>, into block: UnsafeMutablePointer<Float>
  ) {
    let tile = pass.tile
    tile.clear(block)
    let scale = 1 / Float(tile.points)
    forEachTapRow { from, to, columns, step in
      for column in 0..<columns { block[2 * (to + column * step)] = kernel[from + column] * scale }
    }
    tile.transform(block)
    for number in 0..<tile.count { block[2 * number + 1] = -block[2 * number + 1] }
  }

  /// Calls `body` with where each row of taps starts in the kernel and in a tile, its taps, and the distance
  /// between these in the tile.
  @inline(__always)
  func forEachTapRow(
    _ body: (_ kernel: Int, _ tile: Int, _ columns: Int, _ step: Int) -> Void
  ) {
    let last = tapSteps.count - 1
    let (columns, step) = (convolution.kernel[2 + last], tapSteps[last])
    forEachRow(
      of: tapSteps.indices, { convolution.kernel[2 + $0] }, first: tapStrides, second: tapSteps
    ) { body($0, $1, columns, step) }
  }

  /// Calls `body` with where each row of a tile's outputs starts in their channel and in the tile, how many
  /// there are, and the distance between them in the tile.
  @inline(__always)
  private func forEachOutputRow(
    ofTile tile: Int,
    _ body: (_ channel: Int, _ tile: Int, _ columns: Int, _ step: Int) -> Void
  ) {
    let last = outputSteps.count - 1
    let start = outputStrides.indices.reduce(0) {
      $0 + pass.tiling.range(ofTile: tile, axis: $1).lowerBound * outputStrides[$1]
    }
    let (columns, step) = (pass.tiling.range(ofTile: tile, axis: last).count, outputSteps[last])
    forEachRow(
      of: outputSteps.indices, { pass.tiling.range(ofTile: tile, axis: $0).count },
      first: outputStrides, second: outputSteps
    ) { body(start + $0, $1, columns, step) }
  }

  // MARK: Maps

  func forward(
    _ input: UnsafePointer<Float>, _ kernel: PackedKernel<Float>,
    _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue<Float>
  ) {
    let target = SharedPointer(output)
    let source = ReadOnlyPointer(input)
    let counts = convolution.counts
    let perBatch = epilogue.combinesPairs ? counts.filters / 2 : counts.filters
    forEachBlock(
      kernel, combinesPairs: epilogue.combinesPairs,
      load: { group, channel, entry, block in
        loadInput(source.pointer, channel: group * counts.channelsPerGroup + channel, entry, block)
      },
      store: { group, member, entry, block in
        let filter = group * (perBatch / convolution.groups) + member
        let channel = target.pointer + (entry.batch * perBatch + filter) * counts.outputs
        forEachOutputRow(ofTile: entry.tile) { to, from, columns, step in
          let row = channel + to
          if step == 1 {
            row.update(from: block + from, count: columns)
          } else {
            for column in 0..<columns { row[column] = block[from + column * step] }
          }
          if !epilogue.combinesPairs { epilogue.apply(to: row, count: columns, filter: filter) }
        }
      })
  }

  typealias Load =
    @Sendable (
      _ group: Int, _ source: Int, _ entry: Entry, _ block: UnsafeMutablePointer<Float>
    ) -> Void
  typealias Store =
    @Sendable (
      _ group: Int, _ target: Int, _ entry: Entry, _ block: UnsafePointer<Float>
    ) -> Void

  /// Transforms every block's sources, multiplies them by the spectra, and passes on the targets.
  func forEachBlock(
    _ kernel: PackedKernel<Float>, combinesPairs: Bool, load: Load, store: Store
  ) {
    let (pass, tile, work) = (pass, pass.tile, pass.work)
    let spectra = ReadOnlyPointer(kernel.values)
    let length = 2 * tile.count
    let blocks = work.blocks(tiles: pass.tiling.count)
    let perTarget = combinesPairs ? 2 : 1
    parallelFor(work.groups * blocks) { piece in
      let (group, block) = (piece / blocks, piece % blocks)
      let entries = pass.entries(ofBlock: block)
      withScratch(Float.self, count: pass.scratchCount(sources: work.sources)) { scratch in
        let (sums, parts) = (scratch, scratch + 2 * length)
        let sources = scratch + 3 * length
        for source in 0..<work.sources {
          pass.packed(entries, parts, into: sources + source * length) { entry, part in
            load(group, source, entry, part)
          }
          tile.transform(sources + source * length)
        }
        for target in 0..<work.targets / perTarget {
          for part in 0..<perTarget {
            let index = (group * work.targets + target * perTarget + part) * work.sources
            let sum = sums + part * length
            for source in 0..<work.sources {
              let multiply = source == 0 ? simd_spectral_multiply : simd_spectral_multiply_add
              multiply(
                sources + source * length, spectra.pointer + (index + source) * length, sum,
                tile.count)
            }
            tile.invert(sum)
          }
          if combinesPairs {
            simd_packed_magnitudes(sums, sums + length, parts, parts + tile.count, tile.count)
          } else {
            simd_deinterleave(sums, parts, parts + tile.count, tile.count)
          }
          for (part, number) in entries.enumerated() {
            store(group, target, pass.entry(number), parts + part * tile.count)
          }
        }
      }
    }
  }

  /// Copies the samples under a tile of outputs; what lies behind the extended image stays zero.
  func loadInput(
    _ input: UnsafePointer<Float>, channel: Int, _ entry: Entry,
    _ part: UnsafeMutablePointer<Float>
  ) {
    let counts = convolution.counts
    domain.copy(
      input + (entry.batch * counts.channels + channel) * counts.samples,
      { axis in
        let start =
          pass.tiling.range(ofTile: entry.tile, axis: axis).lowerBound * convolution.stride[axis]
        return start..<min(start + pass.tile.extents[axis], domain.extended[axis])
      }, into: part, blockExtents: pass.tile.paddedExtents)
  }

  /// Spreads the gradients of one filter's outputs in a tile out by the stride.
  ///
  /// - Parameter filter: Counted through the batch.
  func loadGradient(
    _ gradient: UnsafePointer<Float>, filter: Int, _ entry: Entry,
    _ part: UnsafeMutablePointer<Float>
  ) {
    let channel = gradient + filter * convolution.counts.outputs
    forEachOutputRow(ofTile: entry.tile) { from, to, columns, step in
      let (source, target) = (channel + from, part + to)
      if step == 1 {
        target.update(from: source, count: columns)
      } else {
        for column in 0..<columns { target[column * step] = source[column] }
      }
    }
  }
}
