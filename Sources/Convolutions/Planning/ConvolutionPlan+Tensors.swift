import Tensors

/// Runs on tensors: results are new, or overwrite a tensor so that its memory is reused.
extension ConvolutionPlan {
  /// The convolution of an input.
  ///
  /// - Parameters:
  ///   - input: As described, `[batch, channels, spatial…]`.
  ///   - kernel: `[filters, channels / groups, spatial…]`; may be left out when the plan was made
  ///     with one.
  ///   - bias: One number per filter, added to its output.
  ///   - activation: Applied to every output after the bias.
  /// - Returns: `[batch, filters, spatial…]`.
  public func forward(
    _ input: Tensor<Scalar>, kernel: Tensor<Scalar>? = nil, bias: Tensor<Scalar>? = nil,
    activation: Activation = .identity
  ) throws(FiltersmithError) -> Tensor<Scalar> {
    try forward(
      input, prepared: prepared(kernel, for: .forward), bias: bias, activation: activation)
  }

  /// The convolution of an input with a kernel that was prepared for ``LinearMap/forward``.
  public func forward(
    _ input: Tensor<Scalar>, prepared kernel: PreparedKernel<Scalar>, bias: Tensor<Scalar>? = nil,
    activation: Activation = .identity
  ) throws(FiltersmithError) -> Tensor<Scalar> {
    let kernel = try checked(input, kernel, bias)
    return Tensor(uninitialized: convolution.output) { target in
      forward(input, kernel, bias, activation, into: target)
    }
  }

  /// The convolution of an input, in place of a tensor of the output's shape.
  public func forward(
    _ input: Tensor<Scalar>, prepared kernel: PreparedKernel<Scalar>? = nil,
    bias: Tensor<Scalar>? = nil, activation: Activation = .identity,
    into output: inout Tensor<Scalar>
  ) throws(FiltersmithError) {
    try check(output, convolution.output, "output")
    let kernel = try checked(input, kernel, bias)
    output.withUnsafeMutableElements { forward(input, kernel, bias, activation, into: $0) }
  }

  private func forward(
    _ input: Tensor<Scalar>, _ kernel: PreparedKernel<Scalar>, _ bias: Tensor<Scalar>?,
    _ activation: Activation, into target: UnsafeMutableBufferPointer<Scalar>
  ) {
    guard let bias else {
      return run(input, kernel, Epilogue(activation: activation), into: target)
    }
    bias.withUnsafeElements { bias in
      run(
        input, kernel, Epilogue(bias: ReadOnlyPointer(bias), activation: activation),
        into: target)
    }
  }

  /// Checks all that a forward run reads.
  ///
  /// - Returns: The kernel given, or the one that the plan was made with.
  private func checked(
    _ input: Tensor<Scalar>, _ kernel: PreparedKernel<Scalar>?, _ bias: Tensor<Scalar>? = nil
  ) throws(FiltersmithError) -> PreparedKernel<Scalar> {
    try check(input, convolution.input, "input")
    if let bias { try check(bias, [convolution.kernel[0]], "bias") }
    return try checked(kernel, for: .forward)
  }

  private func run(
    _ input: Tensor<Scalar>, _ kernel: PreparedKernel<Scalar>, _ epilogue: Epilogue<Scalar>,
    into target: UnsafeMutableBufferPointer<Scalar>
  ) {
    input.withUnsafeElements { source in
      guard let source = source.baseAddress, let target = target.baseAddress else { return }
      forwardMap.run(source, kernel, epilogue, into: target)
    }
  }

  /// The magnitudes √(even² + odd²) of quadrature pairs: filters 2k and 2k + 1 are the even and the
  /// odd part of pair k.
  ///
  /// - Parameters:
  ///   - input: As described, `[batch, channels, spatial…]`.
  ///   - kernel: `[filters, channels / groups, spatial…]` with an even number of filters; may be left
  ///     out when the plan was made with one.
  /// - Returns: `[batch, filters / 2, spatial…]`.
  public func pairMagnitudes(
    _ input: Tensor<Scalar>, kernel: Tensor<Scalar>? = nil
  ) throws(FiltersmithError) -> Tensor<Scalar> {
    let kernel = try checked(input, try prepared(kernel, for: .forward))
    return Tensor(uninitialized: try magnitudeShape) { target in
      run(input, kernel, Epilogue(combinesPairs: true), into: target)
    }
  }

