/// Gaussian elimination with partial pivoting, for small systems of any kind.
package enum Elimination {
  /// Solves A X = B in place of B.
  ///
  /// - Parameters:
  ///   - matrix: A, order² values row by row, overwritten by its triangular factor.
  ///   - order: The number of unknowns.
  ///   - sides: B, `[order, columns]`, overwritten by X; undefined where A is singular.
  ///   - columns: The number of columns of B; none for the determinant alone.
  ///   - tolerance: The fraction of A's largest element up to which a pivot counts as zero.
  /// - Returns: The determinant of A, 0 where it is singular.
  @discardableResult
  package static func solve(
    _ matrix: inout [Double], order: Int, _ sides: inout [Double], columns: Int,
    tolerance: Double = 0
  ) -> Double {
    let least = tolerance > 0 ? tolerance * (matrix.map(abs).max() ?? 0) : 0
    var determinant = 1.0
    for column in 0..<order {
      var pivot = column
      for row in column..<order
      where abs(matrix[row * order + column]) > abs(matrix[pivot * order + column]) {
        pivot = row
      }
      let value = matrix[pivot * order + column]
      guard abs(value) > least else { return 0 }
      if pivot != column {
        determinant = -determinant
        for k in 0..<order { matrix.swapAt(pivot * order + k, column * order + k) }
        for k in 0..<columns { sides.swapAt(pivot * columns + k, column * columns + k) }
      }
      determinant *= value
      for row in column + 1..<max(order, column + 1) {
        let factor = matrix[row * order + column] / value
        for k in column..<order { matrix[row * order + k] -= factor * matrix[column * order + k] }
        for k in 0..<columns { sides[row * columns + k] -= factor * sides[column * columns + k] }
      }
    }
    guard columns > 0 else { return determinant }
    for row in (0..<order).reversed() {
      for k in 0..<columns {
        var sum = sides[row * columns + k]
        for below in row + 1..<max(order, row + 1) {
          sum -= matrix[row * order + below] * sides[below * columns + k]
        }
        sides[row * columns + k] = sum / matrix[row * order + row]
      }
    }
    return determinant
  }

  /// The determinant of a matrix of order² values row by row, which is overwritten.
  package static func determinant(_ matrix: inout [Double], order: Int) -> Double {
    var none: [Double] = []
    return solve(&matrix, order: order, &none, columns: 0)
  }

  /// The inverse of a square matrix given by its rows; `nil` for a singular one.
  package static func inverse(of rows: [[Double]]) -> [[Double]]? {
    let order = rows.count
    var matrix = Array(rows.joined())
    var inverse = (0..<order * order).map { $0 / order == $0 % order ? 1.0 : 0 }
    guard solve(&matrix, order: order, &inverse, columns: order, tolerance: 1e-14) != 0 else {
      return nil
    }
    return (0..<order).map { Array(inverse[$0 * order..<($0 + 1) * order]) }
  }
}
