import SIMDLoops
import Tensors

/// The kernel's gradient: products of the spectra of input and gradient, summed over all tiles before
/// one transform back per filter and channel.
///
/// The real part of the inverse of (X₁ + iX₂) conj(G₁ + iG₂) is the sum of both tiles' correlations,
/// so packed tiles need not be taken apart.
extension TiledFourierEngine {
  /// Frequencies that a thread sums at a time.
  private static let frequencies = 4096
  /// The most values that the spectra of several blocks may take.
  private static let largestBlocks = 8 << 20

  /// How many blocks are transformed before their products are summed: a matter of memory alone, so
  /// that the order of summation does not depend on the number of threads.
  static func gradientBlocks(
    _ work: FourierTiling.Work, _ tiling: FourierTiling, blockCount: Int
  ) -> Int {
    min(
      work.blocks(tiles: tiling.count),
      max(largestBlocks / ((work.sources + work.targets) * blockCount), 1))
  }

  func kernelGradient(
    _ input: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
    _ kernelGradient: UnsafeMutablePointer<Float>
  ) {
    let pass = pass
    let counts = convolution.counts
    let length = 2 * pass.tile.count
    let pairs = counts.filtersPerGroup * counts.channelsPerGroup
    for group in 0..<convolution.groups {
      withScratch(Float.self, count: pairs * length) { sums in
        sums.update(repeating: 0, count: pairs * length)
        sumProducts(input, outputGradient, group: group, pass, into: sums)
        let sums = SharedPointer(sums)
        let target = SharedPointer(kernelGradient + group * pairs * counts.taps)
        parallelFor(pairs) { pair in
          let block = sums.pointer + pair * length
          pass.tile.invert(block)
          storeTaps(block, pass.tile, into: target.pointer + pair * counts.taps)
        }
      }
    }
  }

  /// sums[f, c] += Σ X_c conj(G_f) over all blocks of a group.
  private func sumProducts(
    _ input: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>, group: Int,
    _ pass: Pass, into sums: UnsafeMutablePointer<Float>
  ) {
    let (tile, work, counts) = (pass.tile, pass.work, convolution.counts)
    let length = 2 * tile.count
    let blocks = work.blocks(tiles: pass.tiling.count)
    let together = Self.gradientBlocks(work, pass.tiling, blockCount: length)
    let perBlock = work.sources + work.targets
    let input = ReadOnlyPointer(input)
    let gradient = ReadOnlyPointer(outputGradient)
    let sums = SharedPointer(sums)
    withScratch(Float.self, count: together * perBlock * length) { scratch in
      let spectra = SharedPointer(scratch)
      for first in stride(from: 0, to: blocks, by: together) {
        let count = min(together, blocks - first)
        parallelFor(count * perBlock) { piece in
          let entries = Self.entries(ofBlock: first + piece / perBlock, pass)
          let member = piece % perBlock
          let block = spectra.pointer + piece * length
          withScratch(Float.self, count: length) { parts in
            packed(entries, tile, parts, into: block) { entry, part in
              if member < work.sources {
                loadInput(
                  input.pointer, channel: group * counts.channelsPerGroup + member, entry, pass,
                  part
                )
              } else {
                let outputs = pass.tiling.range(ofTile: entry.tile)
                let filter = group * counts.filtersPerGroup + member - work.sources
                loadGradient(
                  gradient.pointer, filter: entry.batch * counts.filters + filter,
                  start: zip(outputs, convolution.stride).map { $0.lowerBound * $1 },
                  outputs: outputs, tile, part)
              }
            }
          }
          tile.transform(block)
        }
        let parts = (tile.count + Self.frequencies - 1) / Self.frequencies
        parallelFor(work.targets * parts) { piece in
          let (filter, part) = (piece / parts, piece % parts)
          let start = part * Self.frequencies
          let frequencies = min(Self.frequencies, tile.count - start)
          for channel in 0..<work.sources {
            let sum = sums.pointer + (filter * work.sources + channel) * length + 2 * start
            for block in 0..<count {
              let spectrum = spectra.pointer + block * perBlock * length + 2 * start
              simd_spectral_correlate_add(
                spectrum + channel * length, spectrum + (work.sources + filter) * length, sum,
                frequencies)
            }
          }
        }
      }
    }
  }

  /// The real parts at the taps, divided by the number of points.
  private func storeTaps(
    _ block: UnsafePointer<Float>, _ tile: FourierTile, into kernel: UnsafeMutablePointer<Float>
  ) {
    let taps = Array(convolution.kernel.dimensions.dropFirst(2))
    let steps = tapSteps(tile)
    let last = taps.count - 1
    let scale = 1 / Float(tile.points)
    forEachRow(taps, first: Shape(taps).strides, second: steps) { to, from in
      for column in 0..<taps[last] {
        kernel[to + column] = block[2 * (from + column * steps[last])] * scale
      }
    }
  }
}
