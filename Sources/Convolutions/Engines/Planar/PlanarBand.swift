import SIMDLoops
import Tensors

/// The input under a box of outputs, laid out so that neighbouring outputs of a row read neighbouring
/// samples for every tap, whatever the stride.
struct PlanarBand: Hashable, Sendable {
  /// The boxes of outputs.
  let boxes: OutputBoxes
  /// Where the sample under each channel and tap is, relative to that under the first.
  let offsets: [Int32]
  /// The values of one channel.
  let channelCount: Int
  private let step: Int
  private let extents: [Int]

  /// The distance between rows.
  var pitch: Int { extents[extents.count - 1] }

  /// The most samples of a band: a quarter of a second-level cache of 512 KiB.
  private static let budget = 32 * 1024

  init(_ convolution: Convolution) {
    let rank = convolution.spatialRank
    let boxes = OutputBoxes(convolution, channels: convolution.kernel[1], budget: Self.budget)
    let step = convolution.stride[rank - 1]
    let share = (boxes.bandExtents[rank - 1] + step - 1) / step
    let extents = Array(boxes.bandExtents.dropLast()) + [share * step]
    let strides = Shape(extents).strides
    let channelCount = spread(extents.reduce(1, *))
    var offsets: [Int32] = []
    for channel in 0..<convolution.kernel[1] {
      Shape(Array(convolution.kernel.dimensions.dropFirst(2))).forEachIndex { tap in
        var offset = channel * channelCount
        for axis in 0..<rank - 1 {
          offset += tap[axis] * convolution.dilation[axis] * strides[axis]
        }
        let column = tap[rank - 1] * convolution.dilation[rank - 1]
        offset += column % step * share + column / step
        offsets.append(Int32(truncatingIfNeeded: offset))
      }
    }
    self.boxes = boxes
    self.offsets = offsets
    self.channelCount = channelCount
    self.step = step
    self.extents = extents
  }

  /// Outputs of one filter, including the unused ones at the ends of rows.
  func lanes(_ convolution: Convolution) -> Int {
    let lanes = Int(simd_float_lanes())
    let outputs = convolution.output.dimensions.dropFirst(2)
    let columns = ((outputs.last ?? 1) + lanes - 1) / lanes * lanes
    return outputs.dropLast().reduce(convolution.input[0], *) * columns
  }

  /// What copies a box of a channel.
  func copy(_ ranges: [Range<Int>], of domain: ExtendedDomain) -> BandCopy {
    BandCopy(domain, boxes.inputRanges(ranges), bandExtents: extents, step: step)
  }

  /// Where the rows of a box start.
  func rows(_ ranges: [Range<Int>]) -> (outputs: [Int], bands: [Int]) {
    boxes.rows(ranges, pitch: pitch)
  }
}

/// The outputs of a box in vectors along its rows.
struct PlanarVectors {
  /// Where the first sample under each vector is in the band.
  private(set) var positions: [Int32] = []
  /// Where each vector goes in the output's plane or, if rows are shorter than a vector, among rows
  /// as long as a vector.
  private(set) var targets: [Int32] = []
  /// Outputs of a row.
  let columns: Int
  /// Where the rows start in the output's plane.
  let rows: [Int]
  let lanes: Int

  /// Whether rows are shorter than a vector.
  var isNarrow: Bool { columns < lanes }

  init(_ band: PlanarBand, _ ranges: [Range<Int>], lanes: Int) {
    let (outputs, bands) = band.rows(ranges)
    self.lanes = lanes
    rows = outputs
    columns = ranges[ranges.count - 1].count
    let perRow = (columns + lanes - 1) / lanes
    positions.reserveCapacity(perRow * rows.count)
    targets.reserveCapacity(perRow * rows.count)
    for row in rows.indices {
      for vector in 0..<perRow {
        // The last vector of a row overlaps the one before.
        let column = isNarrow ? 0 : min(vector * lanes, columns - lanes)
        positions.append(Int32(truncatingIfNeeded: bands[row] + column))
        targets.append(
          Int32(truncatingIfNeeded: isNarrow ? row * lanes : outputs[row] + column))
      }
    }
  }
}
