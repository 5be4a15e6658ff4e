import Numerics

/// Small symmetric positive definite systems, one after another in the same memory.
package struct SmallCholesky {
  /// The number of unknowns.
  package let order: Int
  /// The matrix, order² values row by row, overwritten by ``solve()``.
  package var matrix: [Double]
  /// The right-hand side, overwritten by the solution.
  package var side: [Double]

  /// A system of zeros.
  package init(order: Int) {
    self.order = order
    matrix = Array(repeating: 0, count: order * order)
    side = Array(repeating: 0, count: order)
  }

  /// Solves the system in place.
  ///
  /// - Returns: The logarithm of the matrix's determinant; `nil` where the matrix is not positive
  ///   definite to eight digits, and the system has no solution.
  package mutating func solve() -> Double? {
    let order = order
    return matrix.withUnsafeMutableBufferPointer { matrix in
      side.withUnsafeMutableBufferPointer { side in
        guard let determinant = Self.factorize(matrix, order) else { return nil }
        for row in 0..<order {
          var sum = side[row]
          for column in 0..<row { sum -= matrix[row * order + column] * side[column] }
          side[row] = sum / matrix[row * order + row]
        }
        for row in stride(from: order - 1, through: 0, by: -1) {
          var sum = side[row]
          for below in row + 1..<max(order, row + 1) {
            sum -= matrix[below * order + row] * side[below]
          }
          side[row] = sum / matrix[row * order + row]
        }
        return determinant
      }
    }
  }

  private static func factorize(
    _ matrix: UnsafeMutableBufferPointer<Double>, _ order: Int
  ) -> Double? {
    var product = 0.0
    for row in 0..<order {
      for column in 0...row {
        var sum = matrix[row * order + column]
        for inner in 0..<column {
          sum -= matrix[row * order + inner] * matrix[column * order + inner]
        }
        if row == column {
          // What remains of a diagonal element tells how nearly its row depends on the others.
          guard sum > 1e-8 * matrix[row * order + row], sum > 0 else { return nil }
          let root = sum.squareRoot()
          matrix[row * order + row] = root
          product += 2 * Double.log(root)
        } else {
          matrix[row * order + column] = sum / matrix[column * order + column]
        }
      }
    }
    return product
  }
}
