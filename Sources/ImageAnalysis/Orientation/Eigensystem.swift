import LinearAlgebra
import Tensors

/// The eigenvalues and eigenvectors of a field of symmetric tensors.
public struct Eigensystem: Sendable, Hashable {
  /// λ_1 ≥ λ_2 ≥ …, `[D, space…]`, in descending order.
  public let values: Tensor<Float>
  /// A unit vector for each eigenvalue, `[D, D, space…]`.
  ///
  /// The first axis counts eigenvalues, the second components in array order (y, x; or z, y, x). The
  /// sign of a vector is arbitrary.
  public let vectors: Tensor<Float>

  /// The number of axes.
  public var dimensions: Int { values.shape[0] }
}

extension OrientationTensor {
  /// Eigenvalues in descending order and their unit eigenvectors, components in array order.
  ///
  /// The first eigenvector is the direction in which the image varies most: across lines and edges.
  public func eigensystem() -> Eigensystem {
    let (axes, samples) = (dimensions, imageShape.elementCount)
    var values = Tensor<Float>(zeros: Shape([axes]) + imageShape)
    var vectors = Tensor<Float>(zeros: Shape([axes, axes]) + imageShape)
    guard samples > 0 else { return Eigensystem(values: values, vectors: vectors) }
    let positions = (0..<axes * axes).map {
      SymmetricMatrix.position($0 / axes, $0 % axes, order: axes)
    }
    components.withUnsafeElements { source in
      let source = ReadOnlyPointer(source)
      values.withUnsafeMutableElements { values in
        let values = SharedPointer(values)
        vectors.withUnsafeMutableElements { vectors in
          let vectors = SharedPointer(vectors)
          parallelFor((samples + 1023) / 1024) { block in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * axes * axes) { scratch in
              let matrix = UnsafeMutableBufferPointer(rebasing: scratch[..<(axes * axes)])
              let basis = UnsafeMutableBufferPointer(rebasing: scratch[(axes * axes)...])
              for sample in block * 1024..<min((block + 1) * 1024, samples) {
                for element in 0..<axes * axes {
                  matrix[element] = Double(source[positions[element] * samples + sample])
                }
                JacobiRotations.diagonalize(matrix, vectors: basis, order: axes)
                for axis in 0..<axes {
                  values[axis * samples + sample] = Float(matrix[axis * axes + axis])
                }
                for element in 0..<axes * axes {
                  vectors[element * samples + sample] = Float(basis[element])
                }
              }
            }
          }
        }
      }
    }
    return Eigensystem(values: values, vectors: vectors)
  }
}
