import SIMDLoops
import Tensors

/// How many blocks of 16 filters the loops take at a time.
let panelsTogether = 4

/// Calls `body` for groups of neighbouring blocks of filters, as many of them as the loops take.
func forEachGroup(of blocks: Range<Int>, _ body: (Range<Int>) -> Void) {
  let groups = (blocks.count + panelsTogether - 1) / panelsTogether
  for group in 0..<groups {
    body(
      blocks.lowerBound + blocks.count * group
        / groups..<blocks.lowerBound + blocks.count * (group + 1) / groups)
  }
}

/// Whether the last of some blocks of 16 filters has at most 8: with short vectors its other half is not
/// summed.
func halvesLast(_ blocks: Range<Int>, of filters: Int) -> Bool {
  filters - 16 * (blocks.upperBound - 1) <= 8
}

/// How many filters are summed to obtain this many.
func summedFilters(_ filters: Int) -> Int {
  let least = simd_float_lanes() == 16 ? 16 : 8
  return (filters + least - 1) / least * least
}

/// tile[b][p][16] = Σ_k source[positions[p] + offsets[k]] · panels[b][k][16], with as many k at a time as
/// keep their weights in the first-level cache.
///
/// - Parameters:
///   - halvesLast: Whether only 8 filters of the last panel are needed.
///   - areFar: Whether the panels come from memory: they are then prefetched.
///   - following: The panels that will be read next.
func gatheredProducts(
  _ source: UnsafePointer<Float>, _ positions: Slice<UnsafeBufferPointer<Int32>>,
  _ offsets: Slice<UnsafeBufferPointer<Int32>>, _ slab: UnsafePointer<Float>, step slabStep: Int,
  panels: Int, halvesLast: Bool, areFar: Bool, following: UnsafePointer<Float>,
  into tile: UnsafeMutablePointer<Float>, step tileStep: Int
) {
  let positions = UnsafeBufferPointer(rebasing: positions)
  let offsets = UnsafeBufferPointer(rebasing: offsets)
  // Long vectors work on several panels at a time, others on one after another.
  let depth = simd_float_lanes() == 16 && panels > 2 ? 96 : 160
  let chunks = (offsets.count + depth - 1) / depth
  for chunk in 0..<chunks {
    let (start, end) = (offsets.count * chunk / chunks, offsets.count * (chunk + 1) / chunks)
    var work = LayerProducts(
      source: source, positions: positions.baseAddress, rows: positions.count,
      offsets: offsets.baseAddress.map { $0 + start }, count: end - start,
      slab: slab + start * 16, slab_step: slabStep, panels: panels, tile: tile,
      tile_step: tileStep, pitch: 16, accumulates: chunk > 0, halves_last: halvesLast,
      following: areFar ? (chunk + 1 < chunks ? slab + end * 16 : following) : nil)
    layer_gathered_products(&work)
  }
}

/// Writes a tile of outputs × 16 filters to the filters' planes, with bias and activation.
func store(
  _ tile: UnsafePointer<Float>, count: Int, filters: Int,
  into target: UnsafeMutablePointer<Float>, plane: Int, _ epilogue: Epilogue<Float>,
  firstFilter: Int
) {
  let (activation, slope) = epilogue.activation.loopArguments
  layer_store_transposed(
    tile, count, filters, target, plane,
    epilogue.bias.map { $0.pointer + firstFilter },
    activation, slope)
}

extension Activation {
  /// The arguments of the loops.
  package var loopArguments: (activation: LayerActivation, slope: Float) {
    switch self {
    case .identity: (LAYER_IDENTITY, 1)
    case .relu: (LAYER_RELU, 0)
    case .leakyReLU(let slope): (LAYER_LEAKY_RELU, Float(slope))
    }
  }
}
