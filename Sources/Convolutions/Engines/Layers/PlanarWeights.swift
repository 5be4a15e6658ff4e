import SIMDLoops

/// A kernel as the loops for few filters read it: `[group][block of filters][channel × tap][filter in
/// block]`.
struct PlanarWeights: Hashable, Sendable {
  private let groups: Int
  private let filtersPerGroup: Int
  private let channelsPerGroup: Int
  private let taps: Int

  init(_ convolution: Convolution) {
    let shape = convolution.shapeNumbers
    groups = convolution.groups
    filtersPerGroup = shape.filtersPerGroup
    channelsPerGroup = shape.channelsPerGroup
    taps = shape.taps
  }

  /// Blocks of filters in a group, of equal size but for one.
  var blocks: Int { (filtersPerGroup + Int(PlanarMostFilters) - 1) / Int(PlanarMostFilters) }

  /// The filters of a block.
  func filters(_ group: Int, _ block: Int) -> Range<Int> {
    let first = group * filtersPerGroup
    return first + filtersPerGroup * block / blocks..<first + filtersPerGroup * (block + 1) / blocks
  }

  /// Packs a kernel, `[filters, channels / groups, spatial…]`.
  ///
  /// - Parameter isExchanged: Whether filters and channels of each group are exchanged and the taps are
  ///   reflected in `kernel`.
  func pack(
    _ kernel: UnsafePointer<Float>, isExchanged: Bool, into values: UnsafeMutablePointer<Float>
  ) {
    var value = values
    for group in 0..<groups {
      for block in 0..<blocks {
        let filters = filters(group, block)
        for channel in 0..<channelsPerGroup {
          for tap in 0..<taps {
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
