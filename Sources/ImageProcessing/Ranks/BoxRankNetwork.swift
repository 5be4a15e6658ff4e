import Convolutions
import SIMDLoops
import Tensors

/// The sample of a given rank among those of a box, in single precision, for boxes of any extents.
///
/// The columns of a box, its samples with the same last coordinate, are sorted; pairs of neighbouring
/// columns are merged, then pairs of pairs, and so on. Each of these lists serves every box it lies in. A
/// box of n columns is made of one list for each binary digit of n: the short ones are merged, and the
/// wanted sample is selected from these and the longest. Exchange networks do all of it on as many
/// samples side by side as a vector holds (after A. Adams, *Fast median filters using separable sorting
/// networks*, 2021).
struct BoxRankNetwork: Sendable {
  /// The box's extents along the image's last axes.
  private let extents: [Int]
  /// Which of the samples in ascending order, from 0.
  private let rank: Int
  /// From columns to lists of 2, 4, … columns; the first sorts a column.
  private let levels: [ExchangeNetwork]
  /// Merges the shorter lists, shortest first.
  private let merges: [ExchangeNetwork]
  /// Which outputs of the longest list are kept.
  private let kept: Range<Int>

  private var columns: Int { extents[extents.count - 1] }
  private var columnCount: Int { extents.dropLast().reduce(1, *) }

  /// How many exchanges every sample takes.
  var exchangesPerSample: Int {
    levels.reduce(0) { $0 + $1.count } + merges.reduce(0) { $0 + $1.count } + kept.count
  }

  /// Whether sliding a window, whose work grows with the column, takes longer.
  var isFasterThanSliding: Bool { exchangesPerSample < 16 * simd_float_lanes() * columnCount }

  /// Boxes beyond this many samples take too long to merge.
  static let mostSamples = 1024

  /// - Parameters:
  ///   - extents: Those of the box, at most ``mostSamples`` samples in all.
  ///   - rank: Which of the samples in ascending order, from 0.
  init(extents: [Int], rank: Int) {
    self.extents = extents
    self.rank = rank
    let columns = extents[extents.count - 1]
    let height = extents.dropLast().reduce(1, *)
    let pieces = Self.pieces(of: columns)
    let top = pieces[0]
    let rest = (columns - (1 << top)) * height
    // Elements of the longest list before these are too small even if all others are larger, and
    // those after these too large even if all others are smaller.
    let longest = height << top
    kept = max(rank - rest, 0)..<min(rank + 1, longest)
    var levels = [ExchangeNetwork.sorting(height)]
    for level in 0..<top {
      let half = height << level
      levels.append(.merging(half, half, wanted: level == top - 1 ? kept : nil))
    }
    self.levels = levels
    var merges: [ExchangeNetwork] = []
    var have = 0
    for piece in pieces.dropFirst().reversed() {
      if have > 0 { merges.append(.merging(have, height << piece)) }
      have += height << piece
    }
    self.merges = merges
  }

  /// The binary digits of a count, longest first.
  private static func pieces(of count: Int) -> [Int] {
    (0..<Int.bitWidth).reversed().filter { count >> $0 & 1 == 1 }
  }

