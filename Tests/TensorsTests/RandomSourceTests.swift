import Tensors
import Testing

@Suite struct RandomSourceTests {
  /// Computed by another implementation of SplitMix64 and xoshiro256++.
  @Test func firstNumbersOfSeedZero() {
    var source = RandomSource(seed: 0)
    #expect(source.next() == 0x5317_5D61_490B_23DF)
    #expect(source.next() == 0x61DA_6F3D_C380_D507)
    #expect(source.next() == 0x5C0F_DF91_EC9A_7BFC)
  }

  @Test func sameSeedSameBits() {
    var first = RandomSource(seed: 42)
    var second = RandomSource(seed: 42)
    var other = RandomSource(seed: 43)
    let numbers = (0..<8).map { _ in first.next() }
    #expect(numbers == (0..<8).map { _ in second.next() })
    #expect(numbers != (0..<8).map { _ in other.next() })
    #expect(Set(numbers).count == 8)
  }

  @Test func uniformMoments() {
    var source = RandomSource(seed: 1)
    let numbers = Tensor<Double>.uniform(shape: [100_000], in: -1..<3, using: &source)
    #expect(abs(numbers.mean() - 1) < 0.02)
    #expect(abs(numbers.variance() - 16.0 / 12) < 0.02)
    #expect(numbers.elements.allSatisfy { (-1..<3).contains($0) })
  }

  @Test func normalMoments() {
    var source = RandomSource(seed: 2)
    let numbers = Tensor<Double>.normal(shape: [100_000], mean: 2, deviation: 3, using: &source)
    let centered = (numbers - 2) / 3
    #expect(abs(centered.mean()) < 0.015)
    #expect(abs(centered.variance() - 1) < 0.02)
    #expect(abs(centered.map { $0 * $0 * $0 }.mean()) < 0.05)
    #expect(abs(centered.map { $0 * $0 * $0 * $0 }.mean() - 3) < 0.1)
  }

  @Test func wholeNumbersAreUnbiased() {
    var source = RandomSource(seed: 3)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[source.integer(below: 7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })
  }

  @Test func shufflesArePermutations() {
    var source = RandomSource(seed: 4)
    var firsts = [Int](repeating: 0, count: 5)
    for _ in 0..<10_000 {
      var cards = Array(0..<5)
      source.shuffle(&cards)
      #expect(cards.sorted() == Array(0..<5))
      firsts[cards[0]] += 1
    }
    #expect(firsts.allSatisfy { abs($0 - 2000) < 250 })
  }

  @Test func splitsAreIndependentAndRepeatable() {
    let source = RandomSource(seed: 5)
    var parts = (0..<50).map { source.split($0) }
    let firsts = parts.indices.map { parts[$0].next() }
    #expect(Set(firsts).count == 50)
    var again = source.split(17)
    #expect(again.next() == firsts[17])
  }
}
