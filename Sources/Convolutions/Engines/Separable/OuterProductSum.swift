import LinearAlgebra
import Tensors

/// A kernel as a sum of outer products of one-dimensional factors.
///
/// The kernel's array is unfolded into a matrix, its first axis against all others, whose singular values
/// say how many terms are needed; the right singular vectors are arrays with one axis less, and are
/// treated alike. In two dimensions no sum with as many terms is closer (Eckart and Young, 1936).
struct OuterProductSum: Sendable {
  /// Per term, one factor per axis.
  let terms: [[[Double]]]
  /// The Euclidean norm of what was left out, divided by that of the kernel.
  let error: Double

  /// - Parameters:
  ///   - kernel: Coefficients, row-major.
  ///   - taps: The kernel's extents.
  ///   - tolerance: The largest ``error``; rounding errors are left out even when it is 0.
  ///   - limit: The most terms that are of use: `nil` when more are needed, or a coefficient is not finite.
  init?<Scalar: ConvolutionScalar>(
    _ kernel: UnsafeBufferPointer<Scalar>, taps: [Int], tolerance: Double, limit: Int = .max
  ) {
    let values = kernel.map { Double($0) }
    let square = values.reduce(0) { $0 + $1 * $1 }
    guard square.isFinite else { return nil }
    let exact = max(4 * Double(Scalar.ulpOfOne), 64 * Double.ulpOfOne)
    let relative = max(tolerance, exact)
    var budget = limit
    guard
      let (terms, lost) = Self.split(
        values, taps[...], allowed: relative * relative * square, budget: &budget)
    else { return nil }
    self.terms = terms
    error = square > 0 ? (lost / square).squareRoot() : 0
  }

  /// The terms of an array, and the square of what is left out, at most `allowed`; `nil` when there
  /// are more terms than `budget`, which the terms are deducted from.
  private static func split(
    _ values: [Double], _ taps: ArraySlice<Int>, allowed: Double, budget: inout Int
  ) -> (terms: [[[Double]]], lost: Double)? {
    guard taps.count > 1, let rows = taps.first else {
      guard budget > 0 else { return nil }
      budget -= 1
      return ([[values]], 0)
    }
    let share = allowed / Double(taps.count - 1)
    guard mayBeEnough(budget, values, rows: rows, allowed: share),
      let factors = SingularValues(of: values, rows: rows)
    else { return nil }
    let squares = factors.values.map { $0 * $0 }
    // Each unfolding may leave out its share.
    var kept = squares.count
    var lost = 0.0
    while kept > 1, lost + squares[kept - 1] <= share {
      lost += squares[kept - 1]
      kept -= 1
    }
    guard kept <= budget else { return nil }
    let columns = values.count / rows
    var terms: [[[Double]]] = []
    let left = allowed - lost
    for index in 0..<kept {
      let rest = Array(factors.right[index * columns..<(index + 1) * columns])
      let part = split(
        rest, taps.dropFirst(),
        allowed: squares[index] > 0 ? left / (Double(kept) * squares[index]) : .infinity,
        budget: &budget)
      guard let part else { return nil }
      let factor = (0..<rows).map {
        factors.values[index] * factors.left[$0 * factors.values.count + index]
      }
      terms += part.terms.map { [factor] + $0 }
      // The left singular vectors are orthogonal, hence so is what the terms leave out.
      lost += squares[index] * part.lost
    }
    return (terms, lost)
  }

  /// Whether a large matrix may have so few terms: a quick look at some of its rows and columns.
  ///
  /// No singular value of a part of a matrix exceeds that of the whole, so what the part leaves out
  /// beyond the terms, the whole leaves out as well.
  private static func mayBeEnough(
    _ terms: Int, _ matrix: [Double], rows: Int, allowed: Double
  ) -> Bool {
    let columns = matrix.count / rows
    if terms == 1 { return leftOutOfOneTerm(matrix, rows: rows) <= allowed }
    guard terms < min(rows, columns) / 4 else { return true }
    let size = max(2 * terms, 8)
    let part = (0..<size * size).map { index in
      matrix[index / size * rows / size * columns + index % size * columns / size]
    }
    guard let factors = SingularValues(of: part, rows: size) else { return true }
    let beyond = factors.values.dropFirst(terms).reduce(0) { $0 + $1 * $1 }
    // The part's own rounding errors must not decide.
    let rounding = Double.ulpOfOne * (factors.values.first ?? 0) * Double(size)
    return beyond <= allowed + rounding * rounding
  }

  /// No more than the square of what one term leaves out, Σσ² − max σ²: Σσ² − √Σσ⁴, less rounding errors.
  private static func leftOutOfOneTerm(_ matrix: [Double], rows: Int) -> Double {
    let columns = matrix.count / rows
    let square = matrix.reduce(0) { $0 + $1 * $1 }
    // Fourth powers of smaller numbers vanish.
    guard square > 1e-140 else { return 0 }
    var fourth = 0.0
    for first in 0..<rows {
      for second in 0...first {
        var product = 0.0
        for column in 0..<columns {
          product += matrix[first * columns + column] * matrix[second * columns + column]
        }
        fourth += (first == second ? 1 : 2) * product * product
      }
    }
    return square - fourth.squareRoot() - 1e-13 * square
  }
}
