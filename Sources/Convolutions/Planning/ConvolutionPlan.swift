import Tensors

extension Convolution {
  /// A plan with an algorithm for each of the three maps.
  ///
  /// - Parameters:
  ///   - algorithm: The algorithm to use wherever it can; the planner chooses for maps it declines,
  ///     and for all when ``Algorithm/automatic``.
  ///   - kernel: The coefficients, if they are known now: some algorithms need them to plan. Runs
  ///     may then leave the kernel out.
  ///   - tolerance: How far the kernel may be changed to make it cheaper: the largest Euclidean norm
  ///     of its change, relative to that of each filter and channel. Every output then differs by at
  ///     most tolerance · ‖kernel‖ · ‖samples under the kernel‖ (Cauchy and Schwarz). Only
  ///     ``Algorithm/lowRank`` makes use of it.
  ///   - precision: `Float` unless the kernel says otherwise.
  /// - Throws: ``FiltersmithError`` when the algorithm declines the forward map, with its reason, the
  ///   kernel has another shape, or the tolerance is not from 0 to 1.
  public func plan<Scalar: ConvolutionScalar>(
    _ algorithm: Algorithm = .automatic, kernel: Tensor<Scalar>? = nil, tolerance: Double = 0,
    as precision: Scalar.Type = Scalar.self
  ) throws(FiltersmithError) -> ConvolutionPlan<Scalar> {
    try ConvolutionPlan(self, algorithm: algorithm, kernel: kernel, tolerance: tolerance)
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
    _ convolution: Convolution, algorithm: Algorithm, kernel: Tensor<Scalar>?,
    tolerance: Double = 0
  ) throws(FiltersmithError) {
    if let kernel, kernel.shape != convolution.kernel {
      throw FiltersmithError(
        .shape, "kernel \(kernel.shape) given to a plan for kernel \(convolution.kernel)")
    }
    guard (0...1).contains(tolerance) else {
      throw FiltersmithError(
        .argument, "tolerance \(tolerance): a number from 0 to 1 was expected")
    }
    self.convolution = convolution
    let facts = kernel.map { KernelFacts($0, tolerance: tolerance) }
    let timer = algorithm == .measured ? EngineTimer(convolution, kernel: kernel) : nil
    var engines: [LinearMap: any ConvolutionEngine<Scalar>] = [:]
    var choices: [PlanExplanation.Choice] = []
    for map in LinearMap.allCases {
      let candidates = Self.candidates.map { engine in
        (engine: engine, assessment: engine.assess(convolution, map, kernel: facts))
      }
      let wanted = Self.substitute(for: algorithm, among: candidates)
      let times = timer.map { Self.times(of: candidates, $0, map, kernel: facts) }
      var best: (engine: any ConvolutionEngine<Scalar>.Type, seconds: Double)?
      for candidate in candidates {
        switch candidate.assessment {
        case .estimate(let estimate, _):
          let seconds = times.map { $0[candidate.engine.algorithm] ?? .infinity } ?? estimate
          if candidate.engine.algorithm == wanted {
            best = (candidate.engine, -1)
          } else if seconds < best?.seconds ?? .infinity {
            best = (candidate.engine, seconds)
          }
        case .declined(let reason):
          if candidate.engine.algorithm == wanted, map == .forward {
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
          assessments: candidates.map {
            PlanExplanation.Candidate(
              algorithm: $0.engine.algorithm, assessment: $0.assessment,
              measured: times?[$0.engine.algorithm],
              note: $0.engine.algorithm == .lowRank ? facts?.outerProductNote : nil)
          }))
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
  static var candidates: [any ConvolutionEngine<Scalar>.Type] {
    [
      SinglePrecision<DirectEngine, Scalar>.self, PlainEngine<Scalar>.self,
      SinglePrecision<BlockedEngine, Scalar>.self, SinglePrecision<PlanarEngine, Scalar>.self,
      MatrixProductEngine<Scalar>.self, SinglePrecision<WinogradEngine, Scalar>.self,
      SeparableEngine<Scalar>.self, LowRankEngine<Scalar>.self, FourierEngine<Scalar>.self,
      SinglePrecision<TiledFourierEngine, Scalar>.self,
    ]
  }

  /// Direct loops are to be had for every convolution: the plain ones where the fast ones decline.
  private static func substitute(
    for algorithm: Algorithm,
    among candidates: [(engine: any ConvolutionEngine<Scalar>.Type, assessment: Assessment)]
  ) -> Algorithm {
    let declines = candidates.contains { candidate in
      guard candidate.engine.algorithm == .direct, case .declined = candidate.assessment else {
        return false
      }
      return true
    }
    return algorithm == .direct && declines ? .plain : algorithm
  }

  /// The algorithm that a map takes.
  public func algorithm(for map: LinearMap = .forward) -> Algorithm {
    type(of: engine(map)).algorithm
  }

  func engine(_ map: LinearMap) -> any ConvolutionEngine<Scalar> {
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
      return prepare(start, for: map)
    }
  }

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
      withEpilogue(bias: bias, activation: activation) { epilogue in
        run(input, kernel, epilogue, into: target)
      }
    }
  }

