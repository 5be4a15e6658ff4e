import Convolutions
import LinearAlgebra
import Numerics
import Tensors

/// Normalised convolution: local models fitted to the known samples of an image.
///
/// Around every sample a polynomial is fitted by least squares, neighbours weighted by the
/// *applicability* a (a function of their distance) times their certainty c (how well they are known).
/// With a constant model that is {a * cf} / {a * c}; a linear one also gives the gradient (H. Knutsson
/// and C.-F. Westin, CVPR 1993). Missing samples are filled in, and samples beyond the image's edges
/// count as missing, so that there is no border to choose.
public struct NormalizedConvolution: Sendable, Hashable {
  /// The local model.
  public enum Model: String, Sendable, Hashable, CaseIterable {
    /// A constant: smoothing.
    case constant
    /// A plane: smoothing that follows slopes, and their gradient.
    case linear
  }

  /// How much neighbours count: a(x).
  public enum Applicability: Sendable, Hashable {
    /// exp(−½ Σ (x_d/σ_d)²): one σ for all axes or one for each, in samples.
    case gaussian(sigma: [Double])
    /// r^(−α) cos^β(πr / 2r_max) for r < r_max, a(0) = 1 (Knutsson and Westin's): sharp for α > 0.
    case radial(radius: Double, sharpness: Double, smoothness: Double)
    /// One value of at least 0 per tap, as many axes as the image, odd extents.
    case kernel(Tensor<Double>)
  }

  /// The model to fit.
  public var model: Model
  /// How much neighbours count.
  public var applicability: Applicability

  /// Local models with an applicability.
  public init(_ model: Model = .constant, applicability: Applicability) {
    self.model = model
    self.applicability = applicability
  }

  /// Local models with a Gaussian applicability of the same width along every axis.
  public init(_ model: Model = .constant, sigma: Double) {
    self.init(model, applicability: .gaussian(sigma: [sigma]))
  }

  /// What was fitted at every sample.
  public struct Result: Sendable, Hashable {
    /// The model's value, `[space…]`; 0 where nothing is known nearby.
    public let values: Tensor<Float>
    /// How well it is known, from 0 to 1 for certainties up to 1: {a * c} / {a * 1} of a constant,
    /// (det G(c) / det G(1))^(1/(D+1)) of a linear model with its D + 1 normal equations G.
    public let certainty: Tensor<Float>
    /// The slope along each axis per sample, `[D, space…]`; `nil` for a constant model.
    public let gradient: Tensor<Float>?
  }

  /// Fits the model around every sample.
  ///
  /// - Throws: ``FiltersmithError`` when the applicability does not fit the image.
  public func callAsFunction(_ image: MaskedImage) throws(FiltersmithError) -> Result {
    let applicability = try taps(axes: image.values.rank)
    switch model {
    case .constant: return try constant(image, applicability)
    case .linear: return try linear(image, applicability)
    }
  }

  /// a(x), scaled to sum 1.
  func taps(axes: Int) throws(FiltersmithError) -> Tensor<Double> {
    let taps: Tensor<Double>
    switch applicability {
    case .gaussian(let sigma):
      let sigma = try sigma.perAxis(axes, "sigma", .positive)
      let radii = sigma.map { max(Int(min(4 * $0, 1000) + 0.5), 1) }
      taps = Tensor(shape: Shape(radii.map { 2 * $0 + 1 })) { index in
        var exponent = 0.0
        for axis in index.indices {
          let x = Double(index[axis] - radii[axis]) / sigma[axis]
          exponent += x * x
        }
        return Double.exp(-0.5 * exponent)
      }
    case .radial(let radius, let sharpness, let smoothness):
      try FieldCheck.number(radius, 1...1000, "the applicability's radius")
      try FieldCheck.number(sharpness, 0...20, "the applicability's sharpness")
      try FieldCheck.number(smoothness, 0...20, "the applicability's smoothness")
      let reach = Int(radius.rounded(.up))
      taps = Tensor(shape: Shape(Array(repeating: 2 * reach + 1, count: axes))) { index in
        let square = index.reduce(0) { $0 + ($1 - reach) * ($1 - reach) }
        let distance = Double(square).squareRoot()
        if square == 0 { return 1 }
        guard distance < radius else { return 0 }
        return Double.pow(distance, -sharpness)
          * Double.pow(Double.cos(.pi * distance / (2 * radius)), smoothness)
      }
    case .kernel(let kernel):
      guard kernel.rank == axes, kernel.shape.allSatisfy({ $0 % 2 == 1 }) else {
        throw FiltersmithError(
          .shape,
          "the applicability has shape \(kernel.shape); \(axes) odd extents were expected")
      }
      guard kernel.elements.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
        throw FiltersmithError(.argument, "an applicability is finite and nowhere negative")
      }
      taps = kernel
    }
    let sum = taps.sum()
    guard sum > 0 else { throw FiltersmithError(.argument, "the applicability is zero everywhere") }
    return taps.map { $0 / sum }
  }
}

