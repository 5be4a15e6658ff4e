import Tensors

/// One box of tiles as the maps need it.
struct WinogradBox: Sendable {
  /// Samples of the input under the box at one entry of the batch and one position of the outer axes.
  struct Window: Sendable {
    /// Where the first channel of that entry is in the input.
    let image: Int
    /// The first tile of the input, counted in the grid of the box.
    let place: Int
    let copy: BandCopy
  }

  /// Neighbouring tiles of outputs.
  struct TileRow: Sendable {
    let batch: Int
    /// The first tile, counted in the box.
    let place: Int
    /// Where the first output is in its channel.
    let output: Int
    /// The number of rows of outputs, and of columns.
    let rows: Int
    let columns: Int
  }

  /// The number of tiles of outputs, and of those in one row.
  let tileCount: Int
  let tileColumns: Int
  /// Rows of tiles of the input in a window.
  let windowRows: Int
  /// The distance between rows of tiles of the input.
  let windowStep: Int
  let windows: [Window]
  let rows: [TileRow]
  /// Where the transforms under each tile of outputs are.
  let positions: [Int32]

  init(_ index: Int, _ grid: WinogradGrid) {
    let ranges = grid.boxes.ranges(index)
    let last = ranges.count - 1
    let gridStrides = Shape(grid.boxes.bandExtents).strides
    tileCount = ranges.reduce(1) { $0 * $1.count }
    tileColumns = ranges[last].count
    windowRows = ranges[last - 1].count
    windowStep = gridStrides[last - 1]
    positions = grid.boxes.pixels(ranges).positions.map { $0 * Int32(grid.paddedChannels) }
    rows = Self.rows(ranges, grid)
    let (tile, domain) = (grid.tile, grid.domain)
    let (counts, bandExtents) = (grid.convolution.counts, grid.bandExtents)
    let window = zip(ranges.suffix(2), domain.extended.suffix(2)).map { tiles, extent in
      tile.outputs
        * tiles.lowerBound..<min(tile.outputs * tiles.upperBound + tile.taps - 1, extent)
    }
    let inputs = grid.boxes.inputRanges(ranges)
    var windows: [Window] = []
    Shape(inputs.dropLast(2).map(\.count)).forEachIndex { index in
      let positions = index.indices.map { inputs[$0].lowerBound + index[$0] }
      windows.append(
        Window(
          image: positions[0] * counts.channels * counts.samples,
          place: index.indices.reduce(0) { $0 + index[$1] * gridStrides[$1] },
          copy: BandCopy(
            domain, positions.dropFirst().map { $0..<$0 + 1 } + window, bandExtents: bandExtents)))
    }
    self.windows = windows
  }

  private static func rows(_ ranges: [Range<Int>], _ grid: WinogradGrid) -> [TileRow] {
    let outputs = grid.convolution.output.dimensions
    let (side, last) = (grid.tile.outputs, ranges.count - 1)
    let (height, width) = (outputs[last], outputs[last + 1])
    let column = side * ranges[last].lowerBound
    let columns = min(side * ranges[last].upperBound, width) - column
    var rows: [TileRow] = []
    Shape(ranges.dropLast().map(\.count)).forEachIndex { index in
      var plane = 0
      for axis in 1..<last - 1 {
        plane = plane * outputs[axis + 1] + ranges[axis].lowerBound + index[axis]
      }
      let row = side * (ranges[last - 1].lowerBound + index[last - 1])
      rows.append(
        TileRow(
          batch: ranges[0].lowerBound + index[0], place: rows.count * ranges[last].count,
          output: (plane * height + row) * width + column, rows: min(side, height - row),
          columns: columns))
    }
    return rows
  }
}
