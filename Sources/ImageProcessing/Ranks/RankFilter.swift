import Convolutions
import Tensors

/// The sample of a given rank in a neighbourhood, for any neighbourhood and number of axes.
///
/// A tile and its surroundings are sorted once. The window is then a set of ranks, one bit each: it
/// slides by setting and clearing the bits at its ends, while the count of bits below the word that holds
/// the wanted one is updated (after Huang, Yang, Tang 1979).
struct RankFilter<Scalar: ConvolutionScalar>: Sendable {
  /// The neighbourhood's positions relative to a sample.
  let offsets: [[Int]]
  /// Which of its samples in ascending order, from 0.
  let rank: Int
  let border: Border

  /// The filtered image `[…, space…]`.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func run(_ image: Tensor<Scalar>) -> Tensor<Scalar> {
    let axes = offsets[0].count
    let space = Array(image.shape.dimensions.suffix(axes))
    let images = image.shape.dimensions.dropLast(axes).reduce(1, *)
    let samples = space.reduce(1, *)
    guard samples > 0, images > 0 else { return image }
    let low = (0..<axes).map { axis in offsets.map { $0[axis] }.min() ?? 0 }
    let high = (0..<axes).map { axis in offsets.map { $0[axis] }.max() ?? 0 }
    let tile = (0..<axes).map { axis in
      let wanted = axis == axes - 1 ? (axes < 3 ? 192 : 48) : (axes < 3 ? 48 : 12)
      return min(space[axis], max(wanted, (high[axis] - low[axis]) / 2))
    }
    let tiles = Shape((0..<axes).map { (space[$0] + tile[$0] - 1) / tile[$0] })
    let perImage = tiles.elementCount
    return Tensor(uninitialized: image.shape) { buffer in
      let output = SharedPointer(buffer)
      image.withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
        parallelFor(images * perImage) { piece in
          let start = zip(tiles.index(at: piece % perImage), tile).map { $0 * $1 }
          let extents = (0..<axes).map { min(tile[$0], space[$0] - start[$0]) }
          let offset = piece / perImage * samples
          RankTile(self, space, start: start, extents: extents, low: low, high: high).run(
            source.pointer + offset, into: output.pointer + offset)
        }
      }
    }
  }
}

/// One tile of a rank filter.
private struct RankTile<Scalar: ConvolutionScalar> {
  private let filter: RankFilter<Scalar>
  private let space: [Int]
  private let start: [Int]
  private let extents: [Int]
  private let low: [Int]
  /// The tile and its surroundings.
  private let region: Shape
  /// The neighbourhood, and its members that enter and leave when it moves by one sample.
  private let members: [Int]
  private let entering: [Int]
  private let leaving: [Int]

  init(
    _ filter: RankFilter<Scalar>, _ space: [Int], start: [Int], extents: [Int], low: [Int],
    high: [Int]
  ) {
    self.filter = filter
    self.space = space
    self.start = start
    self.extents = extents
    self.low = low
    region = Shape(extents.indices.map { extents[$0] + high[$0] - low[$0] })
    let strides = region.strides
    func place(_ offset: [Int]) -> Int {
      offset.indices.reduce(0) { $0 + (offset[$1] - low[$1]) * strides[$1] }
    }
    let all = Set(filter.offsets)
    func moved(_ offset: [Int], _ step: Int) -> [Int] {
      var moved = offset
      moved[moved.count - 1] += step
      return moved
    }
    members = filter.offsets.map(place)
    entering = filter.offsets.filter { !all.contains(moved($0, 1)) }.map { place(moved($0, 1)) }
    leaving = filter.offsets.filter { !all.contains(moved($0, -1)) }.map(place)
  }

  @inline(__always)
  func run(_ image: UnsafePointer<Scalar>, into output: UnsafeMutablePointer<Scalar>) {
    let count = region.elementCount
    let words = (count + 63) / 64
    withScratch(Scalar.self, count: 2 * count) { values in
      withScratch(UInt32.self, count: 3 * count) { codes in
        withScratch(UInt64.self, count: words) { bits in
          copy(image, into: values)
          Ranking.sort(
            values, count, codes: codes, scratch: codes + count, sorted: values + count)
          bits.initialize(repeating: 0, count: words)
          slide(codes, values + count, bits, output)
        }
      }
    }
  }

  /// Copies the region, continued beyond the image's edges.
  @inline(__always)
  private func copy(_ image: UnsafePointer<Scalar>, into values: UnsafeMutablePointer<Scalar>) {
    let axes = space.count
    let strides = Shape(space).strides
    let sources = (0..<axes).map { axis in
      (0..<region[axis]).map { position in
        let sample = start[axis] + low[axis] + position
        return filter.border.source(of: sample, extent: space[axis]).map { $0 * strides[axis] }
          ?? -1
      }
    }
    let fill = Scalar(filter.border.fill)
    let width = region[axes - 1]
    let last = sources[axes - 1]
    let outer = Shape(Array(region.dimensions.dropLast()))
    for row in 0..<outer.elementCount {
      var from = 0
      for (axis, position) in outer.index(at: row).enumerated() {
        let offset = sources[axis][position]
        from = from < 0 || offset < 0 ? -1 : from + offset
      }
      let line = values + row * width
      for position in 0..<width {
        let offset = last[position]
        line[position] = from < 0 || offset < 0 ? fill : image[from + offset]
      }
    }
  }