extension NormalizedConvolution {
  /// The correlations of several fields with several kernels: `[fields, kernels, space…]`.
  static func correlated(
    _ fields: [Tensor<Float>], with kernels: [Tensor<Double>], border: Border = .zero
  ) throws(FiltersmithError) -> Tensor<Float> {
    try Tensor<Float>.stacked(fields)
      .filtered(by: Tensor<Float>(Tensor<Double>.stacked(kernels)), border: border)
  }

  /// Smaller certainties are rounding errors of the convolution, or too small to use.
  static let leastCertainty: Float = 1e-5

  private func constant(
    _ image: MaskedImage, _ applicability: Tensor<Double>
  ) throws(FiltersmithError) -> Result {
    let sums = try Self.correlated([image.weighted, image.certainty], with: [applicability])
    let samples = image.values.count
    let both = Tensor<Float>(
      Shape([2]) + image.values.shape, samples: samples, from: [sums]
    ) { from, output, piece in
      for sample in piece {
        let weight = from[0][samples + sample]
        let isKnown = weight > Self.leastCertainty
        output[sample] = isKnown ? from[0][sample] / weight : 0
        output[samples + sample] = isKnown ? weight : 0
      }
    }
    return Result(
      values: try both.selected(axis: 0, at: 0), certainty: try both.selected(axis: 0, at: 1),
      gradient: nil)
  }

  private func linear(
    _ image: MaskedImage, _ applicability: Tensor<Double>
  ) throws(FiltersmithError) -> Result {
    let axes = image.values.rank
    let center = applicability.shape.map { $0 / 2 }
    let moments = PlaneEquations.moments(axes: axes).map { exponents in
      Tensor(shape: applicability.shape) { index in
        zip(index, center).enumerated().reduce(applicability[index]) { product, axis in
          product * Double.pow(Double(axis.element.0 - axis.element.1), exponents[axis.offset])
        }
      }
    }
    let order = axes + 1
    let sides = try Self.correlated([image.weighted], with: Array(moments.prefix(order)))
    let weights = try Self.correlated([image.certainty], with: moments)
    var complete = PlaneEquations(axes: axes)
    complete.setMatrix { moments[$0].sum() }
    let full = complete.solver.solve() ?? 0
    let samples = image.values.count
    let fitted = Tensor<Float>(
      Shape([order + 1]) + image.values.shape, samples: samples, from: [sides, weights]
    ) { from, output, piece in
      var equations = PlaneEquations(axes: axes)
      for sample in piece {
        equations.setMatrix { Double(from[1][$0 * samples + sample]) }
        for row in 0..<order {
          equations.solver.side[row] = Double(from[0][row * samples + sample])
        }
        let weight = equations.solver.matrix[0]
        guard weight > Double(Self.leastCertainty) else {
          for channel in 0...order { output[channel * samples + sample] = 0 }
          continue
        }
        let mean = equations.solver.side[0] / weight
        if let determinant = equations.solver.solve() {
          for row in 0..<order {
            output[row * samples + sample] = Float(equations.solver.side[row])
          }
          output[order * samples + sample] = Float(
            Double.exp((determinant - full) / Double(order)))
        } else {
          // Too few samples for a plane: a constant is fitted.
          output[sample] = Float(mean)
          for channel in 1...order { output[channel * samples + sample] = 0 }
        }
      }
    }
    return Result(
      values: try fitted.selected(axis: 0, at: 0),
      certainty: try fitted.selected(axis: 0, at: order),
      gradient: try fitted.sliced(axis: 0, 1..<order))
  }
}
