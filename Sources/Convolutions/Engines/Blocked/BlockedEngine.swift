import SIMDLoops
import Tensors

/// Sums of products in the spatial domain, for many filters: blocks of outputs × 16 filters are
/// summed in registers.
///
/// Boxes of the input, all channels, are copied into the cache; a table of offsets (one per channel
/// and tap) turns the convolution of any rank, stride and dilation into one loop. With outputs and
/// taps exchanged the same loop computes the kernel's gradient.
struct BlockedEngine: ConvolutionEngine, KernelGradientEngine {
  static var algorithm: Algorithm { .blocked }

  let convolution: Convolution
  private let domain: ExtendedDomain
  private let boxes: OutputBoxes
  /// Samples of one channel of a band.
  private let channelCount: Int
  /// Where the samples under each channel and tap are in a band.
  private let offsets: [Int32]
  /// The tables of each box, if there are few.
  private let tables: [(pixels: BoxPixels, copy: BandCopy)]
  /// Where the channels are for the kernel's gradient, if it reads samples in place.
  ///
  /// Each is read only once, in runs; the forward map would read them again and again, a few at a time.
  private let channelOffsets: [Int32]?

  /// Samples of a band: half of a second-level cache of 512 KiB.
  static let bandSamples = 64 * 1024
  /// Outputs summed at a time.
  private static let tile = 96
  /// Outputs summed at a time in the kernel's gradient: their gradients stay in the first-level cache.
  private static let depth = 128

  init(_ original: Convolution, kernel: KernelFacts<Float>?) {
    convolution = original.merged
    let convolution = convolution
    domain = ExtendedDomain(convolution)
    let boxes = OutputBoxes(
      convolution, channels: convolution.kernel[1], budget: Self.bandSamples)
    let channelCount = spread(boxes.bandCount)
    let taps = Shape(Array(convolution.kernel.dimensions.dropFirst(2)))
    let bandStrides = Shape(boxes.bandExtents).strides
    var offsets: [Int32] = []
    for channel in 0..<convolution.kernel[1] {
      taps.forEachIndex { tap in
        let offset = tap.indices.reduce(channel * channelCount) {
          $0 + tap[$1] * convolution.dilation[$1] * bandStrides[$1]
        }
        offsets.append(Int32(truncatingIfNeeded: offset))
      }
    }
    self.boxes = boxes
    self.offsets = offsets
    self.channelCount = channelCount
    channelOffsets = convolution.channelOffsets
    let domain = domain
    tables = boxes.isFew ? (0..<boxes.count).map { boxes.tables($0, domain) } : []
  }

  static func assess(_ convolution: Convolution, kernel: KernelFacts<Float>?) -> Assessment {
    let boxes = OutputBoxes(
      convolution, channels: convolution.kernel[1], budget: bandSamples)
    guard spread(boxes.bandCount) * convolution.kernel[1] < Int(Int32.max) else {
      return .declined("one row of all channels exceeds the offsets' range")
    }
    let (seconds, scratch) = cost(convolution)
    return .estimate(seconds: seconds, scratch: scratch)
  }

  static func assessKernelGradient(of convolution: Convolution) -> Assessment {
    guard case .estimate(var seconds, var scratch) = assess(convolution, kernel: nil) else {
      return assess(convolution, kernel: nil)
    }
    let merged = convolution.merged
    let boxes = OutputBoxes(merged, channels: merged.kernel[1], budget: bandSamples)
    let parts = KernelGradientParts(merged, pieces: merged.input[0] * boxes.count)
    scratch += parts.count * parts.partCount * MemoryLayout<Float>.stride
    seconds += Double(parts.count * parts.partCount) * CostTable.current.copiedSample
    return .estimate(seconds: seconds, scratch: scratch)
  }

