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
    let counts = convolution.counts
    groups = convolution.groups
    filtersPerGroup = counts.filtersPerGroup
    channelsPerGroup = counts.channelsPerGroup
    taps = counts.taps
  }

  /// Blocks of a group.
  var blocks: Int { (filtersPerGroup + 15) / 16 }
  /// Channels × taps.
  var depth: Int { channelsPerGroup * taps }
  /// The values of all panels.
  var count: Int { groups * blocks * depth * 16 }

  /// Whether this many values exceed what a second-level cache keeps beside the samples they multiply.
  static func areFar(_ count: Int) -> Bool { count > 256 << 10 }

  /// Packs a kernel, `[filters, channels / groups, spatial…]`.
  func pack(_ kernel: UnsafePointer<Float>, into panels: UnsafeMutablePointer<Float>) {
    let source = ReadOnlyPointer(kernel)
    let target = SharedPointer(panels)
    let panels = self
    // Small kernels are packed before another thread has woken up.
    let grain = max(1, (1 << 14) / (depth * 16))
    parallelFor(groups * blocks, grain: grain) { index in
      let (group, block) = (index / panels.blocks, index % panels.blocks)
      let panel = target.pointer + index * panels.depth * 16
      let filters = min(16, panels.filtersPerGroup - block * 16)
      layer_pack_transposed(
        source.pointer + (group * panels.filtersPerGroup + block * 16) * panels.depth,
        panels.depth, filters, panels.depth, panel, 0)
    }
  }
}
