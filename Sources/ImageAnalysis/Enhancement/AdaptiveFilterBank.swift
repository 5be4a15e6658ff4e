import FilterDesign
import Numerics
import Tensors

/// The filters of adaptive filtering: a low-pass and high-pass filters in several directions.
///
/// Optimised by least squares with the ideals L(ρ) = cos²(πρ/2ρ_c) below the cut-off ρ_c and 0 above,
/// and (1 − L(ρ)) (û·n_k)². With the dual tensors M_k the responses s_k are combined to
/// s = s_lp + Σ_k ⟨C, M_k⟩ s_k, which for C = I is the image itself, since Σ_k tr(M_k)(û·n_k)² = 1.
public struct AdaptiveFilterBank: Sendable, Hashable {
  /// The low-pass filter, a bank of one.
  public let lowPass: FilterBank
  /// The high-pass filters, one per direction.
  public let highPass: FilterBank
  /// M_k.
  public let duals: DualTensors

  /// Filters for images of a given number of axes.
  ///
  /// - Parameters:
  ///   - support: Taps per axis, odd.
  ///   - cutoff: ρ_c, where the low-pass ends, in radians per unit of spacing.
  ///   - directions: Unit vectors in array order; an isotropic set unless given.
  ///   - spacing: The distance between samples along each axis; 1 unless given.
  /// - Throws: ``FiltersmithError`` when a parameter is wrong, or the directions do not span.
  public init(
    support: [Int], cutoff: Double, directions: [[Double]]? = nil, spacing: [Double]? = nil
  ) throws(FiltersmithError) {
    let set: [[Double]]
    if let directions {
      set = try DirectionSets.normalized(directions, dimensions: support.count)
    } else {
      set = try DirectionSets.isotropic(dimensions: support.count)
    }
    try FieldCheck.number(cutoff, 0.05...20, "the cut-off frequency")
    duals = try DualTensors(directions: set)
    let design = try LeastSquaresParameters(spacing: spacing).kernelDesign(support: support)
    let low = FrequencyFunction { u in
      guard u.radius < cutoff else { return 0 }
      let cosine = Double.cos(.pi * u.radius / (2 * cutoff))
      return cosine * cosine
    }
    let high = FrequencyFunction.constant(1) - low
    let targets =
      [low]
      + set.map { direction in
        let normal = FrequencyVector.packed(direction)
        return high
          * FrequencyFunction { u in
            guard u.radius > 0 else { return 0 }
            let along = u.dot(normal) / u.radius
            return along * along
          }
      }
    let kernels = try design.plan().solve(targets.map { IdealResponse.function($0) }).kernels
      .realPart()
    lowPass = try FilterBank(kernels: .real(kernels.sliced(axis: 0, 0..<1)), labels: ["low-pass"])
    highPass = try FilterBank(
      kernels: .real(kernels.sliced(axis: 0, 1..<kernels.shape[0])), directions: set)
  }
}
