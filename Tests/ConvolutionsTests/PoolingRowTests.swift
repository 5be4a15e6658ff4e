import SIMDLoops
import Tensors
import Testing

/// The largest numbers of 2 × 2 windows and where they lie, with every instruction set.
@Suite struct PoolingRowTests {
  @Test("Windows of any number per row, with equal numbers and what is not a number")
  func quarters() {
    var source = RandomSource(seed: 5)
    forEachSIMDLevel { level in
      for width in 0...70 {
        // Few different numbers, so that many are equal.
        func row() -> [Float] {
          (0..<2 * width).map { _ in
            let number = Int(source.uniform() * 12)
            return number == 11 ? .nan : Float(number) - 5
          }
        }
        let (upper, lower) = (row(), row())
        var target = [Float](repeating: 0, count: width)
        var places = [Int32](repeating: 0, count: width)
        row_quarters(upper, lower, 100, 900, &target, &places, width)
        var values = [Float](repeating: 0, count: width)
        row_quarters(upper, lower, 100, 900, &values, nil, width)
        for column in 0..<width {
          let window: [(Float, Int)] = [
            (upper[2 * column], 100 + 2 * column), (upper[2 * column + 1], 101 + 2 * column),
            (lower[2 * column], 900 + 2 * column), (lower[2 * column + 1], 901 + 2 * column),
          ]
          // What is not a number is never larger, as in a comparison.
          func larger(_ a: (Float, Int), _ b: (Float, Int)) -> (Float, Int) { b.0 > a.0 ? b : a }
          let best = larger(larger(window[0], window[1]), larger(window[2], window[3]))
          #expect(target[column].bitPattern == best.0.bitPattern, "\(level), \(width)")
          #expect(values[column].bitPattern == best.0.bitPattern, "\(level), \(width)")
          #expect(places[column] == Int32(best.1), "\(level), \(width)")
        }
      }
    }
  }
}
