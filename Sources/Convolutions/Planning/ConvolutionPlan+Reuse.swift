import Tensors

/// Runs that write over a tensor: reusing its memory spares the system's work of providing it anew.
extension ConvolutionPlan {
  /// The magnitudes √(even² + odd²) of quadrature pairs, written over `[batch, filters / 2, spatial…]`.
  ///
  /// The plan must have been made with its kernel, or the kernel prepared for ``LinearMap/forward``.
  public func pairMagnitudes(
    _ input: Tensor<Scalar>, prepared kernel: PreparedKernel<Scalar>? = nil,
    into magnitudes: inout Tensor<Scalar>
  ) {
    let filters = convolution.kernel[0]
    precondition(filters % 2 == 0, "\(filters) filters are no quadrature pairs")
    check(magnitudes, convolution.output.replacing(axis: 1, with: filters / 2), "output")
    let kernel = kernel ?? prepared(nil, for: .forward)
    magnitudes.withUnsafeMutableElements { target in
      run(input, kernel, Epilogue(combinesPairs: true), into: target)
    }
  }

  /// The adjoint in the input, written over `[batch, channels, spatial…]`.
  ///
  /// The plan must have been made with its kernel, or the kernel prepared for
  /// ``LinearMap/inputGradient``.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, prepared kernel: PreparedKernel<Scalar>? = nil,
    into gradient: inout Tensor<Scalar>
  ) {
    check(outputGradient, convolution.output, "output gradient")
    check(gradient, convolution.input, "input gradient")
    let kernel = kernel ?? prepared(nil, for: .inputGradient)
    gradient.withUnsafeMutableElements { target in
      outputGradient.withUnsafeElements { source in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        inputGradient(source, prepared: kernel, into: target)
      }
    }
  }

  /// The adjoint in the kernel, written over `[filters, channels / groups, spatial…]`.
  public func kernelGradient(
    input: Tensor<Scalar>, outputGradient: Tensor<Scalar>, into gradient: inout Tensor<Scalar>
  ) {
    check(input, convolution.input, "input")
    check(outputGradient, convolution.output, "output gradient")
    check(gradient, convolution.kernel, "kernel gradient")
    gradient.withUnsafeMutableElements { target in
      input.withUnsafeElements { source in
        outputGradient.withUnsafeElements { outputGradient in
          guard let source = source.baseAddress, let outputGradient = outputGradient.baseAddress,
            let target = target.baseAddress
          else { return }
          kernelGradient(input: source, outputGradient: outputGradient, into: target)
        }
      }
    }
  }
}
