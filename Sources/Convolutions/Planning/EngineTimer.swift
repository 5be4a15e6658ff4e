import Tensors

/// Times engines on random numbers, as a run of a plan would use them.
struct EngineTimer<Scalar: ConvolutionScalar> {
  let convolution: Convolution
  private let input: Tensor<Scalar>
  private let gradient: Tensor<Scalar>
  private let kernel: Tensor<Scalar>
  private let isKernelKnown: Bool

  /// - Parameter kernel: The coefficients if they are known, which are then prepared before the
  ///   clock starts; random ones, prepared for each run, otherwise.
  init(_ convolution: Convolution, kernel: Tensor<Scalar>?) {
    func noise(_ shape: Shape, seed: UInt64) -> Tensor<Scalar> {
      var source = RandomSource(seed: seed)
      return Tensor(uninitialized: shape) { elements in
        for position in elements.indices { elements[position] = Scalar(2 * source.uniform() - 1) }
      }
    }
    self.convolution = convolution
    input = noise(convolution.input, seed: 1)
    gradient = noise(convolution.output, seed: 2)
    self.kernel = kernel ?? noise(convolution.kernel, seed: 3)
    isKernelKnown = kernel != nil
  }

  /// The seconds of the fastest of some forward runs, after one that is not timed.
  func seconds(of engine: any ConvolutionEngine<Scalar>) -> Double {
    fastest(writing: convolution.output) { input, _, kernel, result in
      var prepared = PreparedKernel<Scalar>([])
      if isKernelKnown { engine.prepare(kernel, into: &prepared) }
      return {
        if !isKernelKnown { engine.prepare(kernel, into: &prepared) }
        engine.run(input, prepared, Epilogue(), into: result)
      }
    }
  }

  /// The seconds of the fastest of some kernel gradients, after one that is not timed.
  func seconds(of engine: any KernelGradientEngine<Scalar>) -> Double {
    fastest(writing: convolution.kernel) { input, gradient, _, result in
      { engine.kernelGradient(input, gradient, result) }
    }
  }

  /// Runs for at most 20 ms, but twice at least.
  private func fastest(
    writing result: Shape,
    _ run: (
      _ input: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>,
      _ kernel: UnsafePointer<Scalar>, _ result: UnsafeMutablePointer<Scalar>
    ) -> () -> Void
  ) -> Double {
    let seconds = input.withUnsafeElements { input in
      gradient.withUnsafeElements { gradient in
        kernel.withUnsafeElements { kernel in
          withScratch(Scalar.self, count: result.elementCount) { result -> Double? in
            guard let input = input.baseAddress, let gradient = gradient.baseAddress,
              let kernel = kernel.baseAddress
            else { return nil }
            return Stopwatch.times(
              budget: 0.02, atLeast: 2, isThreadTime: Threads.count == 1,
              run(input, gradient, kernel, result)
            ).min()
          }
        }
      }
    }
    return seconds ?? .infinity
  }
}
