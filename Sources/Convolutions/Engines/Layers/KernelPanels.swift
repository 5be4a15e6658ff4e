import SIMDLoops
import Tensors

/// A kernel as the loops for blocks of 16 filters read it: `[group][16 filters][channel][tap][filter in
/// block]`, missing filters zero.
struct KernelPanels: Hashable, Sendable {
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

  /// Blocks of a group.
  var blocks: Int { (filtersPerGroup + 15) / 16 }
  /// Channels × taps.
  var depth: Int { channelsPerGroup * taps }
  /// Numbers in all panels.
  var count: Int { groups * blocks * depth * 16 }

  /// Whether so many numbers are more than a second-level cache keeps beside what they are multiplied with.
  static func areFar(_ count: Int) -> Bool { count > 256 << 10 }

  /// Packs a kernel, `[filters, channels / groups, spatial…]`.
  ///
  /// - Parameter isExchanged: Whether filters and channels of each group are exchanged and the taps are
  ///   reflected in `kernel`.
  func pack(
    _ kernel: UnsafePointer<Float>, isExchanged: Bool, into panels: UnsafeMutablePointer<Float>
  ) {
    let source = SharedPointer(UnsafeMutablePointer(mutating: kernel))
    let target = SharedPointer(panels)
    let panels = self
    // Small kernels are packed before another thread has woken up.
    let grain = max(1, (1 << 14) / (depth * 16))
    parallelFor(groups * blocks, grain: grain) { index in
      let (group, block) = (index / panels.blocks, index % panels.blocks)
      let panel = target.pointer + index * panels.depth * 16
      let filters = min(16, panels.filtersPerGroup - block * 16)
      if isExchanged {
        panels.packExchanged(source.pointer, group, block, filters, into: panel)
      } else {
        layer_pack_transposed(
          source.pointer + (group * panels.filtersPerGroup + block * 16) * panels.depth,
          panels.depth, filters, panels.depth, panel, 0)
      }
    }
  }

  private func packExchanged(
    _ kernel: UnsafePointer<Float>, _ group: Int, _ block: Int, _ filters: Int,
    into panel: UnsafeMutablePointer<Float>
  ) {
    for channel in 0..<channelsPerGroup {
      let source =
        kernel + ((group * channelsPerGroup + channel) * filtersPerGroup + block * 16) * taps
      let target = panel + channel * taps * 16
      layer_pack_transposed(source, taps, filters, taps, target, 0)
      var (first, last) = (0, taps - 1)
      while first < last {
        for lane in 0..<16 {
          (target[first * 16 + lane], target[last * 16 + lane]) = (
            target[last * 16 + lane], target[first * 16 + lane]
          )
        }
        (first, last) = (first + 1, last - 1)
      }
    }
  }
}
