import Tensors

/// How the outputs of a convolution are cut into boxes whose inputs stay in the second-level cache.
///
/// Boxes do not depend on the number of threads. Spatial axes are numbered t, z, y, x whatever the
/// rank; missing axes have one sample.
struct StencilTiles: Sendable {
  /// A box of outputs that one thread computes at a time.
  struct Tile: Sendable {
    let times: Range<Int>
    let depths: Range<Int>
    let rows: Range<Int>
    /// Columns that are computed from one copy of the input, or from the image itself.
    let segments: [Segment]
  }

  /// Some columns of a tile.
  struct Segment: Sendable {
    let columns: Range<Int>
    /// Whether their inputs all lie inside the image's columns and are read there.
    let isDirect: Bool
  }

  /// Extents of output, kernel taps and dilation, per axis t, z, y, x.
  let outputs: [Int]
  let taps: [Int]
  let dilation: [Int]
  /// Extents of the image.
  let image: [Int]
  let tiles: [Tile]
  /// The distance in floats between copied rows.
  let pitch: Int
  /// The most rows under a tile, per channel.
  let mostRows: Int

  /// Bytes of input that a tile may see.
  private static let cacheBytes = 256 << 10
  /// Images at least this wide are read in place except for their edges.
  static let directColumns = 192
  /// Edges are at least this wide, so that they fill vectors.
  private static let edgeColumns = 16

  init(_ convolution: Convolution, domain: ExtendedDomain) {
    let rank = convolution.spatialRank
    func padded(_ values: [Int]) -> [Int] { [Int](repeating: 1, count: 4 - rank) + values }
    outputs = padded(Array(convolution.output.dimensions.suffix(rank)))
    taps = padded(Array(convolution.kernel.dimensions.suffix(rank)))
    dilation = padded(convolution.dilation)
    image = padded(domain.extents)
    let reach = zip(taps, dilation).map { ($0 - 1) * $1 }
    let segments = Self.segments(
      columns: outputs[3], reach: reach[3], interior: domain.interior[rank - 1],
      splits: rank == 1)
    let widest = segments.filter { !$0.isDirect }.map(\.columns.count).max() ?? 0
    // An odd number of cache lines, so that rows do not compete for the same cache lines.
    pitch = (widest + reach[3] + Self.edgeColumns + 31) / 32 * 32 + 16
    let rowBytes =
      (segments.contains { $0.columns.count >= Self.directColumns && $0.isDirect }
        ? image[3] : pitch) * MemoryLayout<Float>.stride * convolution.kernel[1]
    let rows = min(outputs[2], 48)
    func bytes(_ times: Int, _ depths: Int) -> Int {
      (times + reach[0]) * (depths + reach[1]) * (rows + reach[2]) * rowBytes
    }
    var (times, depths) = (1, 1)
    while depths < outputs[1], bytes(times, depths + 1) <= Self.cacheBytes { depths += 1 }
    while depths == outputs[1], times < outputs[0], bytes(times + 1, depths) <= Self.cacheBytes {
      times += 1
    }
    var tiles: [Tile] = []
    for time in Self.parts(outputs[0], times) {
      for depth in Self.parts(outputs[1], depths) {
        for row in Self.parts(outputs[2], rows) {
          if rank == 1 {
            tiles += segments.map { Tile(times: time, depths: depth, rows: row, segments: [$0]) }
          } else {
            tiles.append(Tile(times: time, depths: depth, rows: row, segments: segments))
          }
        }
      }
    }
    self.tiles = tiles
    mostRows =
      (min(times, outputs[0]) + reach[0]) * (min(depths, outputs[1]) + reach[1])
      * (rows + reach[2])
  }

  private static func parts(_ count: Int, _ size: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }

  /// Cuts the columns into the left edge, the interior and the right edge where that saves copying.
  private static func segments(
    columns: Int, reach: Int, interior: Range<Int>, splits: Bool
  ) -> [Segment] {
    let first = interior.lowerBound == 0 ? 0 : max(interior.lowerBound, edgeColumns)
    let last = min(interior.upperBound - reach, columns)
    let end = last < columns ? min(last, columns - edgeColumns) : columns
    guard end - first >= directColumns || (first == 0 && end == columns) else {
      return parts(columns, 4096).map { Segment(columns: $0, isDirect: false) }
    }
    var segments: [Segment] = []
    if first > 0 { segments.append(Segment(columns: 0..<first, isDirect: false)) }
    // One-dimensional signals are cut for the threads, wide images under tall kernels for the cache.
    for part in parts(end - first, splits ? 16384 : 4096) {
      segments.append(
        Segment(columns: part.lowerBound + first..<part.upperBound + first, isDirect: true))
    }
    if end < columns { segments.append(Segment(columns: end..<columns, isDirect: false)) }
    return segments
  }
}