  /// The convolution of an input, written over a tensor of the output's shape.
  ///
  /// Reusing the output's memory spares the system's work of providing it anew.
  public func forward(
    _ input: Tensor<Scalar>, prepared kernel: PreparedKernel<Scalar>? = nil,
    bias: Tensor<Scalar>? = nil, activation: Activation = .identity,
    into output: inout Tensor<Scalar>
  ) {
    check(output, convolution.output, "output")
    let kernel = kernel ?? prepared(nil, for: .forward)
    output.withUnsafeMutableElements { target in
      withEpilogue(bias: bias, activation: activation) { epilogue in
        run(input, kernel, epilogue, into: target)
      }
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
    let filters = convolution.kernel[0]
    precondition(filters % 2 == 0, "\(filters) filters are no quadrature pairs")
    let kernel = prepared(kernel, for: .forward)
    let shape = convolution.output.replacing(axis: 1, with: filters / 2)
    return Tensor(uninitialized: shape) { target in
      run(input, kernel, Epilogue(combinesPairs: true), into: target)
    }
  }

  /// Calls `body` with the epilogue of a bias and an activation.
  private func withEpilogue(
    bias: Tensor<Scalar>?, activation: Activation, _ body: (Epilogue<Scalar>) -> Void
  ) {
    guard let bias else { return body(Epilogue(activation: activation)) }
    let filters = convolution.kernel[0]
    precondition(bias.count == filters, "bias \(bias.shape) for \(filters) filters")
    bias.withUnsafeElements { bias in
      body(Epilogue(bias: SharedPointer(reading: bias), activation: activation))
    }
  }

  /// Runs the forward map, and whatever of the epilogue its engine leaves undone.
  func run(
    _ input: Tensor<Scalar>, _ kernel: PreparedKernel<Scalar>, _ epilogue: Epilogue<Scalar>,
    into target: UnsafeMutableBufferPointer<Scalar>
  ) {
    check(input, convolution.input, "input")
    input.withUnsafeElements { source in
      guard let source = source.baseAddress, let target = target.baseAddress else { return }
      run(source, kernel, epilogue, into: target)
    }
  }

  /// Runs the forward map, and whatever of the epilogue its engine leaves undone.
  func run(
    _ source: UnsafePointer<Scalar>, _ kernel: PreparedKernel<Scalar>, _ epilogue: Epilogue<Scalar>,
    into target: UnsafeMutablePointer<Scalar>
  ) {
    let engine = engine(.forward)
    if engine.fuses(epilogue) {
      engine.forward(source, kernel, target, epilogue)
    } else if epilogue.combinesPairs {
      withScratch(Scalar.self, count: convolution.output.elementCount) { outputs in
        engine.forward(source, kernel, outputs, Epilogue())
        finish(outputs, epilogue, into: target)
      }
    } else {
      engine.forward(source, kernel, target, Epilogue())
      finish(target, epilogue, into: target)
    }
  }

  /// Applies an epilogue to whole channels.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  private func finish(
    _ outputs: UnsafeMutablePointer<Scalar>, _ epilogue: Epilogue<Scalar>,
    into target: UnsafeMutablePointer<Scalar>
  ) {
    let filters = convolution.kernel[0]
    let run = convolution.output.dimensions.dropFirst(2).reduce(1, *)
    let (outputs, target) = (SharedPointer(outputs), SharedPointer(target))
    parallelFor(convolution.output[0] * filters) { channel in
      epilogue.apply(
        to: outputs.pointer + channel * run, count: run, filter: channel % filters)
    }
    guard epilogue.combinesPairs else { return }
    parallelFor(convolution.output[0] * filters / 2) { pair in
      Epilogue.combine(
        even: outputs.pointer + 2 * pair * run, odd: outputs.pointer + (2 * pair + 1) * run,
        into: target.pointer + pair * run, count: run)
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
        self.inputGradient(source, prepared: kernel, into: target)
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
          self.kernelGradient(input: source, outputGradient: gradient, into: target)
        }
      }
    }
  }

  func prepared(_ kernel: Tensor<Scalar>?, for map: LinearMap) -> PreparedKernel<Scalar> {
    if let kernel { return prepare(kernel, for: map) }
    guard let fixed = fixedKernel[map] else {
      preconditionFailure("a plan made without a kernel was run without one")
    }
    return fixed
  }

  func check(_ tensor: Tensor<Scalar>, _ shape: Shape, _ name: String) {
    // A batch of one may be given without its batch axis, as in the description.
    let isUnbatched = shape[0] == 1 && tensor.shape == shape.removing(axis: 0)
    precondition(
      tensor.shape == shape || isUnbatched,
      "\(name) \(tensor.shape) given to a plan for \(name) \(shape)")
  }
}
