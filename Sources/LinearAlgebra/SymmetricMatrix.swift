/// A real symmetric matrix of any order.
///
/// The upper triangle is stored row by row: for `[y, x]` the elements yy, yx, xx; for `[z, y, x]`
/// zz, zy, zx, yy, yx, xx.
public struct SymmetricMatrix: Sendable, Hashable {
  /// The number of rows and columns.
  public let order: Int
  /// The upper triangle row by row, n(n+1)/2 values.
  public private(set) var elements: [Double]

  /// The zero matrix.
  public init(zeros order: Int) {
    precondition(order >= 0, "a matrix of order \(order)")
    self.order = order
    elements = Array(repeating: 0, count: Self.elementCount(order: order))
  }

  /// The outer product v vᵀ.
  public init(outer vector: [Double]) {
    self.init(zeros: vector.count)
    for row in 0..<order {
      for column in row..<order { self[row, column] = vector[row] * vector[column] }
    }
  }

  /// The number of elements of an upper triangle: n(n+1)/2.
  public static func elementCount(order: Int) -> Int { order * (order + 1) / 2 }

  /// The position of an element in the upper triangle, in either order of row and column.
  @inlinable
  package static func position(_ row: Int, _ column: Int, order: Int) -> Int {
    let (first, second) = row <= column ? (row, column) : (column, row)
    return first * order - first * (first - 1) / 2 + second - first
  }

  /// One element; both triangles are the same.
  public subscript(row: Int, column: Int) -> Double {
    get { elements[Self.position(row, column, order: order)] }
    set { elements[Self.position(row, column, order: order)] = newValue }
  }

  /// The scalar product ⟨A, B⟩ = Σ a_ij b_ij.
  public func dot(_ other: SymmetricMatrix) -> Double {
    precondition(order == other.order, "matrices of order \(order) and \(other.order)")
    var sum = 0.0
    for row in 0..<order {
      for column in 0..<order { sum += self[row, column] * other[row, column] }
    }
    return sum
  }

  /// The eigenvalues in descending order and a unit eigenvector for each.
  ///
  /// Vectors are orthogonal; their sign is arbitrary.
  public func eigensystem() -> (values: [Double], vectors: [[Double]]) {
    var matrix = (0..<order * order).map { self[$0 / order, $0 % order] }
    var vectors = [Double](repeating: 0, count: order * order)
    matrix.withUnsafeMutableBufferPointer { matrix in
      vectors.withUnsafeMutableBufferPointer { vectors in
        JacobiRotations.diagonalize(matrix, vectors: vectors, order: order)
      }
    }
    return (
      (0..<order).map { matrix[$0 * order + $0] },
      (0..<order).map { row in Array(vectors[row * order..<(row + 1) * order]) }
    )
  }
}

/// Jacobi's eigenvalue method: rotations that make one pair of elements zero at a time.
///
/// For the small matrices of local structure it is as fast as any method, and its eigenvectors are
/// orthogonal to the last bits (Golub and Van Loan, *Matrix Computations*, 8.5).
package enum JacobiRotations {
  /// Turns a symmetric matrix into its eigenvalues, descending along the diagonal, and fills the
  /// rows of `vectors` with the eigenvectors.
  ///
  /// Both buffers hold order² values in row-major order.
  package static func diagonalize(
    _ matrix: UnsafeMutableBufferPointer<Double>, vectors: UnsafeMutableBufferPointer<Double>,
    order: Int
  ) {
    for position in 0..<order * order { vectors[position] = position % (order + 1) == 0 ? 1 : 0 }
    // Convergence is quadratic: six sweeps suffice in practice, thirty also end when values are not
    // finite.
    for _ in 0..<30 {
      var (diagonal, rest) = (0.0, 0.0)
      for row in 0..<order {
        diagonal += matrix[row * order + row] * matrix[row * order + row]
        for column in row + 1..<max(order, row + 1) {
          rest += matrix[row * order + column] * matrix[row * order + column]
        }
      }
      if rest <= diagonal * 1e-34 || !rest.isFinite { break }
      for row in 0..<order {
        for column in row + 1..<max(order, row + 1) {
          rotate(matrix, vectors, row, column, order)
        }
      }
    }
    sort(matrix, vectors, order)
  }

  private static func rotate(
    _ matrix: UnsafeMutableBufferPointer<Double>, _ vectors: UnsafeMutableBufferPointer<Double>,
    _ p: Int, _ q: Int, _ order: Int
  ) {
    let off = matrix[p * order + q]
    guard off != 0 else { return }
    let theta = (matrix[q * order + q] - matrix[p * order + p]) / (2 * off)
    let sign: Double = theta >= 0 ? 1 : -1
    let tangent = sign / (abs(theta) + (theta * theta + 1).squareRoot())
    let cosine = 1 / (tangent * tangent + 1).squareRoot()
    let sine = tangent * cosine
    for k in 0..<order {
      let (left, right) = (matrix[k * order + p], matrix[k * order + q])
      matrix[k * order + p] = cosine * left - sine * right
      matrix[k * order + q] = sine * left + cosine * right
    }
    for k in 0..<order {
      let (upper, lower) = (matrix[p * order + k], matrix[q * order + k])
      matrix[p * order + k] = cosine * upper - sine * lower
      matrix[q * order + k] = sine * upper + cosine * lower
    }
    matrix[p * order + q] = 0
    matrix[q * order + p] = 0
    for k in 0..<order {
      let (upper, lower) = (vectors[p * order + k], vectors[q * order + k])
      vectors[p * order + k] = cosine * upper - sine * lower
      vectors[q * order + k] = sine * upper + cosine * lower
    }
  }

  private static func sort(
    _ matrix: UnsafeMutableBufferPointer<Double>, _ vectors: UnsafeMutableBufferPointer<Double>,
    _ order: Int
  ) {
    for place in 0..<order {
      var largest = place
      for other in place + 1..<max(order, place + 1)
      where matrix[other * order + other] > matrix[largest * order + largest] {
        largest = other
      }
      guard largest != place else { continue }
      matrix.swapAt(place * order + place, largest * order + largest)
      for k in 0..<order { vectors.swapAt(place * order + k, largest * order + k) }
    }
  }
}
