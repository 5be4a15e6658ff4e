import LinearAlgebra
import Tensors

/// The normal equations of a plane fitted to a window by weighted least squares: in the basis 1, x_1, … x_D
/// their matrix is that of the window's moments.
struct PlaneEquations {
  /// The equations, with the right-hand side left to the caller.
  var solver: SmallCholesky
  /// The moment at each element of the matrix.
  private let places: [Int]

  /// Equations of zeros.
  init(axes: Int) {
    let order = axes + 1
    solver = SmallCholesky(order: order)
    places = (0..<order * order).map {
      SymmetricMatrix.position($0 / order, $0 % order, order: order)
    }
  }

  /// The exponents of the offsets in each moment of the matrix.
  ///
  /// Those of 1, x_1, … x_D, which are also the right-hand side's, then of x_1 x_1, x_1 x_2, and so on.
  static func moments(axes: Int) -> [[Int]] {
    (0...axes).flatMap { first in
      (first...axes).map { second in
        (1...axes).map { ($0 == first ? 1 : 0) + ($0 == second ? 1 : 0) }
      }
    }
  }

  /// Fills the matrix with moments.
  mutating func setMatrix(_ moment: (Int) -> Double) {
    for (element, place) in places.enumerated() { solver.matrix[element] = moment(place) }
  }
}
