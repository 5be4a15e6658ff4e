import Tensors

/// The motion in a sequence of images, from its local structure in space and time.
///
/// The first axis of the field is time, `[t, y, x]` or `[t, z, y, x]`; a moving image is structure
/// that is oriented in it. Where the image varies in one direction only, only the velocity across it
/// can be seen (the aperture problem): the first eigenvector e gives v = −e_t e_s / |e_s|². Where it
/// varies in all directions, the direction without change, the last eigenvector, is the
/// path of what moves: v = e_s / e_t (Granlund and Knutsson 1995, chapter 6.3).
public struct LocalVelocity: Sendable, Hashable {
  /// The velocity across the dominant direction, `[D − 1, t, space…]`: units of space per unit of time,
  /// in array order.
  public let normal: Tensor<Float>
  /// (λ_1 − λ_2) / λ_1, from 0 to 1: how well one direction of change describes the sequence.
  public let normalCertainty: Tensor<Float>
  /// The velocity of the path along which nothing changes, `[D − 1, t, space…]`.
  public let path: Tensor<Float>
  /// (λ_(D−1) − λ_D) / λ_1, from 0 to 1: how well there is one path.
  public let pathCertainty: Tensor<Float>

  /// Velocities above this many samples per frame are taken for flicker, not motion.
  public static let largestSpeed = 100.0

  /// The velocities that eigenvectors imply.
  ///
  /// - Parameters:
  ///   - eigensystem: That of a field whose first axis is time, of 2 to 4 axes.
  ///   - spacing: The time between frames, then the distances between samples; 1 unless given. The
  ///     eigenvectors are per sample.
  /// - Throws: ``FiltersmithError`` when the field has no axis of space or the spacing does not fit.
  public init(_ eigensystem: Eigensystem, spacing: [Double]? = nil) throws(FiltersmithError) {
    let axes = eigensystem.dimensions
    guard axes >= 2 else {
      throw FiltersmithError(
        .shape, "velocity needs time and at least one axis of space; the field has \(axes) axis")
    }
    let spacing = try (spacing ?? [1]).perAxis(axes, "spacing", .positive)
    let space = Shape(Array(eigensystem.values.shape.dropFirst()))
    let samples = space.elementCount
    let units = (1..<axes).map { Float(spacing[$0] / spacing[0]) }
    let limit = Float(Self.largestSpeed)
    let count = axes - 1
    let fields = Tensor<Float>(
      Shape([2 * axes]) + space, samples: samples,
      from: [eigensystem.values, eigensystem.vectors]
    ) { from, output, piece in
      let (values, vectors) = (from[0], from[1])
      for sample in piece {
        let first = max(values[sample], 0)
        let second = max(values[samples + sample], 0)
        let last = max(values[(axes - 1) * samples + sample], 0)
        let before = max(values[(axes - 2) * samples + sample], 0)
        // Across: v = −e_t e_s / |e_s|²
        let time = vectors[sample]
        var square: Float = 0
        for axis in 1..<axes {
          let component = vectors[axis * samples + sample]
          square += component * component
        }
        let across = square * limit * limit >= 1 - square ? -time / max(square, 1e-12) : 0
        for axis in 1..<axes {
          output[(axis - 1) * samples + sample] =
            across * vectors[axis * samples + sample] * units[axis - 1]
        }
        output[count * samples + sample] =
          first > 0 && across != 0 || time == 0
          ? (first > 0 ? (first - second) / first : 0) : 0
        // Along: v = e_s / e_t
        let path = (axes - 1) * axes * samples + sample
        let duration = vectors[path]
        let isMotion = abs(duration) * limit >= (1 - duration * duration).magnitude.squareRoot()
        for axis in 1..<axes {
          output[(axes + axis - 1) * samples + sample] =
            isMotion ? vectors[path + axis * samples] / duration * units[axis - 1] : 0
        }
        output[(axes + count) * samples + sample] =
          first > 0 && isMotion ? (before - last) / first : 0
      }
    }
    normal = try fields.sliced(axis: 0, 0..<count)
    normalCertainty = try fields.selected(axis: 0, at: count)
    path = try fields.sliced(axis: 0, axes..<axes + count)
    pathCertainty = try fields.selected(axis: 0, at: axes + count)
  }
}