  private static func cost(_ original: Convolution) -> (seconds: Double, scratch: Int) {
    let convolution = original.merged
    let boxes = OutputBoxes(
      convolution, channels: convolution.kernel[1], budget: bandSamples)
    let counts = convolution.counts
    let filters = summedFilters(counts.filtersPerGroup) * convolution.groups
    let outputs = convolution.output.dimensions.dropFirst(2).reduce(counts.batch, *)
    let depth = counts.channelsPerGroup * counts.taps
    let table = CostTable.current
    let copied = counts.batch * counts.channels * boxes.count * boxes.bandCount
    let seconds =
      Double(filters * outputs * depth) * table.blockedMultiplyAdd
      + Double(filters * outputs) * table.blockedOutput + Double(copied) * table.copiedSample
      + Double(KernelPanels(convolution).count) * CostTable.fetchedWeight
    let scratch = spread(boxes.bandCount) * counts.channelsPerGroup * Threads.count
    // A single box of a single block of filters occupies one thread while the others wait. Their number
    // must not decide, or bits would depend on it.
    let tasks =
      counts.batch * boxes.count * convolution.groups * ((counts.filtersPerGroup + 15) / 16)
    let idle = tasks == 1 ? 1.6 : 1
    return (seconds * idle, scratch * MemoryLayout<Float>.stride)
  }

  var packedCount: Int { KernelPanels(convolution).count }

  func fuses(_ epilogue: Epilogue<Float>) -> Bool { !epilogue.combinesPairs }

  func pack(_ kernel: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>) {
    KernelPanels(convolution).pack(kernel, into: packed)
  }

  func forward(
    _ input: UnsafePointer<Float>, _ kernel: PackedKernel<Float>,
    _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue<Float>
  ) {
    let counts = convolution.counts
    let blocks = (counts.filtersPerGroup + 15) / 16
    let (domain, boxes, offsets, channelCount) = (domain, boxes, offsets, channelCount)
    let groups = convolution.groups
    let imageCount = domain.extents.reduce(1, *)
    let outputCount = convolution.output.dimensions.dropFirst(2).reduce(1, *)
    let pieces = counts.batch * boxes.count * groups
    let tables = tables
    let areFar = KernelPanels.areFar(packedCount)
    // Every output is summed in the same order on any thread, so this may depend on the threads.
    let parts =
      pieces % Threads.count == 0 ? 1 : min(blocks, (4 * Threads.count + pieces - 1) / pieces)
    let source = ReadOnlyPointer(input)
    let target = SharedPointer(output)
    let bandCount = counts.channelsPerGroup * channelCount
    let panels = ReadOnlyPointer(kernel.values)
    parallelFor(pieces * parts) { index in
      let (piece, part) = (index / parts, index % parts)
      let (place, group) = (piece / groups, piece % groups)
      let (batch, box) = (place / boxes.count, place % boxes.count)
      let (pixels, copy) = tables.isEmpty ? boxes.tables(box, domain) : tables[box]
      withScratch(Float.self, count: bandCount + Self.tile * 16 * panelsTogether) { band in
        let tile = band + bandCount
        let first = batch * counts.channels + group * counts.channelsPerGroup
        copy.copy(
          channels: counts.channelsPerGroup, source.pointer + first * imageCount, imageCount,
          into: band, channelCount)
        forEachGroup(of: blocks * part / parts..<blocks * (part + 1) / parts) { filterBlocks in
          let panel =
            panels.pointer + (group * blocks + filterBlocks.lowerBound) * offsets.count * 16
          pixels.forEachTile(of: Self.tile) { pixel, start, count in
            pixels.positions.withUnsafeBufferPointer { positions in
              offsets.withUnsafeBufferPointer { offsets in
                gatheredProducts(
                  band, positions[pixel..<pixel + count], offsets[...], panel,
                  step: offsets.count * 16, panels: filterBlocks.count,
                  halvesLast: halvesLast(filterBlocks, of: counts.filtersPerGroup), areFar: areFar,
                  following: panel + filterBlocks.count * offsets.count * 16,
                  into: tile, step: count * 16)
              }
            }
            for block in filterBlocks {
              let filter = group * counts.filtersPerGroup + block * 16
              store(
                tile + (block - filterBlocks.lowerBound) * count * 16, count: count,
                filters: min(16, counts.filtersPerGroup - block * 16),
                into: target.pointer + (batch * counts.filters + filter) * outputCount + start,
                plane: outputCount, epilogue, firstFilter: filter)
            }
          }
        }
      }
    }
  }

