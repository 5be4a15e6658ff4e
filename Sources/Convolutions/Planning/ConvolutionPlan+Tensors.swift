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
  ) -> Tensor<Scalar> {
    forward(
      input, prepared: prepared(kernel, for: .forward), bias: bias, activation: activation)
  }

  /// The convolution of an input with a kernel that was prepared for ``LinearMap/forward``.
  public func forward(
    _ input: Tensor<Scalar>, prepared kernel: PreparedKernel<Scalar>, bias: Tensor<Scalar>? = nil,
    activation: Activation = .identity
  ) -> Tensor<Scalar> {
    Tensor(uninitialized: convolution.output) { target in
      forward(input, kernel, bias, activation, into: target)
    }
  }

  /// The convolution of an input, in place of a tensor of the output's shape.
  public func forward(
    _ input: Tensor<Scalar>, prepared kernel: PreparedKernel<Scalar>? = nil,
    bias: Tensor<Scalar>? = nil, activation: Activation = .identity,
    into output: inout Tensor<Scalar>
  ) {
    check(output, convolution.output, "output")
    let kernel = kernel ?? prepared(nil, for: .forward)
    output.withUnsafeMutableElements { forward(input, kernel, bias, activation, into: $0) }
  }

  private func forward(
    _ input: Tensor<Scalar>, _ kernel: PreparedKernel<Scalar>, _ bias: Tensor<Scalar>?,
    _ activation: Activation, into target: UnsafeMutableBufferPointer<Scalar>
  ) {
    guard let bias else {
      return run(input, kernel, Epilogue(activation: activation), into: target)
    }
    let filters = convolution.kernel[0]
    precondition(bias.count == filters, "bias \(bias.shape) for \(filters) filters")
    bias.withUnsafeElements { bias in
      run(
        input, kernel, Epilogue(bias: ReadOnlyPointer(bias), activation: activation),
        into: target)
    }
  }

  private func run(
    _ input: Tensor<Scalar>, _ kernel: PreparedKernel<Scalar>, _ epilogue: Epilogue<Scalar>,
    into target: UnsafeMutableBufferPointer<Scalar>
  ) {
    check(input, convolution.input, "input")
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
  ) -> Tensor<Scalar> {
    let kernel = prepared(kernel, for: .forward)
    return Tensor(uninitialized: magnitudeShape) { target in
      run(input, kernel, Epilogue(combinesPairs: true), into: target)
    }
  }

  /// The magnitudes of quadrature pairs, in place of `[batch, filters / 2, spatial…]`.
  ///
  /// The plan must have been made with its kernel, or the kernel prepared for ``LinearMap/forward``.
  public func pairMagnitudes(
    _ input: Tensor<Scalar>, prepared kernel: PreparedKernel<Scalar>? = nil,
    into magnitudes: inout Tensor<Scalar>
  ) {
    check(magnitudes, magnitudeShape, "output")
    let kernel = kernel ?? prepared(nil, for: .forward)
    magnitudes.withUnsafeMutableElements { target in
      run(input, kernel, Epilogue(combinesPairs: true), into: target)
    }
  }

  private var magnitudeShape: Shape {
    let filters = convolution.kernel[0]
    precondition(filters % 2 == 0, "\(filters) filters are not quadrature pairs")
    return convolution.output.replacing(axis: 1, with: filters / 2)
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
  ) -> Tensor<Scalar> {
    let kernel = prepared(kernel, for: .inputGradient)
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
  ) {
    check(gradient, convolution.input, "input gradient")
    let kernel = kernel ?? prepared(nil, for: .inputGradient)
    gradient.withUnsafeMutableElements { inputGradient(outputGradient, kernel, into: $0) }
  }

  private func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ kernel: PreparedKernel<Scalar>,
    into target: UnsafeMutableBufferPointer<Scalar>
  ) {
    check(outputGradient, convolution.output, "output gradient")
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
  ) -> Tensor<Scalar> {
    Tensor(uninitialized: convolution.kernel) { target in
      kernelGradient(input, outputGradient, into: target)
    }
  }

  /// The adjoint in the kernel, in place of `[filters, channels / groups, spatial…]`.
  public func kernelGradient(
    input: Tensor<Scalar>, outputGradient: Tensor<Scalar>, into gradient: inout Tensor<Scalar>
  ) {
    check(gradient, convolution.kernel, "kernel gradient")
    gradient.withUnsafeMutableElements { kernelGradient(input, outputGradient, into: $0) }
  }

  private func kernelGradient(
    _ input: Tensor<Scalar>, _ outputGradient: Tensor<Scalar>,
    into target: UnsafeMutableBufferPointer<Scalar>
  ) {
    check(input, convolution.input, "input")
    check(outputGradient, convolution.output, "output gradient")
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
