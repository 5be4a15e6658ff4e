/// Pieces of memory that are in use for a time each, and their positions in one block.
struct MemoryPlan: Sendable {
  /// A piece.
  struct Piece: Sendable {
    /// How many values it holds; none where it lies outside the block.
    fileprivate(set) var count: Int
    /// The first and last moment at which it is in use.
    var times: ClosedRange<Int>
    /// Where it starts; set by ``MemoryPlan/place()``.
    var offset = 0
  }

  private(set) var pieces: [Piece] = []
  /// How many values the block holds; set by ``place()``.
  private(set) var count = 0

  /// Adds a piece in use at one moment, and returns its index.
  mutating func add(count: Int, at time: Int) -> Int {
    pieces.append(Piece(count: count, times: time...time))
    return pieces.count - 1
  }

  /// Extends a piece's use to another moment, and to all moments between.
  mutating func use(_ piece: Int, at time: Int) {
    let times = pieces[piece].times
    pieces[piece].times = min(times.lowerBound, time)...max(times.upperBound, time)
  }

  /// Has a piece lie outside the block.
  mutating func moveOutside(_ piece: Int) { pieces[piece].count = 0 }

  /// Gives every piece a place where it overlaps no other in space and time: the largest first, each
  /// at the lowest place that is free.
  mutating func place() {
    let order = pieces.indices.sorted {
      (pieces[$1].count, $0) < (pieces[$0].count, $1)
    }
    var placed: [Int] = []
    for index in order {
      let size = Self.rounded(pieces[index].count)
      let rivals =
        placed
        .filter { pieces[$0].times.overlaps(pieces[index].times) }
        .sorted { pieces[$0].offset < pieces[$1].offset }
      var offset = 0
      for rival in rivals {
        if offset + size <= pieces[rival].offset { break }
        offset = max(offset, pieces[rival].offset + Self.rounded(pieces[rival].count))
      }
      pieces[index].offset = offset
      count = max(count, offset + size)
      placed.append(index)
    }
  }

  /// Pieces start at multiples of a cache line.
  private static func rounded(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}
