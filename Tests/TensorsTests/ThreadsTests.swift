import Foundation
import Synchronization
import Tensors
import Testing

@Suite(.serialized) struct ThreadsTests {
  @Test(arguments: [1, 2, 5, 64])
  func everyPieceRunsOnce(_ threads: Int) {
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = threads
    for (count, grain) in [(0, 1), (1, 1), (7, 3), (1000, 1), (1001, 64), (5, 100)] {
      var visits = Tensor<Int>(zeros: [max(count, 1)])
      visits.withUnsafeMutableElements { buffer in
        let shared = SharedPointer(buffer)
        parallelFor(count, grain: grain) { shared[$0] += 1 }
      }
      #expect(visits.sum() == count)
      #expect(visits.max() == min(count, 1))
    }
  }

  @Test func partsCoverAllOnce() {
    for (count, size) in [(0, 4), (3, 4), (8, 4), (1001, 64)] {
      var parts = Tensor<Int>(zeros: [max(count, 1)])
      parts.withUnsafeMutableElements { buffer in
        let shared = SharedPointer(buffer)
        forEachPart(count, of: size) { part in
          for index in part { shared[index] += 1 + part.lowerBound }
        }
      }
      #expect((0..<count).allSatisfy { parts[$0] == 1 + $0 / size * size })
    }
  }

  @Test func nestedCallsRunInTurn() {
    var visits = Tensor<Int>(zeros: [20, 30])
    visits.withUnsafeMutableElements { buffer in
      let shared = SharedPointer(buffer)
      parallelFor(20) { row in parallelFor(30) { shared[row * 30 + $0] += 1 } }
    }
    #expect(visits.min() == 1)
    #expect(visits.max() == 1)
  }

  @Test func inTurnIsOneThread() throws {
    let here = pthread_self()
    let elsewhere = Atomic<Int>(0)
    Threads.inTurn {
      parallelFor(1000) { _ in
        if pthread_equal(pthread_self(), here) == 0 { elsewhere.add(1, ordering: .relaxed) }
      }
    }
    #expect(elsewhere.load(ordering: .relaxed) == 0)
  }

  @Test func atLeastOneThread() {
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = 0
    #expect(Threads.count == 1)
  }

  /// Callers on several threads at once, pauses long enough for the pool to fall asleep, pieces of
  /// very different length.
  @Test func callersShareThePool() {
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = 4
    let total = Atomic<Int>(0)
    let callers = (0..<6).map { caller in
      Thread {
        for round in 0..<40 {
          let sum = Atomic<Int>(0)
          parallelFor(30) { piece in
            if piece == caller, round % 10 == 0 { usleep(2000) }
            sum.add(piece, ordering: .relaxed)
          }
          total.add(sum.load(ordering: .relaxed), ordering: .relaxed)
          if round % 8 == caller { usleep(1000) }
        }
        total.add(1_000_000, ordering: .releasing)
      }
    }
    for caller in callers { caller.start() }
    while total.load(ordering: .acquiring) < 6_000_000 { usleep(500) }
    #expect(total.load(ordering: .relaxed) == 6_000_000 + 6 * 40 * 435)
  }
}
