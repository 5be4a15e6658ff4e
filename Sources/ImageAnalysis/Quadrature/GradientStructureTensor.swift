import Convolutions
import FilterDesign
import LinearAlgebra
import SIMDLoops
import Tensors

/// The structure tensor of the gradient: T = G_outer * (∇f ∇fᵀ), ∇f = f * ∇G_inner.
///
/// The inner scale says how fine the gradient is, the outer one over which neighbourhood its outer
/// products are averaged (J. Bigün and G. Granlund 1987; W. Förstner and E. Gülch 1987). Compared with the
/// tensors of quadrature filters it is fast and its unit is simple: squared slope per unit of
/// length.
public struct GradientStructureTensor: Sendable, Hashable {
  /// How the gradient is taken.
  public enum Gradient: Sendable, Hashable {
    /// Derivatives of a Gaussian of the inner scale.
    case gaussian
    /// A classical operator such as Sobel's, which needs no scale.
    case classical(GradientDesign.Operator)
  }

  /// The standard deviation of the gradient's Gaussian, one for all axes or one for each, in units of
  /// ``spacing``.
  public var innerScale: [Double]
  /// The standard deviation of the averaging, one for all axes or one for each, in units of
  /// ``spacing``; 0 for none.
  public var outerScale: [Double]
  /// How the gradient is taken.
  public var gradient: Gradient
  /// The distance between samples along each axis, 1 unless given; slopes are per unit of it.
  public var spacing: [Double]?
  /// How image and tensors continue.
  public var border: Border

  /// A structure tensor of the two scales.
  public init(
    innerScale: [Double] = [1], outerScale: [Double] = [2], gradient: Gradient = .gaussian,
    spacing: [Double]? = nil, border: Border = .mirror
  ) {
    self.innerScale = innerScale
    self.outerScale = outerScale
    self.gradient = gradient
    self.spacing = spacing
    self.border = border
  }

  /// A structure tensor whose scales are the same along every axis.
  public init(innerScale: Double, outerScale: Double, spacing: [Double]? = nil) {
    self.init(innerScale: [innerScale], outerScale: [outerScale], spacing: spacing)
  }

  /// The tensors of an image.
  ///
  /// - Parameter image: `[space…]`, 1 to 4 axes.
  /// - Throws: ``FiltersmithError`` when a scale or the spacing is out of range, or the image is not
  ///   finite.
  public func callAsFunction(_ image: Tensor<Float>) throws(FiltersmithError) -> OrientationTensor {
    try FieldCheck.image(image)
    let sigma = try FieldCheck.samples(
      outerScale, spacing: spacing, axes: image.rank, "the outer scale")
    return try OrientationTensor(outerProductsOf: slopes(of: image))
      .smoothed(sigma: sigma, border: border)
  }

  /// The tensors of an image with missing samples.
  ///
  /// Slopes come from planes fitted by normalised convolution with the inner scale's Gaussian, and
  /// the average of their outer products is weighted by how well they are known.
  ///
  /// - Returns: The tensors, and how well each is known.
  /// - Throws: ``FiltersmithError`` when a scale or the spacing is out of range.
  public func callAsFunction(
    _ image: MaskedImage
  ) throws(FiltersmithError) -> (tensor: OrientationTensor, certainty: Tensor<Float>) {
    let axes = image.values.rank
    let inner = try FieldCheck.samples(innerScale, spacing: spacing, axes: axes, "the inner scale")
    let fitted = try NormalizedConvolution(
      .linear, applicability: .gaussian(sigma: inner.map { max($0, 0.5) }))(image)
    guard let gradient = fitted.gradient else { return (try self(image.values), fitted.certainty) }
    let spacing = try (self.spacing ?? [1]).perAxis(axes, "spacing", .positive)
    let slopes = gradient.scaled(perChannel: spacing.map { 1 / $0 })
    let outer = try FieldCheck.samples(
      outerScale, spacing: self.spacing, axes: axes, "the outer scale")
    return try OrientationTensor(outerProductsOf: slopes)
      .smoothed(sigma: outer, certainty: fitted.certainty)
  }

  /// ∇f per unit of length, `[D, space…]`.
  private func slopes(of image: Tensor<Float>) throws(FiltersmithError) -> Tensor<Float> {
    let axes = image.rank
    let spacing = try (self.spacing ?? [1]).perAxis(axes, "spacing", .positive)
    let bank: FilterBank
    switch gradient {
    case .gaussian:
      let sigma = try FieldCheck.samples(
        innerScale, spacing: self.spacing, axes: axes, "the inner scale")
      guard sigma.allSatisfy({ $0 >= 0.3 }) else {
        throw FiltersmithError(
          .argument,
          "the inner scale \(innerScale) is \(sigma) samples; at least 0.3 along every axis is needed"
        )
      }
      bank = try GaussianDerivativeDesign(
        sigma: sigma, totalOrder: 1, discretization: .exactMoments
      ).bank()
    case .classical(let operation):
      bank = try GradientDesign(operation, dimensions: axes).bank()
    }
    guard border != .valid, border != .full else {
      throw FiltersmithError(
        .argument, "border \(border) changes the size of a field; the structure tensor keeps it")
    }
    let slopes = try bank.responses(to: image, border: border).parts
      .reshaped(to: Shape([axes]) + image.shape)
    return spacing.allSatisfy { $0 == 1 }
      ? slopes : slopes.scaled(perChannel: spacing.map { 1 / $0 })
  }
}

extension OrientationTensor {
  /// v vᵀ of a field of vectors, `[D, space…]`.
  ///
  /// - Throws: ``FiltersmithError`` when there is not one component per axis.
  public init(outerProductsOf vectors: Tensor<Float>) throws(FiltersmithError) {
    let axes = vectors.rank - 1
    guard (1...4).contains(axes), vectors.shape[0] == axes else {
      throw FiltersmithError(
        .shape,
        "vectors \(vectors.shape) do not have one component for each of their axes of space")
    }
    let space = Shape(Array(vectors.shape.dropFirst()))
    let samples = space.elementCount
    let products = Tensor<Float>(
      Shape([SymmetricMatrix.elementCount(order: axes)]) + space, samples: samples, from: [vectors]
    ) { from, output, piece in
      if axes == 2 {
        let (y, target) = (from[0].pointer + piece.lowerBound, output.pointer + piece.lowerBound)
        return gradient_products(
          y, y + samples, piece.count, target, target + samples, target + 2 * samples)
      }
      var component = 0
      for row in 0..<axes {
        for column in row..<axes {
          let first = from[0].pointer + row * samples
          let second = from[0].pointer + column * samples
          let target = output.pointer + component * samples
          for sample in piece { target[sample] = first[sample] * second[sample] }
          component += 1
        }
      }
    }
    try self.init(components: products)
  }
}

extension Tensor where Element == Float {
  /// Every channel, along the first axis, times its own factor.
  func scaled(perChannel factors: [Double]) -> Tensor<Float> {
    let samples = count / Swift.max(factors.count, 1)
    let factors = factors.map(Float.init)
    return Tensor(shape, samples: count, from: [self]) { from, output, piece in
      for place in piece { output[place] = from[0][place] * factors[place / samples] }
    }
  }
}
