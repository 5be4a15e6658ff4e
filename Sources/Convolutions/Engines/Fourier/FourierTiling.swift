import Tensors

/// How a convolution is cut into tiles for the frequency domain (overlap-save), and what that costs.
///
/// A tile of n points along an axis gives n − reach correct samples, reach the extent of the kernel
/// less one. Two tiles, of whatever place and batch entry, are transformed as the real and the
/// imaginary part of one complex block: filters are real, so their results stay apart.
struct FourierTiling: Sendable {
  /// The tile's extents.
  let extents: [Int]
  /// How many results one tile gives per axis: outputs, or samples of the input's gradient.
  let results: [Int]
  /// Tiles per axis.
  let tiles: [Int]
  /// The distance between results in points, per axis.
  let steps: [Int]
  /// All results per axis.
  let total: [Int]

  /// The number of tiles of one channel.
  var count: Int { tiles.reduce(1, *) }

  /// The cheapest tiling; `nil` where even the largest tiles are too small for the kernel.
  ///
  /// - Parameters:
  ///   - total: Results per axis.
  ///   - steps: The distance between results, in samples.
  ///   - reach: Samples under a kernel less one, per axis.
  ///   - work: What is done per tile.
  init?(total: [Int], steps: [Int], reach: [Int], work: Work) {
    var best: (seconds: Double, tiling: FourierTiling)?
    let choices = total.indices.map { axis in
      Self.choices(
        extended: (total[axis] - 1) * steps[axis] + 1 + reach[axis], reach: reach[axis],
        smallest: axis == total.count - 1 ? Self.smallestRow : 1)
    }
    Shape(choices.map(\.count)).forEachIndex { index in
      let extents = index.indices.map { choices[$0][index[$0]] }
      guard extents.reduce(1, *) <= Self.largestPoints else { return }
      let tiling = FourierTiling(extents, total: total, steps: steps, reach: reach)
      guard let seconds = work.seconds(tiling) else { return }
      if seconds < best?.seconds ?? .infinity { best = (seconds, tiling) }
    }
    guard let best else { return nil }
    self = best.tiling
  }

  private init(_ extents: [Int], total: [Int], steps: [Int], reach: [Int]) {
    self.extents = extents
    self.steps = steps
    self.total = total
    let results = total.indices.map { axis in
      min((extents[axis] - reach[axis] - 1) / steps[axis] + 1, total[axis])
    }
    self.results = results
    tiles = zip(total, results).map { ($0 + $1 - 1) / $1 }
  }

  /// Beyond this, tiles leave every cache.
  private static let largestPoints = 1 << 18
  private static let largestExtent = 1 << 14
  /// Rows start at multiples of 16 bytes, as FFTW's vectors want.
  private static let smallestRow = 4

  /// Powers of two that hold the kernel, up to the first that holds everything.
  private static func choices(extended: Int, reach: Int, smallest: Int) -> [Int] {
    var choices: [Int] = []
    var extent = smallest
    while extent <= largestExtent {
      if extent > reach { choices.append(extent) }
      if extent >= extended { break }
      extent *= 2
    }
    return choices
  }

  /// The results of a tile, as positions along each axis.
  func range(ofTile tile: Int) -> [Range<Int>] {
    var rest = tile
    var ranges = [Range<Int>](repeating: 0..<0, count: tiles.count)
    for axis in tiles.indices.reversed() {
      let start = rest % tiles[axis] * results[axis]
      ranges[axis] = start..<min(start + results[axis], total[axis])
      rest /= tiles[axis]
    }
    return ranges
  }
}

extension FourierTiling {
  /// What is done with tiles: transforms of `sources`, products, transforms back to `targets`.
  struct Work: Sendable {
    /// Independent groups of channels.
    let groups: Int
    let batch: Int
    let sources: Int
    let targets: Int
    /// Whether products are summed over all tiles and transformed back once.
    var sumsOverTiles = false
    /// More bytes than this are not spent on spectra that are kept.
    static let largestSpectra = 128 << 20
    /// Blocks of no more bytes stay in a core's own cache.
    static let cachedBytes = 512 << 10

    /// Complex blocks per group: two tiles in each.
    func blocks(_ tiling: FourierTiling) -> Int { (batch * tiling.count + 1) / 2 }

    /// Seconds on one thread; `nil` when the kernels' spectra take too much memory.
    func seconds(_ tiling: FourierTiling) -> Double? {
      let table = CostTable.current
      let points = tiling.extents.reduce(1, *)
      let pairs = sources * targets
      guard pairs * groups * points * 8 <= Self.largestSpectra else { return nil }
      let perPoint =
        points * 8 <= Self.cachedBytes ? table.cachedTransformPoint : table.transformPoint
      let transform = Double(points) * max(Double(points.trailingZeroBitCount), 1) * perPoint
      let transforms = sources + targets
      let block =
        Double(transforms) * transform
        + Double(pairs * points) * table.tileMultiplyAdd
        + Double(2 * transforms * points) * table.copiedSample
      let extra = sumsOverTiles ? Double(pairs) * transform : 0
      return Double(groups) * (Double(blocks(tiling)) * block + extra)
    }
  }
}
