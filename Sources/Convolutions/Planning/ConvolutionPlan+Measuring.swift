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

  /// The seconds of the fastest of some runs of one map, after one that is not timed.
  ///
  /// - Parameter budget: Seconds that the runs may take together; at least two are made.
  func seconds(
    _ engine: any ConvolutionEngine<Scalar>, _ map: LinearMap, budget: Double = 0.02
  ) -> Double {
    let target =
      switch map {
      case .forward: convolution.output
      case .inputGradient: convolution.input
      case .kernelGradient: convolution.kernel
      }
    let result = input.withUnsafeElements { input in
      gradient.withUnsafeElements { gradient in
        kernel.withUnsafeElements { kernel in
          withScratch(Scalar.self, count: target.elementCount) { result -> Double? in
            guard let input = input.baseAddress, let gradient = gradient.baseAddress,
              let kernel = kernel.baseAddress
            else { return nil }
            let known = isKernelKnown ? engine.prepare(kernel, for: map) : nil
            func run() {
              switch map {
              case .forward:
                let prepared = known ?? engine.prepare(kernel, for: map)
                engine.forward(input, prepared, result, Epilogue())
              case .inputGradient:
                let prepared = known ?? engine.prepare(kernel, for: map)
                engine.inputGradient(gradient, prepared, result)
              case .kernelGradient:
                engine.kernelGradient(input, gradient, result)
              }
            }
            return Stopwatch.times(
              budget: budget, atLeast: 2, isThreadTime: Threads.count == 1, run
            ).min()
          }
        }
      }
    }
    return result ?? .infinity
  }
}

extension ConvolutionPlan {
  /// Candidates whose estimate is worse than the best by more than this are not timed.
  private static var hopeless: Double { 12 }

  /// The seconds of one map by every candidate that has a chance.
  static func times(
    of candidates: [(engine: any ConvolutionEngine<Scalar>.Type, assessment: Assessment)],
    _ timer: EngineTimer<Scalar>, _ map: LinearMap, kernel: KernelFacts<Scalar>?
  ) -> [Algorithm: Double] {
    let estimates = candidates.compactMap { candidate -> Double? in
      if case .estimate(let seconds, _) = candidate.assessment { seconds } else { nil }
    }
    let limit = (estimates.min() ?? .infinity) * hopeless
    var times: [Algorithm: Double] = [:]
    for candidate in candidates {
      guard case .estimate(let seconds, _) = candidate.assessment, seconds <= limit else {
        continue
      }
      let engine = candidate.engine.init(timer.convolution, kernel: kernel)
      times[candidate.engine.algorithm] = timer.seconds(engine, map)
    }
    return times
  }
}