  /// The magnitudes of quadrature pairs, in place of `[batch, filters / 2, spatial…]`.
  ///
  /// The plan must have been made with its kernel, or the kernel prepared for ``LinearMap/forward``.
  public func pairMagnitudes(
    _ input: Tensor<Scalar>, prepared kernel: PreparedKernel<Scalar>? = nil,
    into magnitudes: inout Tensor<Scalar>
  ) throws(FiltersmithError) {
    try check(magnitudes, try magnitudeShape, "output")
    let kernel = try checked(input, kernel)
    magnitudes.withUnsafeMutableElements { target in
      run(input, kernel, Epilogue(combinesPairs: true), into: target)
    }
  }

  private var magnitudeShape: Shape {
    get throws(FiltersmithError) {
      let filters = convolution.kernel[0]
      guard filters % 2 == 0 else {
        throw FiltersmithError(
          .shape, "\(filters) filters do not form quadrature pairs; an even number was expected")
      }
      return convolution.output.replacing(axis: 1, with: filters / 2)
    }
  }

  /// The adjoint in the input: the transposed convolution of an output's gradient.
  ///
  /// - Parameters:
  ///   - outputGradient: `[batch, filters, spatial…]`.
  ///   - kernel: `[filters, channels / groups, spatial…]`; may be left out when the plan was made
  ///     with one.
  /// - Returns: `[batch, channels, spatial…]`.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, kernel: Tensor<Scalar>? = nil
  ) throws(FiltersmithError) -> Tensor<Scalar> {
    try check(outputGradient, convolution.output, "output gradient")
    let kernel = try prepared(kernel, for: .inputGradient)
    return Tensor(uninitialized: convolution.input) { target in
      inputGradient(outputGradient, kernel, into: target)
    }
  }

  /// The adjoint in the input, in place of `[batch, channels, spatial…]`.
  ///
  /// The plan must have been made with its kernel, or the kernel prepared for
  /// ``LinearMap/inputGradient``.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, prepared kernel: PreparedKernel<Scalar>? = nil,
    into gradient: inout Tensor<Scalar>
  ) throws(FiltersmithError) {
    try check(gradient, convolution.input, "input gradient")
    try check(outputGradient, convolution.output, "output gradient")
    let kernel = try checked(kernel, for: .inputGradient)
    gradient.withUnsafeMutableElements { inputGradient(outputGradient, kernel, into: $0) }
  }

  private func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ kernel: PreparedKernel<Scalar>,
    into target: UnsafeMutableBufferPointer<Scalar>
  ) {
    outputGradient.withUnsafeElements { source in
      guard let source = source.baseAddress, let target = target.baseAddress else { return }
      inputGradientMap.run(source, kernel, Epilogue(), into: target)
    }
  }

  /// The adjoint in the kernel.
  ///
  /// - Parameters:
  ///   - input: `[batch, channels, spatial…]`.
  ///   - outputGradient: `[batch, filters, spatial…]`.
  /// - Returns: `[filters, channels / groups, spatial…]`.
  public func kernelGradient(
    input: Tensor<Scalar>, outputGradient: Tensor<Scalar>
  ) throws(FiltersmithError) -> Tensor<Scalar> {
    try checkKernelGradient(input, outputGradient)
    return Tensor(uninitialized: convolution.kernel) { target in
      kernelGradient(input, outputGradient, into: target)
    }
  }

  /// The adjoint in the kernel, in place of `[filters, channels / groups, spatial…]`.
  public func kernelGradient(
    input: Tensor<Scalar>, outputGradient: Tensor<Scalar>, into gradient: inout Tensor<Scalar>
  ) throws(FiltersmithError) {
    try check(gradient, convolution.kernel, "kernel gradient")
    try checkKernelGradient(input, outputGradient)
    gradient.withUnsafeMutableElements { kernelGradient(input, outputGradient, into: $0) }
  }

  private func checkKernelGradient(
    _ input: Tensor<Scalar>, _ outputGradient: Tensor<Scalar>
  ) throws(FiltersmithError) {
    _ = try algorithm(for: .kernelGradient)
    try check(input, convolution.input, "input")
    try check(outputGradient, convolution.output, "output gradient")
  }

  private func kernelGradient(
    _ input: Tensor<Scalar>, _ outputGradient: Tensor<Scalar>,
    into target: UnsafeMutableBufferPointer<Scalar>
  ) {
    input.withUnsafeElements { source in
      outputGradient.withUnsafeElements { gradient in
        guard let source = source.baseAddress, let gradient = gradient.baseAddress,
          let target = target.baseAddress
        else { return }
        kernelGradientMap.kernelGradient(source, gradient, target)
      }
    }
  }
}
