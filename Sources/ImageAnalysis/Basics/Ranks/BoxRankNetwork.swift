import Convolutions
import SIMDLoops
import Tensors

/// The sample of a rank among those of a box, in single precision, for boxes of any extents.
///
/// Columns, which are what a box has of samples with the same last coordinate, are sorted; pairs of
/// neighbouring columns are merged, pairs of pairs, and so on. Each of these lists serves every box
/// it lies in. A box of n columns is made of one list for each binary digit of n: the short ones are
/// merged, and of what they and the longest hold the wanted sample is picked. All is done by exchange
/// networks on as many samples side by side as a vector holds (after A. Adams, *Fast median filters
/// using separable sorting networks*, 2021).
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
  ///   - extents: Those of the box, at most ``mostSamples`` samples together.
  ///   - rank: Which of the samples in ascending order, from 0.
  init(extents: [Int], rank: Int) {
    self.extents = extents
    self.rank = rank
    let columns = extents[extents.count - 1]
    let height = extents.dropLast().reduce(1, *)
    let pieces = Self.pieces(of: columns)
    let top = pieces[0]
    let rest = (columns - (1 << top)) * height
    // Of the longest list none below has a chance if all others are larger, and none above if all
    // are smaller.
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
  ///   - before: How far the box reaches before a sample along each axis.
  func run(
    _ image: Tensor<Float>, before: [Int], border: Border
  ) throws(FiltersmithError) -> Tensor<Float> {
    let leading = [Int](repeating: 0, count: image.rank - extents.count)
    var after = zip(extents, before).map { $0 - 1 - $1 }
    // What vectors read beyond the last sample.
    after[after.count - 1] += Self.slack
    let padded = try image.padded(before: leading + before, after: leading + after, border: border)
    let width = image.shape[image.rank - 1]
    let outer = Shape(Array(image.shape.dimensions.dropLast()))
    let strides = padded.shape.strides
    let offsets = rowOffsets(Array(strides.suffix(extents.count).dropLast()))
    return Tensor(uninitialized: image.shape) { buffer in
      let output = SharedPointer(buffer)
      padded.withUnsafeElements { source in
        let source = SharedPointer(reading: source)
        parallelFor(outer.elementCount) { row in
          let start = zip(outer.index(at: row), strides).reduce(0) { $0 + $1.0 * $1.1 }
          withScratch(Float.self, count: step * planes) { scratch in
            for x in stride(from: 0, to: width, by: Self.tile) {
              let lines = offsets.map { UnsafePointer(source.pointer + start + x + $0) }
              tile(lines, min(Self.tile, width - x), scratch, output.pointer + row * width + x)
            }
          }
        }
      }
    }
  }

  /// Samples that are filtered side by side.
  private static let tile = 128
  /// Samples that vectors reach beyond a row.
  private static let slack = 32
  /// The distance of lists' planes: a tile and as many columns as a box has beside one.
  private var step: Int { Self.tile + columns + Self.slack }

  /// How many planes all lists have.
  private var planes: Int {
    let lists = levels.reduce(0) { $0 + $1.outputs.count }
    return lists + merges.reduce(0) { $0 + $1.outputs.count } + 1
  }

  /// Where a column's samples lie.
  private func rowOffsets(_ strides: [Int]) -> [Int] {
    var offsets: [Int] = []
    Shape(Array(extents.dropLast())).forEachIndex { index in
      offsets.append(zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 })
    }
    return offsets
  }

  /// Planes of sorted lists, one place of the list each.
  private typealias Planes = [UnsafePointer<Float>]

  private func tile(
    _ lines: Planes, _ count: Int, _ scratch: UnsafeMutablePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
  ) {
    var free = scratch
    func apply(_ network: ExchangeNetwork, _ inputs: Planes, _ count: Int) -> Planes {
      let start = free
      free += network.outputs.count * step
      inputs.map { $0 as UnsafePointer<Float>? }.withUnsafeBufferPointer { inputs in
        rank_exchanges(
          inputs.baseAddress, inputs.count, network.exchanges, network.count, network.outputs,
          network.outputs.count, count, start, step)
      }
      return network.outputs.indices.map { UnsafePointer(start + $0 * step) }
    }
    var lists = [apply(levels[0], lines, count + columns - 1)]
    for level in 1..<max(levels.count, 1) {
      let below = lists[level - 1]
      let shifted = below.map { $0 + (1 << (level - 1)) }
      lists.append(apply(levels[level], below + shifted, count + columns - (1 << level)))
    }
    let pieces = Self.pieces(of: columns)
    var places = [Int](repeating: 0, count: pieces.count)
    for index in pieces.indices.dropFirst() {
      places[index] = places[index - 1] + (1 << pieces[index - 1])
    }
    var short: Planes = []
    var merge = 0
    for index in pieces.indices.dropFirst().reversed() {
      let list = lists[pieces[index]].map { $0 + places[index] }
      if short.isEmpty {
        short = list
      } else {
        short = apply(merges[merge], short + list, count)
        merge += 1
      }
    }
    let long = pieces[0] == 0 ? Array(lists[0][kept]) : lists[pieces[0]]
    pick(long, short, count, output)
  }

  /// The sample of the rank: the smallest, over all ways to take rank + 1 samples from the fronts of
  /// both lists, of the largest taken.
  private func pick(
    _ long: Planes, _ short: Planes, _ count: Int, _ output: UnsafeMutablePointer<Float>
  ) {
    var (first, second): ([UnsafePointer<Float>?], [UnsafePointer<Float>?]) = ([], [])
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
    rank_pick(first, second, first.count, count, output)
  }
}
