import Foundation
import LinearAlgebra
import Tensors
import Testing

@Suite struct FactorizationTests {
  private func normal(_ count: Int, seed: UInt64) -> [Double] {
    var random = RandomSource(seed: seed)
    return (0..<count).map { _ in random.normal() }
  }

  /// A B of row-major matrices, by the definition.
  private func product(_ left: [Double], _ right: [Double], inner: Int) -> [Double] {
    let (rows, columns) = (left.count / inner, right.count / inner)
    return (0..<rows * columns).map { place in
      (0..<inner).reduce(0) {
        $0 + left[place / columns * inner + $1] * right[$1 * columns + place % columns]
      }
    }
  }

  private func transposed(_ matrix: [Double], rows: Int) -> [Double] {
    let columns = matrix.count / rows
    return (0..<matrix.count).map { matrix[$0 % rows * columns + $0 / rows] }
  }

  @Test(arguments: 1...8)
  func eliminationSolvesAndInverts(order: Int) throws {
    let matrix = normal(order * order, seed: UInt64(order))
    let solution = normal(order * 3, seed: 2)
    var (triangle, sides) = (matrix, product(matrix, solution, inner: order))
    let determinant = Elimination.solve(&triangle, order: order, &sides, columns: 3)
    #expect(zip(sides, solution).allSatisfy { abs($0 - $1) < 1e-11 })
    let rows = (0..<order).map { Array(matrix[$0 * order..<($0 + 1) * order]) }
    var inverse = Array(try #require(Elimination.inverse(of: rows)).joined())
    for (place, value) in product(matrix, inverse, inner: order).enumerated() {
      #expect(abs(value - (place / order == place % order ? 1 : 0)) < 1e-11)
    }
    #expect(abs(determinant * Elimination.determinant(&inverse, order: order) - 1) < 1e-11)
    // One exchange of rows turns the sign.
    if order > 1 {
      var exchanged = Array(([rows[1], rows[0]] + rows[2...]).joined())
      let other = Elimination.determinant(&exchanged, order: order)
      #expect(abs(other + determinant) < 1e-12 * abs(determinant))
    }
  }

  @Test func singularMatricesHaveNoInverse() {
    #expect(Elimination.inverse(of: [[1, 2], [2, 4]]) == nil)
    #expect(Elimination.inverse(of: [[0]]) == nil)
    var zero = [0.0, 0, 0, 1]
    #expect(Elimination.determinant(&zero, order: 2) == 0)
  }

  @Test(arguments: [1, 2, 5, 12])
  func bothFactorisationsSolvePositiveSystems(order: Int) throws {
    let root = normal(order * (order + 3), seed: UInt64(order))
    let matrix = product(root, transposed(root, rows: order), inner: order + 3)
    let solution = normal(order, seed: 3)
    let side = product(matrix, solution, inner: order)
    var small = SmallCholesky(order: order)
    (small.matrix, small.side) = (matrix, side)
    let solved = small.solve()
    let logarithm = try #require(solved)
    var (factor, values) = (matrix, side)
    #expect(Cholesky.factorize(&factor, order: order))
    Cholesky.solve(factor, order: order, &values, columns: 1)
    for index in 0..<order {
      #expect(abs(small.side[index] - solution[index]) < 1e-9)
      #expect(abs(values[index] - solution[index]) < 1e-9)
    }
    let diagonal = (0..<order).reduce(1.0) {
      $0 * factor[$1 * (order + 1)] * factor[$1 * (order + 1)]
    }
    var copy = matrix
    let determinant = Elimination.determinant(&copy, order: order)
    #expect(abs(diagonal / determinant - 1) < 1e-9)
    #expect(abs(logarithm - log(determinant)) < 1e-9)
    // With a negative number on the diagonal neither has a factor.
    factor = matrix
    factor[order * order - 1] = -1
    small.matrix = factor
    #expect(small.solve() == nil)
    #expect(!Cholesky.factorize(&factor, order: order))
  }

  @Test(arguments: [(1, 1), (4, 7), (7, 4), (5, 5), (0, 0)])
  func singularVectorsRebuildTheMatrix(rows: Int, columns: Int) throws {
    let matrix = normal(rows * columns, seed: 5)
    let found = try #require(SingularValues(of: matrix, rows: rows))
    let count = min(rows, columns)
    #expect(found.values.count == count && found.values == found.values.sorted(by: >))
    guard count > 0 else { return }
    let scaled = found.left.enumerated().map { $1 * found.values[$0 % count] }
    for (value, expected) in zip(product(scaled, found.right, inner: count), matrix) {
      #expect(abs(value - expected) < 1e-12)
    }
    let square = product(found.right, transposed(found.right, rows: count), inner: columns)
    for (place, value) in square.enumerated() {
      #expect(abs(value - (place / count == place % count ? 1 : 0)) < 1e-13)
    }
  }

  @Test func productsFollowTheDefinition() {
    let (rows, inner, columns) = (7, 37, 19)
    let left = normal(rows * inner, seed: 1)
    let right = normal(inner * columns, seed: 2)
    let expected = product(left, right, inner: inner)
    let turnedLeft = transposed(left, rows: rows)
    let turnedRight = transposed(right, rows: inner)
    func check<Scalar: BinaryFloatingPoint>(_ type: Scalar.Type, _ tolerance: Double) {
      var results = (0..<3).map { _ in [Scalar](repeating: 0, count: rows * columns) }
      multiply(
        left.map(Scalar.init), (rows, inner), leading: inner, right.map(Scalar.init),
        columns: columns, leading: columns, into: &results[0], leading: columns)
      multiply(
        turnedLeft.map(Scalar.init), (rows, inner), leading: rows, isTransposed: true,
        right.map(Scalar.init), columns: columns, leading: columns, into: &results[1],
        leading: columns)
      results[2] = expected.map(Scalar.init)
      multiplyTransposed(
        left.map(Scalar.init), (rows, inner), leading: inner, turnedRight.map(Scalar.init),
        columns: columns, leading: inner, addingTo: &results[2], leading: columns)
      for place in expected.indices {
        #expect(abs(Double(results[0][place]) - expected[place]) < tolerance)
        #expect(abs(Double(results[1][place]) - expected[place]) < tolerance)
        #expect(abs(Double(results[2][place]) - 2 * expected[place]) < 2 * tolerance)
      }
    }
    check(Double.self, 1e-12)
    check(Float.self, 1e-4)
  }
}
