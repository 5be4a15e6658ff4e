import Tensors
import Testing

@testable import Networks

/// What must hold of any pieces of memory, on pieces drawn at random.
@Suite struct MemoryPlanTests {
  private struct Use {
    let piece: Int
    let time: Int
  }

  /// Pieces' counts, and the moments at which they are used, the first of each piece first.
  private static func draw(seed: UInt64) -> (counts: [Int], uses: [Use]) {
    var source = RandomSource(seed: seed)
    let moments = 1 + source.integer(below: 30)
    // Few different counts, so that pieces often fit a place exactly; empty ones too.
    let scale = [1, 16, 40][source.integer(below: 3)]
    let counts = (0..<1 + source.integer(below: 40)).map { _ in source.integer(below: 9) * scale }
    let uses = counts.indices.flatMap { piece in
      (0..<1 + source.integer(below: 3)).map { _ in
        Use(piece: piece, time: source.integer(below: moments))
      }
    }
    return (counts, uses)
  }

  private static func plan(_ counts: [Int], _ uses: [Use]) -> MemoryPlan {
    var memory = MemoryPlan()
    for use in uses {
      if use.piece == memory.pieces.count {
        _ = memory.add(count: counts[use.piece], at: use.time)
      } else {
        memory.use(use.piece, at: use.time)
      }
    }
    memory.place()
    return memory
  }

  @Test(arguments: 0..<300)
  func piecesLieApartInSpaceOrTime(seed: Int) {
    let (counts, uses) = Self.draw(seed: UInt64(seed))
    let memory = Self.plan(counts, uses)
    #expect(memory.pieces.map(\.count) == counts)
    for (index, piece) in memory.pieces.enumerated() {
      let times = uses.filter { $0.piece == index }.map(\.time)
      #expect(piece.times.lowerBound == times.min() && piece.times.upperBound == times.max())
      #expect(piece.offset >= 0 && piece.offset % 16 == 0)
      for other in memory.pieces[..<index] where other.times.overlaps(piece.times) {
        let isApart =
          other.offset + other.count <= piece.offset || piece.offset + piece.count <= other.offset
        #expect(isApart, "\(other) and \(piece)")
      }
    }
    // The block ends with the last piece, rounded up to a cache line.
    let end = memory.pieces.reduce(0) { max($0, $1.offset + $1.count) }
    #expect(memory.count == (end + 15) / 16 * 16)
    // Less than what is in use at one moment cannot do.
    for time in Set(uses.map(\.time)) {
      let inUse = memory.pieces.filter { $0.times.contains(time) }
      #expect(memory.count >= inUse.reduce(0) { $0 + $1.count })
    }
    let again = Self.plan(counts, uses)
    #expect(again.pieces.map(\.offset) == memory.pieces.map(\.offset))
    #expect(again.count == memory.count)
  }
}