  /// The filtered image `[…, space…]`.
  ///
  /// - Parameters:
  ///   - image: With at least as many axes as the box.
  ///   - before: How far the box extends before a sample along each axis.
  func run(
    _ image: Tensor<Float>, before: [Int], border: Border
  ) throws(FiltersmithError) -> Tensor<Float> {
    let leading = [Int](repeating: 0, count: image.rank - extents.count)
    var after = zip(extents, before).map { $0 - 1 - $1 }
    // What vectors read past the last sample.
    after[after.count - 1] += Self.slack
    let padded = try image.padded(before: leading + before, after: leading + after, border: border)
    let width = image.shape[image.rank - 1]
    let outer = Shape(Array(image.shape.dimensions.dropLast()))
    let strides = padded.shape.strides
    let offsets = rowOffsets(Array(strides.suffix(extents.count).dropLast()))
    let (rows, band) = (outer.elementCount, 8)
    return Tensor(uninitialized: image.shape) { buffer in
      let output = SharedPointer(buffer)
      padded.withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
        parallelFor((rows + band - 1) / band) { piece in
          withScratch(Float.self, count: step * planes) { scratch in
            var walk = walk(in: scratch)
            for row in piece * band..<min((piece + 1) * band, rows) {
              let start = zip(outer.index(at: row), strides).reduce(0) { $0 + $1.0 * $1.1 }
              for x in stride(from: 0, to: width, by: Self.tile) {
                let from = source.pointer + start + x
                for (place, offset) in offsets.enumerated() { walk.inputs[place] = from + offset }
                run(walk, min(Self.tile, width - x), output.pointer + row * width + x)
              }
            }
          }
        }
      }
    }
  }

  /// Samples that are filtered side by side.
  private static let tile = 128
  /// Samples that vectors extend beyond a row.
  private static let slack = 32
  /// The distance between the planes of lists: a tile and as many columns as a box has in addition to
  /// one.
  private var step: Int { Self.tile + columns + Self.slack }

  /// The number of planes of all lists.
  private var planes: Int {
    let lists = levels.reduce(0) { $0 + $1.outputs.count }
    return lists + merges.reduce(0) { $0 + $1.outputs.count } + 1
  }

  /// Where a column's samples are.
  private func rowOffsets(_ strides: [Int]) -> [Int] {
    var offsets: [Int] = []
    Shape(Array(extents.dropLast())).forEachIndex { index in
      offsets.append(zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 })
    }
    return offsets
  }

  /// Planes of sorted lists, one for each position in the list.
  private typealias Planes = [UnsafePointer<Float>?]

  /// Which planes each network reads and writes, the same for all tiles except for the columns' samples.
  private struct Walk {
    struct Step {
      let network: ExchangeNetwork
      /// Where its planes begin among the inputs.
      let first: Int
      let inputs: Int
      let output: UnsafeMutablePointer<Float>
      /// How many more samples than the tile has are needed.
      let more: Int
    }

    /// The planes that networks read, beginning with the columns' samples.
    var inputs: Planes = []
    var steps: [Step] = []
    /// The arguments of ``rank_pick``.
    var first: Planes = []
    var second: Planes = []
  }

  private func walk(in scratch: UnsafeMutablePointer<Float>) -> Walk {
    var walk = Walk()
    var free = scratch
    func apply(_ network: ExchangeNetwork, _ inputs: Planes, more: Int = 0) -> Planes {
      let start = free
      walk.steps.append(
        Walk.Step(
          network: network, first: walk.inputs.count, inputs: inputs.count, output: start,
          more: more))
      walk.inputs += inputs
      free += network.outputs.count * step
      return network.outputs.indices.map { UnsafePointer(start + $0 * step) }
    }
    func moved(_ planes: Planes, by places: Int) -> Planes {
      planes.map { plane in plane.map { $0 + places } }
    }
    let unknown = Planes(repeating: nil, count: columnCount)
    var lists = [apply(levels[0], unknown, more: columns - 1)]
    for level in levels.indices.dropFirst() {
      let below = lists[level - 1]
      let next = moved(below, by: 1 << (level - 1))
      lists.append(apply(levels[level], below + next, more: columns - (1 << level)))
    }
    let pieces = Self.pieces(of: columns)
    var short: Planes = []
    var (merge, place) = (0, columns)
    for piece in pieces.dropFirst().reversed() {
      place -= 1 << piece
      let list = moved(lists[piece], by: place)
      if short.isEmpty {
        short = list
      } else {
        short = apply(merges[merge], short + list)
        merge += 1
      }
    }
    let long = pieces[0] == 0 ? Array(lists[0][kept]) : lists[pieces[0]]
    (walk.first, walk.second) = candidates(long, short)
    return walk
  }

  private func run(_ walk: Walk, _ count: Int, _ output: UnsafeMutablePointer<Float>) {
    walk.inputs.withUnsafeBufferPointer { inputs in
      guard let inputs = inputs.baseAddress else { return }
      for part in walk.steps {
        rank_exchanges(
          inputs + part.first, part.inputs, part.network.exchanges, part.network.count,
          part.network.outputs, part.network.outputs.count, count + part.more, part.output, step)
      }
    }
    rank_pick(walk.first, walk.second, walk.first.count, count, output)
  }

  /// The sample of the rank: the minimum, over all ways to take rank + 1 samples from the fronts of both
  /// lists, of the largest sample taken.
  private func candidates(_ long: Planes, _ short: Planes) -> (Planes, Planes) {
    var (first, second): (Planes, Planes) = ([], [])
    for taken in 0...short.count {
      let rest = rank + 1 - taken
      guard rest >= 0 else { break }
      let ofShort = taken > 0 ? short[taken - 1] : nil
      let place = rest - 1 - kept.lowerBound
      guard place < long.count else { continue }
      let ofLong = rest > 0 && place >= 0 ? long[place] : nil
      guard let one = ofLong ?? ofShort else { continue }
      first.append(one)
      second.append(ofShort ?? one)
    }
    return (first, second)
  }
}
