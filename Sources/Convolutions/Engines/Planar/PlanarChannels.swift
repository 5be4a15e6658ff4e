import SIMDLoops
import Tensors

/// Convolutions of one tap, which only mix channels: nothing is copied, since the samples under
/// neighbouring outputs are neighbours already.
extension PlanarEngine {
  /// Samples that stay in the first-level cache beside the weights.
  private static let nearSamples = 8192

  /// All filters for a few vectors of outputs, whose samples then stay in the first-level cache while
  /// those of the next few are prefetched.
  func filterChannels(
    _ source: ReadOnlyPointer<Float>, _ offsets: [Int32], _ values: ReadOnlyPointer<Float>,
    _ epilogue: Epilogue<Float>, into target: SharedPointer<Float>
  ) {
    let counts = convolution.counts
    let weights = PlanarWeights(convolution)
    let groups = convolution.groups
    let plane = convolution.input[2]
    let lanes = Int(simd_float_lanes())
    // As many vectors as the sums of a block of filters leave registers for, or a multiple of that.
    let registers = min(12, max(1, (lanes == 16 ? 24 : 12) / weights.filters(0, 0).count))
    let near = Self.nearSamples / (lanes * counts.channelsPerGroup)
    let width = max(registers, near / registers * registers)
    // Few samples that are used for long need no prefetching.
    let asks = width == registers
    let starts = Self.vectorStarts(of: plane, lanes: lanes, source.pointer)
    let blocks = (starts.count + width - 1) / width
    // Blocks of filters prefetch the following vectors in turn, each for a share of the channels.
    let shares = max(1, weights.blocks / width)
    let planes = counts.batch * groups
    // Every output is summed in the same order on any thread, so this may depend on the threads.
    let pieces = min(blocks, max(1, 6 * Threads.count / planes))
    let perTarget = epilogue.combinesPairs ? 2 : 1
    let (activation, slope) = epilogue.activation.loopArguments
    parallelFor(planes * pieces) { task in
      let (place, piece) = (task / pieces, task % pieces)
      let (batch, group) = (place / groups, place % groups)
      let image =
        source.pointer + (batch * counts.channels + group * counts.channelsPerGroup) * plane
      starts.withUnsafeBufferPointer { starts in
        offsets.withUnsafeBufferPointer { offsets in
          for block in blocks * piece / pieces..<blocks * (piece + 1) / pieces {
            let first = starts.count * block / blocks
            let end = starts.count * (block + 1) / blocks
            for number in 0..<weights.blocks {
              let filters = weights.filters(group, number)
              let positions = starts.baseAddress.map { $0 + first }
              let asked = end + number / shares
              let isAsked = asks && asked < min(end + width, starts.count)
              let channels =
                offsets.count * (number % shares) / shares..<offsets.count
                * (number % shares + 1) / shares
              var work = PlanarSums(
                source: image, positions: positions, outputs: positions, vectors: end - first,
                offsets: offsets.baseAddress, count: offsets.count,
                weights: values.pointer + filters.lowerBound * offsets.count,
                filters: filters.count,
                target: target.pointer
                  + (batch * counts.filters + filters.lowerBound) / perTarget * plane,
                plane: plane,
                bias: epilogue.bias.map { $0.pointer + filters.lowerBound },
                activation: activation, slope: slope, combines: epilogue.combinesPairs,
                following: isAsked ? image + Int(starts[asked]) : nil,
                following_offsets: offsets.baseAddress.map { $0 + channels.lowerBound },
                asked: isAsked ? channels.count : 0)
              planar_sums(&work)
            }
          }
        }
      }
    }
  }

  /// Where the vectors of a plane begin: in whole cache lines, where planes are whole lines apart; the first
  /// and the last may overlap their neighbours.
  private static func vectorStarts(
    of plane: Int, lanes: Int, _ source: UnsafePointer<Float>
  ) -> [Int32] {
    let misplaced = Int(bitPattern: source) / MemoryLayout<Float>.stride % lanes
    let skipped = plane % lanes == 0 ? (lanes - misplaced) % lanes : 0
    var starts: [Int32] = skipped > 0 ? [0] : []
    for start in stride(from: skipped, to: plane, by: lanes) {
      starts.append(Int32(min(start, plane - lanes)))
    }
    return starts
  }
}

extension Convolution {
  /// Where each channel of a group is, if samples can be read in place: with one tap, and planes that are
  /// one row, at least a vector long, of outputs above samples.
  var channelOffsets: [Int32]? {
    guard spatialRank == 1, kernel[2] == 1, stride == [1], before == [0], after == [0],
      input[2] >= Int(simd_float_lanes()), kernel[1] * input[2] < Int(Int32.max)
    else { return nil }
    return (0..<kernel[1]).map { Int32($0 * input[2]) }
  }
}
