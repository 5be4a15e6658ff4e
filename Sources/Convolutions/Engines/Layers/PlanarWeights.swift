import SIMDLoops

/// A kernel as the loops for few filters read it: `[group][block of filters][channel × tap][filter in
/// block]`, or as those for rows of one filter do: `[group][channel][column][row, the last one first]`.
struct PlanarWeights: Hashable, Sendable {
  private let groups: Int
  private let filtersPerGroup: Int
  private let channelsPerGroup: Int
  private let taps: Int
  /// Whether each group is one filter whose rows of outputs are summed together.
  let sumsRows: Bool
  private let tapColumns: Int

  init(_ convolution: Convolution) {
    let shape = convolution.shapeNumbers
    let rank = convolution.spatialRank
    sumsRows =
      shape.filters == convolution.groups && rank == 2 && convolution.stride == [1, 1]
      && convolution.dilation[0] == 1
    tapColumns = convolution.kernel[convolution.kernel.rank - 1]
    groups = convolution.groups
    filtersPerGroup = shape.filtersPerGroup
    channelsPerGroup = shape.channelsPerGroup
    taps = shape.taps
  }

  /// Blocks of filters in a group, of equal size but for one: of four filters, with which three vectors of
  /// outputs fit into the registers, where there are many.
  var blocks: Int { filtersPerGroup <= Int(PlanarMostFilters) ? 1 : (filtersPerGroup + 3) / 4 }

  /// The filters of a block.
  func filters(_ group: Int, _ block: Int) -> Range<Int> {
    let first = group * filtersPerGroup
    return first + filtersPerGroup * block / blocks..<first + filtersPerGroup * (block + 1) / blocks
  }

  /// The taps in the order in which they are packed: column by column, each from its last row to its
  /// first, where rows of outputs are summed together.
  private var order: [Int] {
    guard sumsRows else { return Array(0..<taps) }
    let rows = taps / tapColumns
    return (0..<tapColumns).flatMap { column in
      (0..<rows).reversed().map { $0 * tapColumns + column }
    }
  }

  /// Packs a kernel, `[filters, channels / groups, spatial…]`.
  ///
  /// - Parameter isExchanged: Whether filters and channels of each group are exchanged and the taps are
  ///   reflected in `kernel`.
  func pack(
    _ kernel: UnsafePointer<Float>, isExchanged: Bool, into values: UnsafeMutablePointer<Float>
  ) {
    var value = values
    let order = order
    for group in 0..<groups {
      for block in 0..<blocks {
        let filters = filters(group, block)
        for channel in 0..<channelsPerGroup {
          for tap in order {
            for filter in filters {
              if isExchanged {
                let row = group * channelsPerGroup + channel
                let column = filter - group * filtersPerGroup
                value.pointee = kernel[(row * filtersPerGroup + column + 1) * taps - 1 - tap]
              } else {
                value.pointee = kernel[(filter * channelsPerGroup + channel) * taps + tap]
              }
              value += 1
            }
          }
        }
      }
    }
  }
}
