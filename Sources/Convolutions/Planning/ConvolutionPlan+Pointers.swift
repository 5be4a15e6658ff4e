import Tensors

/// Runs on memory that the caller owns: row-major, and as large as the convolution's shapes say.
///
/// Networks keep activations and gradients in memory of their own, which every training step reuses; it
/// then allocates nothing.
extension ConvolutionPlan {
  /// The convolution of an input, with bias and activation in the same pass.
  ///
  /// - Parameters:
  ///   - input: `[batch, channels, spatial…]`.
  ///   - kernel: Prepared for ``LinearMap/forward``.
  ///   - bias: One number per filter, or none.
  ///   - activation: Applied to every output after the bias.
  ///   - output: `[batch, filters, spatial…]`, overwritten.
  package func forward(
    _ input: UnsafePointer<Scalar>, prepared kernel: PreparedKernel<Scalar>,
    bias: UnsafePointer<Scalar>? = nil, activation: Activation = .identity,
    into output: UnsafeMutablePointer<Scalar>
  ) {
    forwardMap.run(input, kernel, Epilogue(bias, activation), into: output)
  }

  /// The adjoint in the input, with bias and activation in the same pass where possible: a transposed
  /// convolution.
  ///
  /// - Parameters:
  ///   - outputGradient: `[batch, filters, spatial…]`.
  ///   - kernel: Prepared for ``LinearMap/inputGradient``.
  ///   - bias: One number per channel, or none.
  ///   - activation: Applied to every value of the result after the bias.
  ///   - gradient: `[batch, channels, spatial…]`, overwritten.
  package func inputGradient(
    _ outputGradient: UnsafePointer<Scalar>, prepared kernel: PreparedKernel<Scalar>,
    bias: UnsafePointer<Scalar>? = nil, activation: Activation = .identity,
    into gradient: UnsafeMutablePointer<Scalar>
  ) {
    inputGradientMap.run(outputGradient, kernel, Epilogue(bias, activation), into: gradient)
  }

  /// The adjoint in the kernel.
  ///
  /// - Parameters:
  ///   - input: `[batch, channels, spatial…]`.
  ///   - outputGradient: `[batch, filters, spatial…]`.
  ///   - gradient: `[filters, channels / groups, spatial…]`, overwritten.
  package func kernelGradient(
    input: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>,
    into gradient: UnsafeMutablePointer<Scalar>
  ) {
    kernelGradientMap.kernelGradient(input, outputGradient, gradient)
  }
}

extension Epilogue {
  /// A bias in memory that outlives the run, and an activation.
  fileprivate init(_ bias: UnsafePointer<Scalar>?, _ activation: Activation) {
    self.init(
      bias: bias.map { ReadOnlyPointer($0) }, activation: activation)
  }
}
