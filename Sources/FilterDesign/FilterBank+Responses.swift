import Convolutions
import Numerics
import Tensors

extension FilterBank {
  /// The bank applied to an image: every filter's convolution with it.
  ///
  /// - Parameters:
  ///   - image: As many axes as the filters, or one more in front: channels, each filtered separately.
  ///   - border: How the image continues beyond its edges, which decides the size of the result.
  ///   - algorithm: How it is computed; all algorithms give the same result.
  /// - Throws: ``FiltersmithError`` when the image's axes do not fit the filters', it is too small
  ///   for them, or it holds a value that is not finite.
  public func responses<Scalar: ConvolutionScalar>(
    to image: Tensor<Scalar>, border: Border = .mirror, algorithm: Algorithm = .automatic
  ) throws(FiltersmithError) -> Responses<Scalar> {
    try check(image)
    let kernels = try correlationKernels(as: Scalar.self)
    let output = try image.filtered(
      by: kernels.reshaped(to: kernels.shape.removing(axis: 1)), border: border,
      center: correlationCenter, algorithm: algorithm)
    // [channels, filters · parts, …] as the engine writes it, to channels after the filters
    let parts = isComplex ? 2 : 1
    let spatial = Array(output.shape.suffix(dimensions))
    let values: Tensor<Scalar>
    if image.rank == dimensions {
      values = try output.reshaped(to: Shape([count, parts] + spatial))
    } else {
      let channels = image.shape[0]
      values = try output.reshaped(to: Shape([channels, count, parts] + spatial))
        .permuted([1, 2, 0] + spatial.indices.map { $0 + 3 })
    }
    return Responses(bank: self, border: border, parts: values)
  }

  /// The magnitudes √(even² + odd²) of a complex bank's responses, `[filters, (channels,) …]`,
  /// computed without keeping the responses.
  ///
  /// - Throws: ``FiltersmithError`` for a real bank, and as ``responses(to:border:algorithm:)``.
  public func magnitudes<Scalar: ConvolutionScalar>(
    of image: Tensor<Scalar>, border: Border = .mirror, algorithm: Algorithm = .automatic
  ) throws(FiltersmithError) -> Tensor<Scalar> {
    guard isComplex else {
      throw FiltersmithError(
        .argument, "magnitudes are those of complex filters; the \(design.family) bank is real")
    }
    try check(image)
    let kernel = try correlationKernels(as: Scalar.self)
    let channels = image.rank == dimensions ? 1 : image.shape[0]
    let input = Shape([channels, 1] + image.shape.suffix(dimensions))
    let convolution = try Convolution(
      input: input, kernel: kernel.shape, border: border, center: correlationCenter)
    let output = try convolution.plan(algorithm, kernel: kernel)
      .pairMagnitudes(image.reshaped(to: input))
    let spatial = Array(convolution.output.dropFirst(2))
    guard image.rank > dimensions else { return try output.reshaped(to: Shape([count] + spatial)) }
    return try output.permuted([1, 0] + spatial.indices.map { $0 + 2 })
  }

  /// Rejects images that the bank does not apply to.
  private func check<Scalar: ConvolutionScalar>(_ image: Tensor<Scalar>) throws(FiltersmithError) {
    guard image.rank == dimensions || image.rank == dimensions + 1 else {
      throw FiltersmithError(
        .shape,
        "filters of support \(support) apply to images of \(dimensions) axes, or one more for channels; the image \(image.shape) has \(image.rank)"
      )
    }
    try Self.checkFinite(image)
  }

  /// The kernels reflected, as layers and the engine, which correlate, need them:
  /// `[filters, 1, support…]`, of a complex bank `[2 · filters, 1, support…]`, even and odd in turn.
  ///
  /// The one place where impulse responses become correlation kernels.
  public func correlationKernels<Scalar: ConvolutionScalar>(
    as precision: Scalar.Type = Scalar.self
  ) throws(FiltersmithError) -> Tensor<Scalar> {
    let real: Tensor<Double>
    switch kernels {
    case .real(let kernels): real = kernels
    case .complex: real = try .stacked([even, odd].compactMap { $0 }, axis: 1)
    }
    let filters = real.count / support.elementCount
    return try real.reshaped(to: [filters, 1] + support)
      .flipped(axes: support.indices.map { $0 + 2 }).map { Scalar($0) }
  }

  /// The tap of ``correlationKernels(as:)`` that lies on the output position: x = 0, reflected.
  public var correlationCenter: [Int] { support.map { $0 - 1 - $0 / 2 } }

  /// A value that is not finite would spread over a whole row of the transform, or all of it.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  private static func checkFinite<Scalar: ConvolutionScalar>(
    _ image: Tensor<Scalar>
  ) throws(FiltersmithError) {
    let isFinite = image.withUnsafeElements { elements in
      // Without an early exit, so that the loop is vectorised.
      var all = true
      for element in elements { all = all && element.magnitude <= Scalar.greatestFiniteMagnitude }
      return all
    }
    guard !isFinite, let position = image.elements.firstIndex(where: { !$0.isFinite }) else {
      return
    }
    throw FiltersmithError(
      .argument,
      "the image holds \(image.elements[position]) at \(image.shape.index(at: position)); filters need finite values"
    )
  }
}
