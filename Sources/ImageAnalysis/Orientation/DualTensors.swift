import LinearAlgebra
import Tensors

/// The tensors M_k that turn filter magnitudes into orientation tensors: T = Σ_k |q_k| M_k.
///
/// They are dual to the directions' outer products N_k = n_k n_kᵀ: Σ_k ⟨N_k, T⟩ M_k = T for every
/// symmetric T, so that Σ_k (x·n_k)² M_k = x xᵀ. With more directions than the tensors have
/// dimensions they are the ones of least squares. For a set that spreads evenly in D dimensions
/// they are D(D+2)/(2K) · (N_k − I/(D+2)) (Granlund and Knutsson 1995, chapter 6.2).
public struct DualTensors: Sendable, Hashable {
  /// Unit vectors in array order (`[y, x]`, `[z, y, x]`, …).
  public let directions: [[Double]]
  /// One dual tensor M_k per direction.
  public let tensors: [SymmetricMatrix]
  /// The number of axes.
  public var dimensions: Int { tensors[0].order }

  /// The dual tensors of any set of directions that spans the symmetric tensors.
  ///
  /// - Parameter directions: Unit vectors in array order.
  /// - Throws: ``FiltersmithError`` when there are none, they differ in length or are not unit
  ///   vectors, or they do not span.
  public init(directions: [[Double]]) throws(FiltersmithError) {
    guard let first = directions.first, !first.isEmpty else {
      throw FiltersmithError(.argument, "an orientation tensor needs directions; none were given")
    }
    let axes = first.count
    for direction in directions {
      guard direction.count == axes else {
        throw FiltersmithError(
          .argument, "directions \(first) and \(direction) differ in their number of axes")
      }
      let norm = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard abs(norm - 1) < 1e-6 else {
        throw FiltersmithError(
          .argument, "direction \(direction) has length \(norm); directions are unit vectors")
      }
    }
    let outer = directions.map { SymmetricMatrix(outer: $0) }
    // A = Σ vec N_k (vec N_k)ᵀ with off-diagonal elements times √2, which makes the scalar product
    // of two vectors that of their tensors; then M_k = A⁻¹ N_k.
    let count = SymmetricMatrix.elementCount(order: axes)
    let vectors = outer.map { Self.vector($0) }
    var gram = SymmetricMatrix(zeros: count)
    for row in 0..<count {
      for column in row..<count {
        gram[row, column] = vectors.reduce(0) { $0 + $1[row] * $1[column] }
      }
    }
    let (values, basis) = gram.eigensystem()
    let rank = values.filter { $0 > values[0] * 1e-10 }.count
    guard rank == count else {
      throw FiltersmithError(
        .argument,
        "the \(directions.count) directions span \(rank) of the \(count) dimensions of symmetric "
          + "tensors of \(axes) axes; give at least \(count) directions that spread evenly")
    }
    self.directions = directions
    tensors = vectors.map { vector in
      var dual = [Double](repeating: 0, count: count)
      for (value, axis) in zip(values, basis) {
        let part = zip(axis, vector).reduce(0) { $0 + $1.0 * $1.1 } / value
        for position in 0..<count { dual[position] += part * axis[position] }
      }
      return Self.tensor(dual, order: axes)
    }
  }

  /// The elements of a tensor in an orthonormal basis of the symmetric tensors.
  private static func vector(_ tensor: SymmetricMatrix) -> [Double] {
    var vector: [Double] = []
    for row in 0..<tensor.order {
      for column in row..<tensor.order {
        vector.append(tensor[row, column] * (row == column ? 1 : 2.0.squareRoot()))
      }
    }
    return vector
  }

  private static func tensor(_ vector: [Double], order: Int) -> SymmetricMatrix {
    var tensor = SymmetricMatrix(zeros: order)
    var position = 0
    for row in 0..<order {
      for column in row..<order {
        tensor[row, column] = vector[position] / (row == column ? 1 : 2.0.squareRoot())
        position += 1
      }
    }
    return tensor
  }
}
