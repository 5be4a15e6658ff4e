import SIMDLoops
import Tensors

/// Direct correlation in single precision, tile by tile.
///
/// For each tile a table says where every input row under the tile begins: in the image, in a copy
/// that continues beyond the image's edges, or in a row of the border's constant. The loops read
/// rows only through these pointers.
struct StencilPass: Sendable {
  private let convolution: Convolution
  private let domain: ExtendedDomain
  private let grid: StencilTiles
  private let taps: TapGeometry
  /// Where the samples of the extended image come from, per axis t, z, y, x; one sample for axes that the
  /// image lacks.
  private let sources: [[Int]]

  init(_ convolution: Convolution) {
    self.convolution = convolution
    domain = ExtendedDomain(convolution)
    grid = StencilTiles(convolution, domain: domain)
    taps = TapGeometry(convolution)
    sources = [[Int]](repeating: [0], count: 4 - convolution.spatialRank) + domain.sources
  }

  /// The bytes of scratch memory of one thread.
  var scratchBytes: Int {
    let channels = convolution.kernel[1]
    return grid.mostRows * channels * (grid.pitch * MemoryLayout<Float>.stride + 8)
  }

  func run(
    _ input: UnsafePointer<Float>, weights: UnsafePointer<Float>, kernel: StencilKernel,
    _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue<Float>
  ) {
    let counts = convolution.counts
    let grid = grid
    let imageCount = grid.image.reduce(1, *)
    let outputCount = grid.outputs.reduce(1, *)
    let source = ReadOnlyPointer(input)
    let weights = ReadOnlyPointer(weights)
    let target = SharedPointer(output)
    let outputChannels = epilogue.combinesPairs ? counts.filters / 2 : counts.filters
    let tileCount = grid.tiles.count
    parallelFor(counts.batch * convolution.groups * tileCount) { piece in
      let tile = grid.tiles[piece % tileCount]
      let group = piece / tileCount % convolution.groups
      let batch = piece / tileCount / convolution.groups
      let channels = batch * counts.channels + group * counts.channelsPerGroup
      let filters = group * counts.filtersPerGroup..<(group + 1) * counts.filtersPerGroup
      for segment in tile.segments {
        withRows(source.pointer + channels * imageCount, tile, segment) { rows in
          let work = StencilWork(
            grid: grid, taps: taps, tile: tile, columns: segment.columns, rows: rows,
            readable: segment.isDirect
              ? segment.columns.count : readable(segment.columns.count),
            weights: weights.pointer, epilogue: epilogue,
            output: target.pointer + batch * outputChannels * outputCount)
          work.run(kernel, filters: filters)
        }
      }
    }
  }

  /// Outputs of copied rows that have samples: one vector at the image's edges, else as many as there is
  /// room for.
  private func readable(_ columns: Int) -> Int { columns <= 16 ? 16 : grid.pitch - reach(3) }

  private func reach(_ axis: Int) -> Int { (grid.taps[axis] - 1) * grid.dilation[axis] }

  /// Calls `body` with the starts of all input rows under some columns of a tile:
  /// `[channels, t, z, y]` of the tile's box in the extended image.
  private func withRows(
    _ image: UnsafePointer<Float>, _ tile: StencilTiles.Tile, _ segment: StencilTiles.Segment,
    _ body: (UnsafeMutablePointer<UnsafePointer<Float>?>) -> Void
  ) {
    let channels = convolution.kernel[1]
    let columns = segment.columns.lowerBound..<segment.columns.upperBound + reach(3)
    let box = [
      tile.times.lowerBound..<tile.times.upperBound + reach(0),
      tile.depths.lowerBound..<tile.depths.upperBound + reach(1),
      tile.rows.lowerBound..<tile.rows.upperBound + reach(2),
    ]
    let count = channels * box.reduce(1) { $0 * $1.count }
    let imageCount = grid.image.reduce(1, *)
    // A row of the constant follows the copied rows.
    let rowLength = max(grid.pitch, columns.count + grid.pitch)
    let copied = segment.isDirect ? 0 : count * grid.pitch
    withScratch(UnsafePointer<Float>?.self, count: count) { rows in
      withScratch(Float.self, count: copied + rowLength) { memory in
        let constant = memory + copied
        constant.update(repeating: Float(domain.fill), count: rowLength)
        // One access to each table for all rows.
        let (times, depths, lines, all) = (sources[0], sources[1], sources[2], sources[3])
        let (first, fill) = (all[columns.lowerBound], Float(domain.fill))
        let edge = segment.isDirect ? [] : Array(all[columns])
        let missing = readable(segment.columns.count) - segment.columns.count
        var row = 0
        for channel in 0..<channels {
          for time in box[0] {
            let t = times[time]
            for depth in box[1] {
              let z = depths[depth]
              for y in box[2] {
                let line = lines[y]
                if t < 0 || z < 0 || line < 0 {
                  rows[row] = UnsafePointer(constant)
                } else {
                  let start = ((t * grid.image[1] + z) * grid.image[2] + line) * grid.image[3]
                  let samples = image + channel * imageCount + start
                  if segment.isDirect {
                    rows[row] = samples + first
                  } else {
                    let copy = memory + row * grid.pitch
                    if edge.count < 64 {
                      for (position, source) in edge.enumerated() {
                        copy[position] = source < 0 ? fill : samples[source]
                      }
                    } else {
                      domain.copyRow(samples, columns, into: copy)
                    }
                    // Samples past the end are read, though nothing computed from them is stored.
                    for position in columns.count..<columns.count + missing { copy[position] = 0 }
                    rows[row] = UnsafePointer(copy)
                  }
                }
                row += 1
              }
            }
          }
        }
        body(rows)
      }
    }
  }
}

