import Tensors

extension Convolution {
  /// A plan with an algorithm for each of the three maps.
  ///
  /// - Parameters:
  ///   - algorithm: The algorithm to use wherever it can; the planner chooses for maps it declines,
  ///     and for all when ``Algorithm/automatic``.
  ///   - kernel: The coefficients, if they are known now: some algorithms need them to plan. Runs
  ///     may then leave the kernel out.
  ///   - precision: `Float` unless the kernel says otherwise.
  /// - Throws: ``FiltersmithError`` when the algorithm declines the forward map, with its reason, or
  ///   the kernel has another shape.
  public func plan<Scalar: ConvolutionScalar>(
    _ algorithm: Algorithm = .automatic, kernel: Tensor<Scalar>? = nil,
    as precision: Scalar.Type = Scalar.self
  ) throws(FiltersmithError) -> ConvolutionPlan<Scalar> {
    try ConvolutionPlan(self, algorithm: algorithm, kernel: kernel)
  }

  /// A plan in single precision with an algorithm for each of the three maps.
  ///
  /// - Throws: ``FiltersmithError`` when the algorithm declines the forward map, with its reason.
  public func plan(
    _ algorithm: Algorithm = .automatic
  ) throws(FiltersmithError) -> ConvolutionPlan<Float> {
    try ConvolutionPlan(self, algorithm: algorithm, kernel: nil)
  }
}

/// A convolution ready to run: the algorithm of each map, chosen, and why.
///
/// Plans are shared freely between threads. Running one does not throw; tensors of other shapes than
/// the description's are a programmer's error and trap.
public struct ConvolutionPlan<Scalar: ConvolutionScalar>: Sendable {
  /// What is computed.
  public let convolution: Convolution
  /// Which algorithm each map takes, and what each of the others would have cost or why it declined.
  public let explanation: PlanExplanation
  private let engines: [LinearMap: any ConvolutionEngine<Scalar>]
  private let fixedKernel: [LinearMap: PreparedKernel<Scalar>]

  init(
    _ convolution: Convolution, algorithm: Algorithm, kernel: Tensor<Scalar>?
  ) throws(FiltersmithError) {
    if let kernel, kernel.shape != convolution.kernel {
      throw FiltersmithError(
        .shape, "kernel \(kernel.shape) given to a plan for kernel \(convolution.kernel)")
    }
    self.convolution = convolution
    let facts = kernel.map { KernelFacts($0) }
    var engines: [LinearMap: any ConvolutionEngine<Scalar>] = [:]
    var choices: [PlanExplanation.Choice] = []
    for map in LinearMap.allCases {
      let candidates = Self.candidates.map { engine in
        (engine: engine, assessment: engine.assess(convolution, map, kernel: facts))
      }
      var best: (engine: any ConvolutionEngine<Scalar>.Type, seconds: Double)?
      for candidate in candidates {
        switch candidate.assessment {
        case .estimate(let seconds, _):
          if candidate.engine.algorithm == algorithm {
            best = (candidate.engine, -1)
          } else if seconds < best?.seconds ?? .infinity {
            best = (candidate.engine, seconds)
          }
        case .declined(let reason):
          if candidate.engine.algorithm == algorithm, map == .forward {
            throw FiltersmithError(
              .argument, "algorithm '\(algorithm.rawValue)' cannot compute this: \(reason)")
          }
        }
      }
      guard let chosen = best?.engine else {
        throw FiltersmithError(.argument, "no algorithm can compute \(map.rawValue)")
      }
      engines[map] = chosen.init(convolution, kernel: facts)
      choices.append(
        PlanExplanation.Choice(
          map: map, algorithm: chosen.algorithm,
          assessments: candidates.map { ($0.engine.algorithm, $0.assessment) }
            .map(PlanExplanation.Candidate.init)))
    }
    self.engines = engines
    explanation = PlanExplanation(convolution: convolution, choices: choices)
    var prepared: [LinearMap: PreparedKernel<Scalar>] = [:]
    if let kernel {
      for map in [LinearMap.forward, .inputGradient] {
        prepared[map] = kernel.withUnsafeElements { elements in
          elements.baseAddress.flatMap { engines[map]?.prepare($0, for: map) }
        }
      }
    }
    fixedKernel = prepared
  }

