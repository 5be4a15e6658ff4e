import FilterDesign
import LinearAlgebra
import Numerics
import Tensors

/// The constraints that the phases of quadrature filters give on the displacement between two images.
///
/// Every filter gives at every sample a linear constraint on the displacement u,
/// ∇φ·u = Δφ with Δφ = arg(q_1 q̄_2) and the certainty c = |q_1 q_2| cos²(Δφ/2); the phase's gradient
/// comes from sums of products of neighbours, arg(Σ q(x+e) q̄(x) + q(x) q̄(x−e)) over both images
/// (M. Hemmendorff, M. Andersson, T. Kronander, H. Knutsson, *Phase-based multidimensional volume
/// registration*, IEEE TMI 21, 2002). Least squares need only the sums A = Σ c ∇φ ∇φᵀ and
/// h = Σ c Δφ ∇φ over the filters.
enum PhaseConstraints {
  /// A (upper triangle) and h per sample, `[D(D+1)/2 + D, space…]`, for displacements in samples.
  ///
  /// - Parameters:
  ///   - fixed: q_1, `[filters, 2, space…]`.
  ///   - moving: q_2, the same shape.
  ///   - certainty: How well each sample of both images is known, `[space…]`.
  static func field(
    fixed: Tensor<Float>, moving: Tensor<Float>, certainty: Tensor<Float>
  ) -> Tensor<Float> {
    let space = certainty.shape
    let (axes, samples, filters) = (space.rank, space.elementCount, fixed.shape[0])
    let (extents, strides) = (space.dimensions, space.strides)
    let components = SymmetricMatrix.elementCount(order: axes)
    return Tensor(
      Shape([components + axes]) + space, samples: samples, from: [fixed, moving, certainty]
    ) { from, output, piece in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: components + 2 * axes) { scratch in
        let sums = UnsafeMutableBufferPointer(rebasing: scratch[..<(components + axes)])
        let gradient = UnsafeMutableBufferPointer(rebasing: scratch[(components + axes)...])
        for sample in piece {
          sums.update(repeating: 0)
          let weight = from[2][sample]
          for filter in 0..<(weight > 0 ? filters : 0) {
            let first = from[0].pointer + 2 * filter * samples + sample
            let second = from[1].pointer + 2 * filter * samples + sample
            let (a, b) = (first[0], first[samples])
            let (c, d) = (second[0], second[samples])
            // q_1 q̄_2
            let (real, imaginary) = (a * c + b * d, b * c - a * d)
            let length = (real * real + imaginary * imaginary).squareRoot()
            guard length > 0 else { continue }
            // |q_1 q_2| cos²(Δφ/2) = ½ (|q_1 q_2| + Re q_1 q̄_2)
            let certainty = 0.5 * weight * (length + real)
            guard certainty > 0 else { continue }
            let difference = Float.atan2(y: imaginary, x: real)
            for axis in 0..<axes {
              let stride = strides[axis]
              let position = sample / stride % extents[axis]
              var (even, odd): (Float, Float) = (0, 0)
              if position + 1 < extents[axis] {
                add(first, stride, samples, &even, &odd)
                add(second, stride, samples, &even, &odd)
              }
              if position > 0 {
                add(first - stride, stride, samples, &even, &odd)
                add(second - stride, stride, samples, &even, &odd)
              }
              gradient[axis] = even == 0 && odd == 0 ? 0 : Float.atan2(y: odd, x: even)
            }
            var component = 0
            for row in 0..<axes {
              let weighted = certainty * gradient[row]
              for column in row..<axes {
                sums[component] += weighted * gradient[column]
                component += 1
              }
              sums[components + row] += weighted * difference
            }
          }
          for channel in 0..<components + axes {
            output[channel * samples + sample] = sums[channel]
          }
        }
      }
    }
  }

  /// Adds q(x + e) q̄(x).
  @inline(__always)
  private static func add(
    _ response: UnsafePointer<Float>, _ stride: Int, _ samples: Int, _ even: inout Float,
    _ odd: inout Float
  ) {
    let (a, b) = (response[stride], response[samples + stride])
    let (c, d) = (response[0], response[samples])
    even += a * c + b * d
    odd += b * c - a * d
  }
}