/// The filters' outputs in one tile, for columns whose input rows are known.
private struct StencilWork {
  let grid: StencilTiles
  let taps: TapGeometry
  let tile: StencilTiles.Tile
  let columns: Range<Int>
  let rows: UnsafeMutablePointer<UnsafePointer<Float>?>
  let readable: Int
  let weights: UnsafePointer<Float>
  let epilogue: Epilogue<Float>
  /// The first channel of the batch entry.
  let output: UnsafeMutablePointer<Float>

  func run(_ kernel: StencilKernel, filters: Range<Int>) {
    let step = grid.dilation[2]
    let mostRows = (tile.rows.count + step - 1) / step
    let lineCount = taps.planes * (mostRows + taps.rows - 1)
    let targetCount = max(mostRows, 2 * Int(StencilMaxPairs))
    withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: lineCount) { lines in
      withUnsafeTemporaryAllocation(
        of: UnsafeMutablePointer<Float>?.self, capacity: targetCount
      ) { targets in
        guard let lines = lines.baseAddress, let targets = targets.baseAddress else { return }
        for time in tile.times {
          for depth in tile.depths {
            for residue in 0..<min(step, tile.rows.count) {
              let count = (tile.rows.count - residue + step - 1) / step
              gather(time, depth, residue, count, into: lines)
              compute(
                kernel, filters, lines, perPlane: count + taps.rows - 1, targets, time, depth,
                tile.rows.lowerBound + residue, count)
            }
          }
        }
      }
    }
  }

  /// Collects the input rows under `count` output rows, a dilation apart: line after line for each plane
  /// of taps.
  private func gather(
    _ time: Int, _ depth: Int, _ residue: Int, _ count: Int,
    into lines: UnsafeMutablePointer<UnsafePointer<Float>?>
  ) {
    let depths = tile.depths.count + (grid.taps[1] - 1) * grid.dilation[1]
    let height = tile.rows.count + (grid.taps[2] - 1) * grid.dilation[2]
    let times = tile.times.count + (grid.taps[0] - 1) * grid.dilation[0]
    let channels = taps.planes / (grid.taps[0] * grid.taps[1])
    let step = grid.dilation[2]
    var line = lines
    for channel in 0..<channels {
      for tapTime in 0..<grid.taps[0] {
        let t = channel * times + time - tile.times.lowerBound + tapTime * grid.dilation[0]
        for tapDepth in 0..<grid.taps[1] {
          let z = t * depths + depth - tile.depths.lowerBound + tapDepth * grid.dilation[1]
          let first = rows + z * height + residue
          for row in 0..<taps.rows + count - 1 {
            line.pointee = first[row * step]
            line += 1
          }
        }
      }
    }
  }

  /// Where a filter's output row starts.
  private func target(_ filter: Int, _ time: Int, _ depth: Int, _ row: Int)
    -> UnsafeMutablePointer<Float>
  {
    let line =
      ((filter * grid.outputs[0] + time) * grid.outputs[1] + depth) * grid.outputs[2] + row
    return output + line * grid.outputs[3] + columns.lowerBound
  }

  /// All filters for `count` output rows, a dilation apart from `row` on.
  private func compute(
    _ kernel: StencilKernel, _ filters: Range<Int>,
    _ lines: UnsafeMutablePointer<UnsafePointer<Float>?>, perPlane: Int,
    _ targets: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>, _ time: Int, _ depth: Int,
    _ row: Int, _ count: Int
  ) {
    // Several filters read the same few rows while these are in the first-level cache.
    let together = kernel.jobs.count == 1 ? count : min(taps.rows, Int(StencilMaxRows))
    let step = grid.dilation[2]
    let combines = epilogue.combinesPairs
    for first in stride(from: 0, to: count, by: together) {
      let part = min(together, count - first)
      func target(_ filter: Int, _ index: Int) -> UnsafeMutablePointer<Float> {
        self.target(filter, time, depth, row + (first + index) * step)
      }
      for (job, offset) in kernel.jobs {
        switch job {
        case .single(let filter):
          guard filters.contains(filter) else { continue }
          if combines, filter % 2 == 1 {
            // A pair that is not computed as one: its first part waits in scratch memory.
            withScratch(Float.self, count: part * columns.count) { odd in
              for index in 0..<part { targets[index] = odd + index * columns.count }
              correlate(filter, offset, lines + first, perPlane, targets, part)
              for index in 0..<part {
                let even = target(filter / 2, index)
                Epilogue.combine(
                  even: even, odd: odd + index * columns.count, into: even, count: columns.count)
              }
            }
          } else {
            for index in 0..<part {
              targets[index] = target(combines ? filter / 2 : filter, index)
            }
            correlate(filter, offset, lines + first, perPlane, targets, part)
          }
        case .pairs(let even, let odd):
          guard filters.contains(even[0]) else { continue }
          for index in 0..<part {
            for (position, filter) in (even + odd).enumerated() {
              targets[position] = target(combines ? filter / 2 : filter, index)
            }
            correlatePairs(
              even, odd, offset, lines, skip: first + index, linesPerPlane: perPlane, targets)
          }
        }
      }
    }
  }

  private func correlate(
    _ filter: Int, _ offset: Int, _ lines: UnsafeMutablePointer<UnsafePointer<Float>?>,
    _ perPlane: Int, _ targets: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>, _ count: Int
  ) {
    var work = StencilRows()
    work.lines = UnsafePointer(lines)
    work.plane_lines = perPlane
    work.weights = weights + offset
    work.outputs = UnsafePointer(targets)
    work.planes = taps.planes
    work.tap_rows = taps.rows
    work.tap_columns = taps.columns
    work.column_step = grid.dilation[3]
    work.rows = count
    work.count = columns.count
    work.readable = readable
    work.bias = epilogue.bias?[filter] ?? 0
    work.activation = StencilActivation(epilogue.activation)
    stencil_rows(&work)
  }

  /// One row of pairs; `skip` is its number among the rows that `lines` were collected for.
  private func correlatePairs(
    _ even: [Int], _ odd: [Int], _ offset: Int,
    _ lines: UnsafeMutablePointer<UnsafePointer<Float>?>, skip: Int, linesPerPlane: Int,
    _ targets: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
  ) {
    // The loops see the lines of a channel's planes as one run of lines about one centre.
    let channels = taps.planes / (grid.taps[0] * grid.taps[1])
    let lineCount = taps.planes * taps.rows
    withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: lineCount) { run in
      for plane in 0..<taps.planes {
        for line in 0..<taps.rows {
          run[plane * taps.rows + line] = lines[plane * linesPerPlane + skip + line]
        }
      }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: even.count + odd.count) { biases in
        for (position, filter) in (even + odd).enumerated() {
          biases[position] = epilogue.bias?[filter] ?? 0
        }
        var work = StencilPairs()
        work.lines = run.baseAddress.map { UnsafePointer($0) }
        work.weights = weights + offset
        work.outputs = UnsafePointer(targets)
        work.biases = biases.baseAddress.map { UnsafePointer($0) }
        work.planes = channels
        work.plane_lines = lineCount / channels
        work.tap_columns = taps.columns
        work.column_step = grid.dilation[3]
        work.pairs = even.count
        work.count = columns.count
        work.readable = readable
        work.activation = StencilActivation(epilogue.activation)
        work.combines = epilogue.combinesPairs
        stencil_pairs(&work)
      }
    }
  }
}

extension StencilActivation {
  init(_ activation: Activation) {
    switch activation {
    case .identity: self.init(slope: 1, is_linear: true)
    case .relu: self.init(slope: 0, is_linear: false)
    case .leakyReLU(let slope): self.init(slope: Float(slope), is_linear: false)
    }
  }
}
