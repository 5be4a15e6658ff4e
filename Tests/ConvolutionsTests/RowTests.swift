import Foundation
import SIMDLoops
import Tensors
import TestSupport
import Testing

/// Rows of pooled windows and of magnitudes, with every instruction set.
@Suite struct RowTests {
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

  @Test("Sums of rows of any length")
  func sums() {
    var source = RandomSource(seed: 4)
    let (x, g) = (
      (0..<300).map { _ in Float(source.uniform()) }, (0..<300).map { _ in Float(source.uniform()) }
    )
    forEachSIMDLevel { level in
      for count in 0...300 {
        let places = 0..<count
        let sum = places.reduce(0.0) { $0 + Double(x[$1]) }
        let squares = places.reduce(0.0) { $0 + (Double(x[$1]) - 0.25) * (Double(x[$1]) - 0.25) }
        let product = places.reduce(0.0) { $0 + Double(g[$1]) * (Double(x[$1]) - 0.25) }
        let bound = 1e-7 * Double(count)
        #expect(abs(row_sum(x, count) - sum) <= bound, "\(level), \(count)")
        #expect(abs(row_squares(x, 0.25, count) - squares) <= bound, "\(level), \(count)")
        #expect(abs(row_product(g, x, 0.25, count) - product) <= bound, "\(level), \(count)")
      }
    }
  }

  @Test("Magnitudes and their gradients, for rows of any length and pairs of zeros")
  func magnitudes() {
    var source = RandomSource(seed: 6)
    forEachSIMDLevel { level in
      for count in [0, 1, 7, 8, 15, 16, 33, 100] {
        func row() -> [Float] { (0..<count).map { _ in Float(source.uniform() * 2 - 1) } }
        var (x, y) = (row(), row())
        let g = row()
        for place in stride(from: 0, to: count, by: 5) { (x[place], y[place]) = (0, 0) }
        var target = [Float](repeating: -1, count: count)
        var (first, second) = (target, target)
        row_magnitude(x, y, &target, count)
        row_magnitude_gradient(x, y, g, &first, &second, count)
        for place in 0..<count {
          let length = hypot(Double(x[place]), Double(y[place]))
          let factor = length > 0 ? Double(g[place]) / length : 0
          #expect(abs(Double(target[place]) - length) <= 1e-6, "\(level), \(count)")
          #expect(abs(Double(first[place]) - factor * Double(x[place])) <= 1e-6)
          #expect(abs(Double(second[place]) - factor * Double(y[place])) <= 1e-6)
        }
      }
    }
  }
}
