import FilterDesign
import Numerics
import Tensors

/// The local phase of an image along its dominant direction.
///
/// Where the image is A cos(θ(x)), the phase is θ: 0 on bright lines, ±π on dark ones, −π/2 on edges
/// that rise along the direction, π/2 on those that fall. Filters of the opposite direction give the
/// conjugate, so each response is turned to the side of the dominant direction e before they are added:
/// q = 2 Σ_k tr(M_k) q_k, q_k conjugated where n_k·e < 0. The weights make |q| the amplitude whatever the
/// direction, where the filters pass the frequency in full (L. Haglund, H. Knutsson, G. Granlund, *On
/// phase representation of image information*, SCIA 1989).
public struct LocalPhase: Sendable, Hashable {
  /// |q|, `[space…]`.
  public let magnitude: Tensor<Float>
  /// arg q in radians, in (−π, π], `[space…]`; 0 where there is no signal.
  public let phase: Tensor<Float>
  /// e, the direction along which the phase grows, `[D, space…]`: unit vectors in array order.
  public let direction: Tensor<Float>
  /// The even part of q: positive on bright lines.
  public let even: Tensor<Float>
  /// The odd part of q: negative where the image rises along ``direction``.
  public let odd: Tensor<Float>
}

extension Responses where Scalar == Float {
  /// The local phase along the dominant direction.
  ///
  /// A direction and its opposite are the same orientation but have opposite phases. The one on the
  /// side of `reference` is taken; along the boundary between the sides the phase jumps to its
  /// negative, |phase| does not.
  ///
  /// - Parameters:
  ///   - directions: The dominant directions, `[D, space…]`, of any sign; those of
  ///     ``orientationTensor()`` unless given.
  ///   - reference: The direction that e is turned towards, in array order; the last axis (x) unless
  ///     given, where e lies in the half circle (−π/2, π/2].
  /// - Throws: ``FiltersmithError`` when the bank is not complex or its directions do not span, or a
  ///   parameter does not fit.
  public func localPhase(
    along directions: Tensor<Float>? = nil, reference: [Double]? = nil
  ) throws(FiltersmithError) -> LocalPhase {
    guard isComplex, !self.directions.isEmpty else {
      throw FiltersmithError(
        .argument, "local phase needs quadrature filters; the bank is \(bank.design.family)")
    }
    let duals = try DualTensors(directions: self.directions)
    let axes = duals.dimensions
    guard shape.rank == axes else {
      throw FiltersmithError(
        .shape,
        "local phase is that of an image without channels; the responses have shape \(shape)"
      )
    }
    let dominant: Tensor<Float>
    if let directions {
      try FieldCheck.equalShapes(
        Shape([axes]) + shape, "directions [D, space…]", directions.shape, "those given")
      dominant = directions
    } else {
      dominant = try orientationTensor().eigensystem().vectors.selected(axis: 0, at: 0)
    }
    let reference = reference ?? (0..<axes).map { $0 == axes - 1 ? 1 : 0 }
    guard reference.count == axes, reference.contains(where: { $0 != 0 }),
      reference.allSatisfy(\.isFinite)
    else {
      throw FiltersmithError(
        .argument, "reference \(reference): a direction of \(axes) axes was expected")
    }
    let towards = reference.map(Float.init)
    let normals = self.directions.map { $0.map(Float.init) }
    let weights = duals.tensors.map { tensor in
      // Twice, since the filters pass one half of the spectrum.
      Float(2 * (0..<axes).reduce(0) { $0 + tensor[$1, $1] })
    }
    let samples = shape.elementCount
    // magnitude, phase, even, odd, direction
    let fields = Tensor<Float>(
      Shape([4 + axes]) + shape, samples: samples, from: [parts, dominant]
    ) { from, output, piece in
      for sample in piece {
        // The sign of e: that of its product with the reference, or of its first other component.
        var along: Float = 0
        for axis in 0..<axes { along += towards[axis] * from[1][axis * samples + sample] }
        if abs(along) < 1e-4 {
          along = 0
          for axis in 0..<axes where along == 0 {
            let component = from[1][axis * samples + sample]
            if abs(component) > 1e-4 { along = component }
          }
        }
        let sign: Float = along < 0 ? -1 : 1
        var (even, odd): (Float, Float) = (0, 0)
        for filter in normals.indices {
          var projection: Float = 0
          for axis in 0..<axes {
            projection += normals[filter][axis] * from[1][axis * samples + sample]
          }
          let place = 2 * filter * samples + sample
          even += weights[filter] * from[0][place]
          let turned = from[0][place + samples] * weights[filter]
          // A filter perpendicular to the direction responds to noise only, and has no side.
          if projection != 0 { odd += projection * sign > 0 ? turned : -turned }
        }
        output[sample] = (even * even + odd * odd).squareRoot()
        output[samples + sample] = even == 0 && odd == 0 ? 0 : Float.atan2(y: odd, x: even)
        output[2 * samples + sample] = even
        output[3 * samples + sample] = odd
        for axis in 0..<axes {
          output[(4 + axis) * samples + sample] = sign * from[1][axis * samples + sample]
        }
      }
    }
    return LocalPhase(
      magnitude: try fields.selected(axis: 0, at: 0), phase: try fields.selected(axis: 0, at: 1),
      direction: try fields.sliced(axis: 0, 4..<4 + axes),
      even: try fields.selected(axis: 0, at: 2), odd: try fields.selected(axis: 0, at: 3))
  }
}