  /// Moves the window along every row of the tile.
  @inline(__always)
  private func slide(
    _ codes: UnsafePointer<UInt32>, _ sorted: UnsafePointer<Scalar>,
    _ bits: UnsafeMutablePointer<UInt64>, _ output: UnsafeMutablePointer<Scalar>
  ) {
    let axes = space.count
    let outer = Shape(Array(extents.dropLast()))
    let (inner, outStrides) = (region.strides, Shape(space).strides)
    var word = 0
    var below = 0
    members.withUnsafeBufferPointer { members in
      entering.withUnsafeBufferPointer { entering in
        leaving.withUnsafeBufferPointer { leaving in
          for row in 0..<outer.elementCount {
            let index = outer.index(at: row)
            var (from, to) = (0, start[axes - 1])
            for axis in 0..<axes - 1 {
              from += index[axis] * inner[axis]
              to += (start[axis] + index[axis]) * outStrides[axis]
            }
            @inline(__always) func set(_ code: UInt32) {
              let place = Int(code >> 6)
              bits[place] |= 1 << UInt64(code & 63)
              below &+= place < word ? 1 : 0
            }
            @inline(__always) func clear(_ code: UInt32) {
              let place = Int(code >> 6)
              bits[place] &= ~(1 << UInt64(code & 63))
              below &-= place < word ? 1 : 0
            }
            for member in members { set(codes[from + member]) }
            for column in 0..<extents[axes - 1] {
              if column > 0 {
                let place = codes + from + column - 1
                for member in leaving { clear(place[member]) }
                for member in entering { set(place[member]) }
              }
              while below > filter.rank {
                word &-= 1
                below &-= bits[word].nonzeroBitCount
              }
              var here = bits[word].nonzeroBitCount
              while below &+ here <= filter.rank {
                below &+= here
                word &+= 1
                here = bits[word].nonzeroBitCount
              }
              var rest = bits[word]
              for _ in below..<filter.rank { rest &= rest &- 1 }
              output[to + column] = sorted[word &* 64 &+ rest.trailingZeroBitCount]
            }
            let end = from + extents[axes - 1] - 1
            for member in members { clear(codes[end + member]) }
          }
        }
      }
    }
  }
}

/// Sorting that keeps the position of every value.
private enum Ranking {
  /// codes[i] = the rank of values[i], each rank once; sorted[rank] = the value.
  ///
  /// Radix sort of the bits, transformed so that their order as integers is that of the values.
  @inline(__always)
  static func sort<Scalar: ConvolutionScalar>(
    _ values: UnsafePointer<Scalar>, _ count: Int, codes: UnsafeMutablePointer<UInt32>,
    scratch: UnsafeMutablePointer<UInt32>, sorted: UnsafeMutablePointer<Scalar>
  ) {
    withScratch(UInt64.self, count: count) { keys in
      var differing: UInt64 = 0
      for index in 0..<count {
        let key: UInt64
        if Scalar.self == Float.self {
          let bits = Float(values[index]).bitPattern
          key = UInt64(bits >> 31 == 1 ? ~bits : bits | 0x8000_0000)
        } else {
          let bits = Double(values[index]).bitPattern
          key = bits >> 63 == 1 ? ~bits : bits | 0x8000_0000_0000_0000
        }
        keys[index] = key
        differing |= key ^ keys[0]
      }
      var (order, other) = (scratch, scratch + count)
      for index in 0..<count { order[index] = UInt32(truncatingIfNeeded: index) }
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 2048) { counts in
        for pass in 0..<6 {
          let shift = UInt64(11 * pass)
          guard differing >> shift & 2047 != 0 else { continue }
          counts.initialize(repeating: 0)
          for index in 0..<count { counts[Int(keys[index] >> shift & 2047)] &+= 1 }
          var sum: UInt32 = 0
          for digit in 0..<2048 {
            let here = counts[digit]
            counts[digit] = sum
            sum &+= here
          }
          for position in 0..<count {
            let index = order[position]
            let digit = Int(keys[Int(index)] >> shift & 2047)
            other[Int(counts[digit])] = index
            counts[digit] &+= 1
          }
          swap(&order, &other)
        }
      }
      for rank in 0..<count {
        let index = Int(order[rank])
        codes[index] = UInt32(truncatingIfNeeded: rank)
        sorted[rank] = values[index]
      }
    }
  }
}
