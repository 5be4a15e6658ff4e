import Tensors

/// Runs on memory that the caller owns: row-major, and as large as the convolution's shapes say.
///
/// Networks keep their activations and gradients in memory of their own, which a step of training uses
/// again; it then allocates nothing.
extension ConvolutionPlan {
  /// The convolution of an input, with bias and activation in the same pass.
  ///
  /// - Parameters:
  ///   - input: `[batch, channels, spatial…]`.
  ///   - kernel: Prepared for ``LinearMap/forward``.
  ///   - bias: One number per filter, or none.
  ///   - activation: Applied to every output after the bias.
  ///   - output: `[batch, filters, spatial…]`, written over.
  package func forward(
    _ input: UnsafePointer<Scalar>, prepared kernel: PreparedKernel<Scalar>,
    bias: UnsafePointer<Scalar>? = nil, activation: Activation = .identity,
    into output: UnsafeMutablePointer<Scalar>
  ) {
    let bias = bias.map { SharedPointer(UnsafeMutablePointer(mutating: $0)) }
    run(input, kernel, Epilogue(bias: bias, activation: activation), into: output)
  }

  /// The adjoint in the input.
  ///
  /// - Parameters:
  ///   - outputGradient: `[batch, filters, spatial…]`.
  ///   - kernel: Prepared for ``LinearMap/inputGradient``.
  ///   - gradient: `[batch, channels, spatial…]`, written over.
  package func inputGradient(
    _ outputGradient: UnsafePointer<Scalar>, prepared kernel: PreparedKernel<Scalar>,
    into gradient: UnsafeMutablePointer<Scalar>
  ) {
    engine(.inputGradient).inputGradient(outputGradient, kernel, gradient)
  }

  /// The adjoint in the kernel.
  ///
  /// - Parameters:
  ///   - input: `[batch, channels, spatial…]`.
  ///   - outputGradient: `[batch, filters, spatial…]`.
  ///   - gradient: `[filters, channels / groups, spatial…]`, written over.
  package func kernelGradient(
    input: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>,
    into gradient: UnsafeMutablePointer<Scalar>
  ) {
    engine(.kernelGradient).kernelGradient(input, outputGradient, gradient)
  }

  /// Brings a kernel, `[filters, channels / groups, spatial…]`, into the form that a map's algorithm
  /// reads.
  package func prepare(
    _ kernel: UnsafePointer<Scalar>, for map: LinearMap
  ) -> PreparedKernel<Scalar> {
    engine(map).prepare(kernel, for: map)
  }

  /// Brings a kernel into the form that a map's algorithm reads, in place of an earlier one of the same
  /// plan and map, whose memory is used again where the algorithm can.
  package func prepare(
    _ kernel: UnsafePointer<Scalar>, for map: LinearMap,
    into prepared: inout PreparedKernel<Scalar>
  ) {
    engine(map).prepare(kernel, for: map, into: &prepared)
  }
}
