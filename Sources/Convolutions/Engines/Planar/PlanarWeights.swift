import SIMDLoops

/// A kernel as the planar loops read it.
struct PlanarWeights: Hashable, Sendable {
  private let groups: Int
  private let filtersPerGroup: Int
  private let channelsPerGroup: Int
  private let taps: Int
  /// What is summed together, and how its weights are ordered.
  let form: Form
  private let tapColumns: Int

  enum Form: Hashable, Sendable {
    /// Blocks of filters: `[group][block of filters][channel × tap][filter in block]`.
    case blocks
    /// Rows of the single filter of a group: `[group][channel][column][row, the last one first]`.
    case rows
    /// Whole planes, one per group, read in place: `[group][row][column]`.
    case planes
  }

  init(_ convolution: Convolution) {
    let counts = convolution.counts
    let rank = convolution.spatialRank
    if counts.filters != convolution.groups || rank != 2 || convolution.stride != [1, 1]
      || convolution.dilation[0] != 1
    {
      form = .blocks
    } else if convolution.readsPlanes {
      form = .planes
    } else {
      form = .rows
    }
    tapColumns = convolution.kernel[convolution.kernel.rank - 1]
    groups = convolution.groups
    filtersPerGroup = counts.filtersPerGroup
    channelsPerGroup = counts.channelsPerGroup
    taps = counts.taps
  }

  /// Blocks of filters in a group, of equal size except one: where there are many, as large as the
  /// registers allow with three vectors of outputs.
  var blocks: Int {
    let many = simd_float_lanes() == 16 ? Int(PlanarMostFilters) : 4
    return filtersPerGroup <= many + 2 && filtersPerGroup <= Int(PlanarMostFilters)
      ? 1 : (filtersPerGroup + many - 1) / many
  }

  /// The filters of a block.
  func filters(_ group: Int, _ block: Int) -> Range<Int> {
    let first = group * filtersPerGroup
    return first + filtersPerGroup * block / blocks..<first + filtersPerGroup * (block + 1) / blocks
  }

  /// Whether pairs of neighbouring filters are in one block each.
  var hasWholePairs: Bool {
    form == .blocks && (0..<blocks).allSatisfy { filters(0, $0).count % 2 == 0 }
  }

  /// The taps in the order in which they are packed: column by column, each from its last row to its
  /// first, where rows of outputs are summed together.
  private var order: [Int] {
    guard form == .rows else { return Array(0..<taps) }
    let rows = taps / tapColumns
    return (0..<tapColumns).flatMap { column in
      (0..<rows).reversed().map { $0 * tapColumns + column }
    }
  }

  /// Packs a kernel, `[filters, channels / groups, spatial…]`.
  func pack(_ kernel: UnsafePointer<Float>, into values: UnsafeMutablePointer<Float>) {
    var value = values
    let order = order
    for group in 0..<groups {
      for block in 0..<blocks {
        let filters = filters(group, block)
        for channel in 0..<channelsPerGroup {
          for tap in order {
            for filter in filters {
              value.pointee = kernel[(filter * channelsPerGroup + channel) * taps + tap]
              value += 1
            }
          }
        }
      }
    }
  }
}

extension Convolution {
  /// Whether every filter is 3 × 3 taps on a plane of its own, with padding that keeps its extents.
  var readsPlanes: Bool {
    let hasZeros =
      switch border {
      case .zero, .full, .constant(0): true
      default: false
      }
    return hasZeros && spatialRank == 2 && kernel.dimensions == [groups, 1, 3, 3]
      && input[1] == groups && stride == [1, 1] && dilation == [1, 1] && before == [1, 1]
      && after == [1, 1]
  }
}
