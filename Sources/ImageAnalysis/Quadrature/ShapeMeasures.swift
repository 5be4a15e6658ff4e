import LinearAlgebra
import Tensors

/// What the eigenvalues λ_1 ≥ λ_2 ≥ … of local structure say about its shape.
///
/// An image that varies in one direction only has one large eigenvalue (edges and lines in 2D, planes
/// in 3D), in two directions two (corners; lines in 3D), in all as many as it has axes. Negative
/// eigenvalues, which noise can cause, count as 0.
extension Eigensystem {
  /// λ_1 − λ_2: how strongly one direction dominates, `[space…]`.
  public var certainty: Tensor<Float> {
    measure { values in values.count > 1 ? values[0] - values[1] : values[0] }
  }

  /// (λ_1 − λ_2) / (λ_1 + λ_2), from 0 (no direction) to 1 (one alone), `[space…]`.
  ///
  /// Some authors square it.
  public var coherence: Tensor<Float> {
    measure { values in
      guard values.count > 1 else { return values[0] > 0 ? 1 : 0 }
      let sum = values[0] + values[1]
      return sum > 0 ? (values[0] - values[1]) / sum : 0
    }
  }

  /// How planar, linear and isotropic the structure of volumes is.
  public struct ShapeMeasures: Sendable, Hashable {
    /// (λ_1 − λ_2) / λ_1: surfaces and layers.
    public let plane: Tensor<Float>
    /// (λ_2 − λ_3) / λ_1: tubes and threads.
    public let line: Tensor<Float>
    /// λ_3 / λ_1: blobs and noise.
    public let isotropic: Tensor<Float>
  }

  /// How planar, linear and isotropic the structure of a volume is; the three add up to 1, or are 0
  /// where there is no structure.
  ///
  /// The names are those of the *signal*: in a plane one direction of change dominates. Diffusion
  /// tensors, which are large along fibres, call the same values linear, planar and spherical (C.-F.
  /// Westin and others, *Processing and visualization for diffusion tensor MRI*, 2002).
  ///
  /// - Throws: ``FiltersmithError`` for fields of other than 3 axes.
  public func shapeMeasures() throws(FiltersmithError) -> ShapeMeasures {
    guard dimensions == 3 else {
      throw FiltersmithError(
        .shape, "plane, line and isotropic are shapes in volumes; the field has \(dimensions) axes")
    }
    return ShapeMeasures(
      plane: measure { $0[0] > 0 ? ($0[0] - $0[1]) / $0[0] : 0 },
      line: measure { $0[0] > 0 ? ($0[1] - $0[2]) / $0[0] : 0 },
      isotropic: measure { $0[0] > 0 ? $0[2] / $0[0] : 0 })
  }

  /// A function of the eigenvalues, none negative.
  private func measure(
    _ function: @Sendable (_ values: UnsafeMutableBufferPointer<Float>) -> Float
  ) -> Tensor<Float> {
    let space = Shape(Array(values.shape.dropFirst()))
    let (axes, samples) = (dimensions, space.elementCount)
    return Tensor(space, samples: samples, from: [values]) { from, output, piece in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: axes) { values in
        for sample in piece {
          for axis in 0..<axes { values[axis] = max(from[0][axis * samples + sample], 0) }
          output[sample] = function(values)
        }
      }
    }
  }
}

extension OrientationTensor {
  /// The trace Σ λ_i: the local energy (or amplitude) in all directions, `[space…]`.
  public var trace: Tensor<Float> {
    let (axes, samples) = (dimensions, imageShape.elementCount)
    let places = (0..<axes).map { SymmetricMatrix.position($0, $0, order: axes) * samples }
    return Tensor(imageShape, samples: samples, from: [components]) { from, output, piece in
      for sample in piece {
        var sum: Float = 0
        for place in places { sum += from[0][place + sample] }
        output[sample] = sum
      }
    }
  }
}