  func kernelGradient(
    _ input: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
    _ kernelGradient: UnsafeMutablePointer<Float>
  ) {
    let counts = convolution.counts
    let (domain, boxes, channelCount) = (domain, boxes, channelCount)
    let (offsets, isInPlace) = (channelOffsets ?? offsets, channelOffsets != nil)
    let imageCount = domain.extents.reduce(1, *)
    let outputCount = convolution.output.dimensions.dropFirst(2).reduce(1, *)
    let depth = offsets.count
    let pieces = counts.batch * boxes.count
    let tables = tables
    let parts = KernelGradientParts(convolution, pieces: pieces, threads: Threads.count)
    let source = ReadOnlyPointer(input)
    let gradients = ReadOnlyPointer(outputGradient)
    let bandCount = isInPlace ? 0 : counts.channelsPerGroup * channelCount
    withScratch(Float.self, count: parts.count * parts.partCount) { sums in
      let sums = SharedPointer(sums)
      parallelFor(parts.count * convolution.groups * parts.filterParts) { index in
        let (part, rest) = (
          index / (convolution.groups * parts.filterParts),
          index % (convolution.groups * parts.filterParts)
        )
        let (group, filterPart) = (rest / parts.filterParts, rest % parts.filterParts)
        let blocks = parts.blocks(filterPart)
        let groupSums =
          sums.pointer + part * parts.partCount + group * parts.blockCount * depth * 16
        (groupSums + blocks.lowerBound * depth * 16)
          .update(repeating: 0, count: blocks.count * depth * 16)
        withScratch(Float.self, count: bandCount + Self.depth * 16 * panelsTogether) { scratch in
          let slab = scratch + bandCount
          for piece in parts.pieces(part) {
            let (batch, box) = (piece / boxes.count, piece % boxes.count)
            let (pixels, copy) = tables.isEmpty ? boxes.tables(box, domain) : tables[box]
            let first = batch * counts.channels + group * counts.channelsPerGroup
            let image = source.pointer + first * imageCount
            var band = UnsafePointer(scratch)
            if isInPlace {
              band = UnsafePointer(image + boxes.ranges(box)[0].lowerBound)
            } else {
              copy.copy(
                channels: counts.channelsPerGroup, image, imageCount, into: scratch, channelCount)
            }
            forEachGroup(of: blocks) { filterBlocks in
              pixels.forEachTile(of: Self.depth) { pixel, start, count in
                for block in filterBlocks {
                  let filter = group * counts.filtersPerGroup + block * 16
                  layer_pack_transposed(
                    gradients.pointer + (batch * counts.filters + filter) * outputCount + start,
                    outputCount, min(16, counts.filtersPerGroup - block * 16), count,
                    slab + (block - filterBlocks.lowerBound) * count * 16, count)
                }
                pixels.positions.withUnsafeBufferPointer { positions in
                  offsets.withUnsafeBufferPointer { offsets in
                    var work = LayerProducts(
                      source: band, positions: offsets.baseAddress, rows: depth,
                      offsets: positions.baseAddress.map { $0 + pixel }, count: count, slab: slab,
                      slab_step: count * 16, panels: filterBlocks.count,
                      tile: groupSums + filterBlocks.lowerBound * depth * 16,
                      tile_step: depth * 16, pitch: 16, accumulates: true,
                      halves_last: halvesLast(filterBlocks, of: counts.filtersPerGroup),
                      following: nil)
                    layer_gathered_products(&work)
                  }
                }
              }
            }
          }
        }
      }
      parts.collect(sums.pointer, rows: depth, into: kernelGradient)
    }
  }
}