  /// All algorithms, in the order in which they are explained.
  private static var candidates: [any ConvolutionEngine<Scalar>.Type] {
    [DirectEngine<Scalar>.self, SeparableEngine<Scalar>.self, FourierEngine<Scalar>.self]
  }

  /// The algorithm that a map takes.
  public func algorithm(for map: LinearMap = .forward) -> Algorithm {
    type(of: engine(map)).algorithm
  }

  private func engine(_ map: LinearMap) -> any ConvolutionEngine<Scalar> {
    guard let engine = engines[map] else { preconditionFailure("a plan has every map") }
    return engine
  }

  /// Brings a kernel into the form that a map's algorithm reads, to be used for many runs.
  public func prepare(
    _ kernel: Tensor<Scalar>, for map: LinearMap = .forward
  ) -> PreparedKernel<Scalar> {
    check(kernel, convolution.kernel, "kernel")
    return kernel.withUnsafeElements { elements in
      guard let start = elements.baseAddress else { return PreparedKernel([]) }
      return engine(map).prepare(start, for: map)
    }
  }

  /// The convolution of an input.
  ///
  /// - Parameters:
  ///   - input: As described, `[batch, channels, spatial…]`.
  ///   - kernel: `[filters, channels / groups, spatial…]`; may be left out when the plan was made
  ///     with one.
  ///   - bias: One number per filter, added to its output.
  /// - Returns: `[batch, filters, spatial…]`.
  public func forward(
    _ input: Tensor<Scalar>, kernel: Tensor<Scalar>? = nil, bias: Tensor<Scalar>? = nil
  ) -> Tensor<Scalar> {
    forward(input, prepared: prepared(kernel, for: .forward), bias: bias)
  }

  /// The convolution of an input with a kernel that was prepared for ``LinearMap/forward``.
  public func forward(
    _ input: Tensor<Scalar>, prepared kernel: PreparedKernel<Scalar>, bias: Tensor<Scalar>? = nil
  ) -> Tensor<Scalar> {
    check(input, convolution.input, "input")
    return Tensor(uninitialized: convolution.output) { target in
      input.withUnsafeElements { source in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        engine(.forward).forward(source, kernel, target)
        if let bias { add(bias, to: target) }
      }
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
  ) -> Tensor<Scalar> {
    check(outputGradient, convolution.output, "output gradient")
    let kernel = prepared(kernel, for: .inputGradient)
    return Tensor(uninitialized: convolution.input) { target in
      outputGradient.withUnsafeElements { source in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        engine(.inputGradient).inputGradient(source, kernel, target)
      }
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
    check(input, convolution.input, "input")
    check(outputGradient, convolution.output, "output gradient")
    return Tensor(uninitialized: convolution.kernel) { target in
      input.withUnsafeElements { source in
        outputGradient.withUnsafeElements { gradient in
          guard let source = source.baseAddress, let gradient = gradient.baseAddress,
            let target = target.baseAddress
          else { return }
          engine(.kernelGradient).kernelGradient(source, gradient, target)
        }
      }
    }
  }

  private func prepared(_ kernel: Tensor<Scalar>?, for map: LinearMap) -> PreparedKernel<Scalar> {
    if let kernel { return prepare(kernel, for: map) }
    guard let fixed = fixedKernel[map] else {
      preconditionFailure("a plan made without a kernel was run without one")
    }
    return fixed
  }

  private func add(_ bias: Tensor<Scalar>, to output: UnsafeMutablePointer<Scalar>) {
    let filters = convolution.kernel[0]
    precondition(bias.count == filters, "bias \(bias.shape) for \(filters) filters")
    let run = convolution.output.dimensions.dropFirst(2).reduce(1, *)
    for piece in 0..<convolution.output[0] * filters {
      let value = bias.elements[piece % filters]
      for position in piece * run..<(piece + 1) * run { output[position] += value }
    }
  }

  private func check(_ tensor: Tensor<Scalar>, _ shape: Shape, _ name: String) {
    // A batch of one may be given without its batch axis, as in the description.
    let isUnbatched = shape[0] == 1 && tensor.shape == shape.removing(axis: 0)
    precondition(
      tensor.shape == shape || isUnbatched,
      "\(name) \(tensor.shape) given to a plan for \(name) \(shape)")
  }
}
