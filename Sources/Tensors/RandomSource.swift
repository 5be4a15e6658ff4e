import Numerics

/// A seeded source of random numbers: xoshiro256++ (Blackman and Vigna 2019).
///
/// The same seed gives the same bits on every machine and in every release: the conversions to
/// floating point, the normal deviates and the shuffle are spelt out here and do not depend on the
/// standard library's. ``split(_:)`` gives independent sources for parallel work, so that results
/// never depend on the number of threads.
public struct RandomSource: RandomNumberGenerator, Sendable, Hashable {
  private var words: SIMD4<UInt64>
  private var spareNormal: Double?

  /// A source that is fully determined by its seed.
  public init(seed: UInt64) {
    // SplitMix64 spreads small seeds over the whole state, as the generator's authors advise.
    var mixer = seed
    words = SIMD4<UInt64>()
    for lane in 0..<4 {
      mixer &+= 0x9E37_79B9_7F4A_7C15
      words[lane] = Self.mix(mixer)
    }
  }

  private static func mix(_ word: UInt64) -> UInt64 {
    var word = word
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    func rotated(_ word: UInt64, by bits: UInt64) -> UInt64 {
      (word << bits) | (word >> (64 - bits))
    }
    let result = rotated(words[0] &+ words[3], by: 23) &+ words[0]
    let shifted = words[1] << 17
    words[2] ^= words[0]
    words[3] ^= words[1]
    words[1] ^= words[2]
    words[0] ^= words[3]
    words[2] ^= shifted
    words[3] = rotated(words[3], by: 45)
    return result
  }

  /// An independent source for part `index` of work that is split up; `self` does not change.
  public func split(_ index: Int) -> RandomSource {
    let key = Self.mix(words[0] ^ Self.mix(words[1] ^ Self.mix(words[2] ^ words[3])))
    return RandomSource(
      seed: Self.mix(key &+ UInt64(bitPattern: Int64(index)) &* 0xD1B5_4A32_D192_ED03))
  }

  /// A number in [0, 1) with 53 random bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number in the half-open range.
  public mutating func uniform(in range: Range<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// A whole number in 0 ..< bound, without bias.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "no whole number below \(bound)")
    // Lemire's method: the high word of a product, rejected in the rare biased case.
    let bound = UInt64(bound)
    var (high, low) = next().multipliedFullWidth(by: bound)
    if low < bound {
      let threshold = (0 &- bound) % bound
      while low < threshold { (high, low) = next().multipliedFullWidth(by: bound) }
    }
    return Int(high)
  }

  /// A normal deviate of mean 0 and standard deviation 1 (polar method of Marsaglia).
  public mutating func normal() -> Double {
    if let spare = spareNormal {
      spareNormal = nil
      return spare
    }
    while true {
      let (u, v) = (2 * uniform() - 1, 2 * uniform() - 1)
      let square = u * u + v * v
      if square > 0, square < 1 {
        let factor = (-2 * Double.log(square) / square).squareRoot()
        spareNormal = v * factor
        return u * factor
      }
    }
  }

  /// Shuffles in place (Fisher–Yates).
  public mutating func shuffle<Element>(_ array: inout [Element]) {
    guard array.count > 1 else { return }
    for last in stride(from: array.count - 1, to: 0, by: -1) {
      array.swapAt(last, integer(below: last + 1))
    }
  }
}

extension Tensor where Element: BinaryFloatingPoint {
  /// Numbers spread evenly over a half-open range.
  public static func uniform(
    shape: Shape, in range: Range<Double> = 0..<1, using source: inout RandomSource
  ) -> Tensor {
    Tensor(shape: shape) { _ in Element(source.uniform(in: range)) }
  }

  /// Normal deviates.
  public static func normal(
    shape: Shape, mean: Double = 0, deviation: Double = 1, using source: inout RandomSource
  ) -> Tensor {
    Tensor(shape: shape) { _ in Element(mean + deviation * source.normal()) }
  }
}
