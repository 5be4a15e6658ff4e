import Convolutions
import LinearAlgebra
import Numerics
import Tensors

/// Coherence-enhancing diffusion: the image flows along its structures and not across them.
///
/// ∂u/∂t = div(D ∇u), D with the eigenvectors of the structure tensor and, for its eigenvalues μ_1 ≥ … ≥
/// μ_D, the diffusivities α across and α + (1 − α) exp(−C / κ) along, κ = ((μ_i − μ_j)/s⁴)² scaled by the
/// image's own contrast s. Interrupted flow lines close (J. Weickert, *Coherence-enhancing diffusion
/// filtering*, IJCV 31, 1999). The scheme is explicit, in fluxes between samples, with none through the
/// edges: the mean is preserved.
public struct CoherenceDiffusion: Sendable, Hashable {
  /// The inner scale of the structure tensor, in units of ``spacing``.
  public var innerScale: Double
  /// The outer scale, over which structures are coherent, in units of ``spacing``.
  public var outerScale: Double
  /// The time t to diffuse to; free diffusion would be a Gaussian of standard deviation √(2t).
  public var time: Double
  /// α: the diffusivity across structures.
  public var leakage: Double
  /// C: the coherence at which diffusion along structures has grown to 1/e, relative to the mean
  /// square of the image's gradient.
  public var contrast: Double
  /// The time of one step, in units of the smallest squared spacing.
  public var step: Double
  /// The distance between samples along each axis; 1 unless given.
  public var spacing: [Double]?

  /// A diffusion of the given time.
  public init(
    time: Double = 10, innerScale: Double = 0.7, outerScale: Double = 4, leakage: Double = 0.001,
    contrast: Double = 0.1, step: Double = 0.15, spacing: [Double]? = nil
  ) {
    self.time = time
    self.innerScale = innerScale
    self.outerScale = outerScale
    self.leakage = leakage
    self.contrast = contrast
    self.step = step
    self.spacing = spacing
  }

  /// The diffused image, `[space…]`, 2 or 3 axes.
  ///
  /// - Throws: ``FiltersmithError`` when a parameter is out of range or the image is not finite.
  public func callAsFunction(
    _ image: Tensor<Float>, progress: ProgressHandler? = nil
  ) throws(FiltersmithError) -> Tensor<Float> {
    try FieldCheck.image(image, axes: 2...3)
    return try diffused(image, progress) {
      structure, image throws(FiltersmithError) in
      try structure(image)
    }
  }

  /// The diffused image; missing samples begin as the average around them and fill up along the
  /// structures of the known samples.
  ///
  /// - Throws: ``FiltersmithError`` when a parameter is out of range.
  public func callAsFunction(
    _ image: MaskedImage, progress: ProgressHandler? = nil
  ) throws(FiltersmithError) -> Tensor<Float> {
    try FieldCheck.image(image.values, axes: 2...3)
    let certainty = image.certainty
    return try diffused(image.filled(), progress) {
      structure, image throws(FiltersmithError) in
      try structure(MaskedImage(image, certainty: certainty)).tensor
    }
  }

  private func diffused(
    _ image: Tensor<Float>, _ progress: ProgressHandler?,
    structure:
      (GradientStructureTensor, Tensor<Float>) throws(FiltersmithError) -> OrientationTensor
  ) throws(FiltersmithError) -> Tensor<Float> {
    try FieldCheck.number(time, 0...1e5, "the time of diffusion")
    try FieldCheck.number(leakage, 1e-6...1, "the leakage across structures")
    try FieldCheck.number(contrast, 1e-9...1e9, "the contrast of diffusion")
    try FieldCheck.number(step, 0.001...(image.rank == 2 ? 0.25 : 0.16), "the step of diffusion")
    let axes = image.rank
    let spacing = try (self.spacing ?? [1]).perAxis(axes, "spacing", .positive)
    let smallest = spacing.min() ?? 1
    let relative = spacing.map { $0 / smallest }
    let steps = Int((time / (smallest * smallest) / step).rounded(.up))
    guard steps > 0 else { return image }
    let duration = Float(time / (smallest * smallest) / Double(steps))
    let measure = GradientStructureTensor(
      innerScale: [innerScale], outerScale: [outerScale], spacing: spacing)
    var result = image
    for index in 0..<steps {
      let tensor = try structure(measure, result)
      result = Self.stepped(
        result, diffusivity(tensor), duration, spacing: relative.map(Float.init))
      progress?(Double(index + 1) / Double(steps))
    }
    return result
  }

