import Foundation
import Tensors

/// How a convolution is cut into tiles for the frequency domain (overlap-save), and what that costs.
///
/// A tile of n points along an axis gives n − reach correct samples, where reach is the extent of the
/// kernel less one. Two tiles, whatever their positions and batch entries, are transformed as the real
/// and the imaginary part of one complex block: filters are real, so their results stay apart.
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
  ///   - reach: The samples under a kernel less one, per axis.
  ///   - work: What is done per tile.
  init?(total: [Int], steps: [Int], reach: [Int], work: Work) {
    let fastExtents = Self.fastExtents(rank: total.count)
    let choices = total.indices.map { axis in
      Self.choices(
        of: fastExtents, total: total[axis], step: steps[axis], reach: reach[axis],
        smallest: axis == total.count - 1 ? Self.smallestRow : 1)
    }
    let costs = CostTable.current
    var best: (seconds: Double, extents: [Int])?
    var extents: [Int] = []
    // Multiplied axis by axis, so that what is too large is discarded early.
    func choose(points: Int, tiles: Int) {
      guard extents.count < choices.count else {
        guard let seconds = work.seconds(points: points, tiles: tiles, costs) else { return }
        if seconds < best?.seconds ?? .infinity { best = (seconds, extents) }
        return
      }
      for choice in choices[extents.count] where points * choice.extent <= Self.largestPoints {
        extents.append(choice.extent)
        choose(points: points * choice.extent, tiles: tiles * choice.tiles)
        extents.removeLast()
      }
    }
    choose(points: 1, tiles: 1)
    guard let best else { return nil }
    self.init(best.extents, total: total, steps: steps, reach: reach)
  }

  private init(_ extents: [Int], total: [Int], steps: [Int], reach: [Int]) {
    self.extents = extents
    self.steps = steps
    self.total = total
    let results = total.indices.map { axis in
      Self.results(
        of: total[axis], extent: extents[axis], step: steps[axis], reach: reach[axis])
    }
    self.results = results
    tiles = zip(total, results).map { ($0 + $1 - 1) / $1 }
  }

  /// Beyond this, tiles leave every cache.
  private static let largestPoints = 1 << 18
  private static let largestExtent = 1 << 14
  /// Rows start at multiples of 16 bytes, as FFTW's vectors require.
  private static let smallestRow = 4

  /// The extents that hold the kernel, with the number of tiles they make along an axis: for each number
  /// of tiles the smallest.
  private static func choices(
    of fastExtents: [Int], total: Int, step: Int, reach: Int, smallest: Int
  ) -> [(extent: Int, tiles: Int)] {
    var choices: [(extent: Int, tiles: Int)] = []
    for extent in fastExtents where extent > reach && extent % smallest == 0 {
      let tiles = tiles(of: total, extent: extent, step: step, reach: reach)
      if tiles < choices.last?.tiles ?? .max { choices.append((extent, tiles)) }
      if tiles == 1 { break }
    }
    return choices
  }

  /// Results that one tile gives along an axis.
  private static func results(of total: Int, extent: Int, step: Int, reach: Int) -> Int {
    min((extent - reach - 1) / step + 1, total)
  }

  private static func tiles(of total: Int, extent: Int, step: Int, reach: Int) -> Int {
    let results = results(of: total, extent: extent, step: step, reach: reach)
    return (total + results - 1) / results
  }

  /// Extents that FFTW transforms fast: powers of two, and some more in four dimensions, where tiles
  /// overlap most.
  ///
  /// FFTW transforms those in one step; products of several steps with odd factors take it two to six times
  /// as long per point, at least with plans that are not measured.
  private static func fastExtents(rank: Int) -> [Int] {
    let powers = (0...14).map { 1 << $0 }.filter { $0 <= largestExtent }
    return rank < 4 ? powers : ([12, 14, 20] + powers).sorted()
  }

  /// The results of a tile, as positions along an axis.
  func range(ofTile tile: Int, axis: Int) -> Range<Int> {
    let place = tiles[(axis + 1)...].reduce(tile, /) % tiles[axis]
    let start = place * results[axis]
    return start..<min(start + results[axis], total[axis])
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
    /// The most bytes that are spent on spectra to be kept.
    static let largestSpectra = 128 << 20
    /// Blocks of at most this many bytes stay in a core's own cache.
    static let cachedBytes = 512 << 10

    /// Complex blocks per group: two tiles in each.
    func blocks(tiles: Int) -> Int { (batch * tiles + 1) / 2 }

    /// Seconds on one thread; `nil` when the kernels' spectra take too much memory.
    ///
    /// - Parameters:
    ///   - points: The points of a tile.
    ///   - tiles: The tiles of one channel.
    ///   - table: What operations cost.
    func seconds(points: Int, tiles: Int, _ table: CostTable = .current) -> Double? {
      let pairs = sources * targets
      guard pairs * groups * points * 8 <= Self.largestSpectra else { return nil }
      let perPoint =
        points * 8 <= Self.cachedBytes ? table.cachedTransformPoint : table.transformPoint
      let transform = Double(points) * max(log2(Double(points)), 1) * perPoint
      let transforms = sources + targets
      let block =
        Double(transforms) * transform
        + Double(pairs * points) * table.tileMultiplyAdd
        + Double(2 * transforms * points) * table.copiedSample
      let extra = sumsOverTiles ? Double(pairs) * transform : 0
      return Double(groups) * (Double(blocks(tiles: tiles)) * block + extra)
    }
  }
}
