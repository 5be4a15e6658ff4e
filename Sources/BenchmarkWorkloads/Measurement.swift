import Convolutions
import Tensors

/// How long one workload took.
public struct Measurement: Sendable, Codable {
  /// The workload's name.
  public let workload: String
  /// The median of the timed runs.
  public let milliseconds: Double
  /// Operations of the definition per nanosecond: algorithms that need fewer exceed the processor's.
  public let gigaflops: Double
  /// The algorithm that ran.
  public let algorithm: String
  /// How many threads worked.
  public let threads: Int
}

extension Workload {
  /// The workload planned, with all its memory: a closure that runs it once, and its algorithm.
  ///
  /// The kernel is known when planning, and prepared before the first run.
  private func prepared(
    _ algorithm: Algorithm
  ) throws(FiltersmithError) -> (algorithm: Algorithm, run: () -> Void, result: () -> Tensor<Float>)
  {
    let kernel = try kernel()
    let plan = try convolution.plan(algorithm, for: [map], kernel: kernel)
    let (input, gradient) = (input(), map == .forward ? nil : outputGradient())
    let target =
      switch map {
      case .forward where combinesPairs:
        convolution.output.replacing(axis: 1, with: convolution.kernel[0] / 2)
      case .forward: convolution.output
      case .inputGradient: convolution.input
      case .kernelGradient: convolution.kernel
      }
    var result = Tensor<Float>(zeros: target)
    func run() throws(FiltersmithError) {
      switch map {
      case .forward where combinesPairs: try plan.pairMagnitudes(input, into: &result)
      case .forward: try plan.forward(input, into: &result)
      case .inputGradient:
        if let gradient { try plan.inputGradient(gradient, into: &result) }
      case .kernelGradient:
        if let gradient {
          try plan.kernelGradient(input: input, outputGradient: gradient, into: &result)
        }
      }
    }
    // What fails, fails here and not while the clock runs.
    try run()
    return (try plan.algorithm(for: map), { try? run() }, { result })
  }

  /// Runs the workload and times it.
  ///
  /// - Parameters:
  ///   - algorithm: The planner's choice unless given.
  ///   - rounds: How many runs are timed after one that is not; as many as fit half a second unless
  ///     given.
  /// - Throws: ``FiltersmithError`` when the algorithm declines.
  public func measure(
    _ algorithm: Algorithm = .automatic, rounds: Int? = nil
  ) throws(FiltersmithError) -> Measurement {
    let prepared = try prepared(algorithm)
    let seconds = Stopwatch.median(Stopwatch.times(rounds: rounds, prepared.run))
    return Measurement(
      workload: name, milliseconds: seconds * 1000, gigaflops: operations / seconds / 1e9,
      algorithm: prepared.algorithm.rawValue, threads: Threads.count)
  }

  /// The result of the workload.
  ///
  /// - Throws: ``FiltersmithError`` when the algorithm declines.
  public func result(_ algorithm: Algorithm = .automatic) throws(FiltersmithError) -> Tensor<Float>
  {
    let prepared = try prepared(algorithm)
    prepared.run()
    return prepared.result()
  }
}