  /// D, `[D(D+1)/2, space…]`.
  private func diffusivity(_ tensor: OrientationTensor) -> Tensor<Float> {
    let (axes, samples) = (tensor.dimensions, tensor.imageShape.elementCount)
    let places = (0..<axes * axes).map {
      SymmetricMatrix.position($0 / axes, $0 % axes, order: axes)
    }
    let mean =
      tensor.trace.withUnsafeElements { $0.reduce(0.0) { $0 + Double($1) } }
      / Double(max(samples, 1))
    let (leakage, threshold) = (leakage, contrast * mean)
    return Tensor(
      tensor.components.shape, samples: samples, from: [tensor.components]
    ) { from, output, piece in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * axes * axes + axes) { scratch in
        let matrix = UnsafeMutableBufferPointer(rebasing: scratch[..<(axes * axes)])
        let basis = UnsafeMutableBufferPointer(rebasing: scratch[(axes * axes)..<(2 * axes * axes)])
        let gains = UnsafeMutableBufferPointer(rebasing: scratch[(2 * axes * axes)...])
        for sample in piece {
          for element in 0..<axes * axes {
            matrix[element] = Double(from[0][places[element] * samples + sample])
          }
          JacobiRotations.diagonalize(matrix, vectors: basis, order: axes)
          gains[0] = leakage
          for axis in 1..<axes {
            let difference = matrix[0] - matrix[axis * (axes + 1)]
            let ratio = difference > 0 ? threshold / difference : .infinity
            gains[axis] = leakage + (1 - leakage) * Double.exp(-ratio * ratio)
          }
          for row in 0..<axes {
            for column in row..<axes {
              var sum = 0.0
              for axis in 0..<axes {
                sum += gains[axis] * basis[axis * axes + row] * basis[axis * axes + column]
              }
              output[places[row * axes + column] * samples + sample] = Float(sum)
            }
          }
        }
      }
    }
  }

  /// u + τ div(D ∇u), with fluxes taken halfway between neighbours.
  private static func stepped(
    _ image: Tensor<Float>, _ diffusivity: Tensor<Float>, _ duration: Float, spacing: [Float]
  ) -> Tensor<Float> {
    let stencil = FluxStencil(shape: image.shape, spacing: spacing)
    return Tensor(image.shape, samples: image.count, from: [image, diffusivity]) {
      from, output, piece in
      for sample in piece {
        output[sample] =
          from[0][sample] + duration * stencil.divergence(from[0], from[1], at: sample)
      }
    }
  }
}

/// div(D ∇u) from the fluxes between neighbours, with no flux through the image's edges.
private struct FluxStencil: Sendable {
  let axes: Int
  let extents: [Int]
  let strides: [Int]
  let spacing: [Float]
  /// Where each element of D begins.
  let places: [Int]

  init(shape: Shape, spacing: [Float]) {
    let (axes, samples) = (shape.rank, shape.elementCount)
    self.axes = axes
    extents = shape.dimensions
    strides = shape.strides
    self.spacing = spacing
    places = (0..<axes * axes).map {
      SymmetricMatrix.position($0 / axes, $0 % axes, order: axes) * samples
    }
  }

  func divergence(
    _ image: ReadOnlyPointer<Float>, _ tensor: ReadOnlyPointer<Float>, at sample: Int
  ) -> Float {
    var change: Float = 0
    for axis in 0..<axes {
      let position = sample / strides[axis] % extents[axis]
      var net: Float = 0
      if position + 1 < extents[axis] { net += flux(image, tensor, sample, axis) }
      if position > 0 { net -= flux(image, tensor, sample - strides[axis], axis) }
      change += net / spacing[axis]
    }
    return change
  }

  /// The flux from a sample to the next along an axis.
  @inline(__always)
  private func flux(
    _ image: ReadOnlyPointer<Float>, _ tensor: ReadOnlyPointer<Float>, _ sample: Int, _ axis: Int
  ) -> Float {
    let next = sample + strides[axis]
    var sum: Float = 0
    for other in 0..<axes {
      let place = places[axis * axes + other]
      let gain = 0.5 * (tensor[place + sample] + tensor[place + next])
      let slope =
        other == axis
        ? (image[next] - image[sample]) / spacing[axis]
        : 0.5 * (slope(image, sample, other) + slope(image, next, other))
      sum += gain * slope
    }
    return sum
  }

  /// The slope along an axis at a sample, as if the image were mirrored at its edges.
  @inline(__always)
  private func slope(_ image: ReadOnlyPointer<Float>, _ sample: Int, _ axis: Int) -> Float {
    let position = sample / strides[axis] % extents[axis]
    let upper = position + 1 < extents[axis] ? sample + strides[axis] : sample
    let lower = position > 0 ? sample - strides[axis] : sample
    return (image[upper] - image[lower]) / (2 * spacing[axis])
  }
}
