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
  }

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
    pass = Pass(work: work, tiling: tiling, tile: FourierTile(tiling.extents))
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
        transformKernel(source.pointer + index * counts.taps, pass.tile, into: block)
        (spectra.pointer + index * length).update(from: block, count: length)
      }
    }
  }

  private func transformKernel(
    _ kernel: UnsafePointer<Float>, _ tile: FourierTile, into block: UnsafeMutablePointer<Float>
  ) {
    tile.clear(block)
    let taps = Array(convolution.kernel.dimensions.dropFirst(2))
    let scale = 1 / Float(tile.points)
    let last = taps.count - 1
    let steps = tapSteps(tile)
    forEachRow(taps, first: Shape(taps).strides, second: steps) { from, to in
      for column in 0..<taps[last] {
        block[2 * (to + column * steps[last])] = kernel[from + column] * scale
      }
    }
    tile.transform(block)
    for number in 0..<tile.count { block[2 * number + 1] = -block[2 * number + 1] }
  }

  /// The distance between taps in a tile, in complex values.
  func tapSteps(_ tile: FourierTile) -> [Int] {
    zip(convolution.dilation, tile.strides).map { $0 * $1 }
  }

  // MARK: Maps

  func forward(
    _ input: UnsafePointer<Float>, _ kernel: PackedKernel<Float>,
    _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue<Float>
  ) {
    let target = SharedPointer(output)
    let source = ReadOnlyPointer(input)
    let pass = pass
    let counts = convolution.counts
    let outputs = Array(convolution.output.dimensions.dropFirst(2))
    let strides = Shape(outputs).strides
    let outputCount = outputs.reduce(1, *)
    let perBatch = epilogue.combinesPairs ? counts.filters / 2 : counts.filters
    let steps = zip(convolution.stride, pass.tile.strides).map { $0 * $1 }
    forEachBlock(
      pass, kernel, combinesPairs: epilogue.combinesPairs,
      load: { group, channel, entry, block in
        loadInput(
          source.pointer, channel: group * counts.channelsPerGroup + channel, entry, pass, block)
      },
      store: { group, member, entry, block in
        let filter = group * (perBatch / convolution.groups) + member
        let ranges = pass.tiling.range(ofTile: entry.tile)
        let start = zip(ranges, strides).reduce(0) { $0 + $1.0.lowerBound * $1.1 }
        let channel = target.pointer + (entry.batch * perBatch + filter) * outputCount + start
        let columns = ranges[ranges.count - 1].count
        let step = steps[steps.count - 1]
        forEachRow(ranges.map(\.count), first: steps, second: strides) { from, to in
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

  /// One tile of one batch entry.
  struct Entry: Sendable {
    let batch: Int
    let tile: Int
  }

  /// The two tiles of a block; the last block may have one.
  static func entries(ofBlock block: Int, _ pass: Pass) -> [Entry] {
    let count = pass.tiling.count
    return (2 * block..<min(2 * block + 2, pass.work.batch * count)).map {
      Entry(batch: $0 / count, tile: $0 % count)
    }
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
    _ pass: Pass, _ kernel: PackedKernel<Float>, combinesPairs: Bool, load: Load, store: Store
  ) {
    let (tile, work) = (pass.tile, pass.work)
    let spectra = ReadOnlyPointer(kernel.values)
    let length = 2 * tile.count
    let blocks = work.blocks(tiles: pass.tiling.count)
    let perTarget = combinesPairs ? 2 : 1
    parallelFor(work.groups * blocks) { piece in
      let (group, block) = (piece / blocks, piece % blocks)
      let entries = Self.entries(ofBlock: block, pass)
      withScratch(Float.self, count: pass.scratchCount(sources: work.sources)) { scratch in
        let (sums, parts) = (scratch, scratch + 2 * length)
        let sources = scratch + 3 * length
        for source in 0..<work.sources {
          packed(entries, tile, parts, into: sources + source * length) { entry, part in
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
          for (part, entry) in entries.enumerated() {
            store(group, target, entry, parts + part * tile.count)
          }
        }
      }
    }
  }

  /// Two real tiles as one complex block: the second is zero where there is none.
  func packed(
    _ entries: [Entry], _ tile: FourierTile, _ parts: UnsafeMutablePointer<Float>,
    into block: UnsafeMutablePointer<Float>,
    _ load: (_ entry: Entry, _ part: UnsafeMutablePointer<Float>) -> Void
  ) {
    parts.update(repeating: 0, count: 2 * tile.count)
    for (part, entry) in entries.enumerated() { load(entry, parts + part * tile.count) }
    simd_interleave(parts, parts + tile.count, block, tile.count)
  }

  /// Copies the samples under a tile of outputs; what lies past the extended image stays zero.
  func loadInput(
    _ input: UnsafePointer<Float>, channel: Int, _ entry: Entry, _ pass: Pass,
    _ part: UnsafeMutablePointer<Float>
  ) {
    let ranges = pass.tiling.range(ofTile: entry.tile)
    let box = ranges.indices.map { axis in
      let start = ranges[axis].lowerBound * convolution.stride[axis]
      return start..<min(start + pass.tile.extents[axis], domain.extended[axis])
    }
    let image = (entry.batch * convolution.input[1] + channel) * domain.extents.reduce(1, *)
    domain.copy(
      input + image, box, into: part,
      blockExtents: pass.tile.extents.dropLast() + [FourierTile.rowStep(pass.tile.extents)])
  }

  /// Spreads the gradients of one filter out by the stride, in a tile that starts at `start`.
  ///
  /// - Parameter outputs: The only outputs to take; all unless given.
  func loadGradient(
    _ gradient: UnsafePointer<Float>, filter: Int, start: [Int], outputs: [Range<Int>]? = nil,
    _ tile: FourierTile, _ part: UnsafeMutablePointer<Float>
  ) {
    let extents = Array(convolution.output.dimensions.dropFirst(2))
    let strides = Shape(extents).strides
    let steps = zip(convolution.stride, tile.strides).map { $0 * $1 }
    var (from, to) = (filter * extents.reduce(1, *), 0)
    var counts: [Int] = []
    for axis in extents.indices {
      let step = convolution.stride[axis]
      let first = max((start[axis] + step - 1) / step, 0)
      let end = max((start[axis] + tile.extents[axis] + step - 1) / step, 0)
      let taken = (outputs?[axis] ?? 0..<extents[axis]).clamped(to: first..<max(first, end))
      guard !taken.isEmpty else { return }
      from += taken.lowerBound * strides[axis]
      to += (taken.lowerBound * step - start[axis]) * tile.strides[axis]
      counts.append(taken.count)
    }
    let (columns, step) = (counts[counts.count - 1], steps[steps.count - 1])
    forEachRow(counts, first: strides, second: steps) { row, line in
      let (source, target) = (gradient + from + row, part + to + line)
      if step == 1 {
        target.update(from: source, count: columns)
      } else {
        for column in 0..<columns { target[column * step] = source[column] }
      }
    }
  }
}
