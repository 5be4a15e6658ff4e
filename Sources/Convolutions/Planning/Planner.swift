import Tensors

/// Chooses the algorithm of each map by the time that each algorithm estimates or, when measured, takes.
struct Planner<Scalar: ConvolutionScalar> {
  /// The algorithm to use wherever it can compute the map.
  let algorithm: Algorithm

  /// An engine, why it was chosen, and what it is expected to take.
  struct Chosen<Engine> {
    let engine: Engine
    let choice: PlanExplanation.Choice
    /// Estimated seconds, or measured ones.
    let seconds: Double
  }

  /// All algorithms, in the order in which they are explained.
  static var engines: [any ConvolutionEngine<Scalar>.Type] {
    [
      SinglePrecision<DirectEngine, Scalar>.self, PlainEngine<Scalar>.self,
      SinglePrecision<BlockedEngine, Scalar>.self, SinglePrecision<PlanarEngine, Scalar>.self,
      MatrixProductEngine<Scalar>.self, SinglePrecision<WinogradEngine, Scalar>.self,
      SeparableEngine<Scalar>.self, LowRankEngine<Scalar>.self, FourierEngine<Scalar>.self,
      SinglePrecision<TiledFourierEngine, Scalar>.self,
    ]
  }

  /// All algorithms that compute kernel gradients.
  static var kernelGradientEngines: [any KernelGradientEngine<Scalar>.Type] {
    [
      PlainEngine<Scalar>.self, SinglePrecision<BlockedEngine, Scalar>.self,
      SinglePrecision<PlanarEngine, Scalar>.self, MatrixProductEngine<Scalar>.self,
      SinglePrecision<WinogradEngine, Scalar>.self, FourierEngine<Scalar>.self,
      SinglePrecision<TiledFourierEngine, Scalar>.self,
    ]
  }

  // MARK: Maps

  /// The engine of a forward map.
  ///
  /// - Parameter kernel: What the coefficients allow, where they are known.
  func forward(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) -> Chosen<
    any ConvolutionEngine<Scalar>
  > {
    let engines = Self.engines
    var candidates = Self.candidates(for: .forward, of: convolution, kernel: kernel)
    if let lowRank = candidates.firstIndex(where: { $0.algorithm == .lowRank }) {
      candidates[lowRank].outerProducts = kernel?.outerProductSummary
    }
    if algorithm == .measured {
      let timer = EngineTimer(convolution, kernel: kernel?.kernel)
      measure(&candidates) { timer.seconds(of: engines[$0].init(convolution, kernel: kernel)) }
    }
    let index = pick(candidates)
    return Chosen(
      engine: engines[index].init(convolution, kernel: kernel),
      choice: PlanExplanation.Choice(
        map: .forward, algorithm: engines[index].algorithm, assessments: candidates),
      seconds: candidates[index].seconds)
  }

  /// The engine of a kernel gradient.
  func kernelGradient(of convolution: Convolution) -> Chosen<any KernelGradientEngine<Scalar>> {
    let engines = Self.kernelGradientEngines
    var candidates = Self.candidates(for: .kernelGradient, of: convolution, kernel: nil)
    if algorithm == .measured {
      let timer = EngineTimer<Scalar>(convolution, kernel: nil)
      measure(&candidates) { timer.seconds(of: engines[$0].init(kernelGradientOf: convolution)) }
    }
    let index = pick(candidates)
    return Chosen(
      engine: engines[index].init(kernelGradientOf: convolution),
      choice: PlanExplanation.Choice(
        map: .kernelGradient, algorithm: engines[index].algorithm, assessments: candidates),
      seconds: candidates[index].seconds)
  }

  /// The engines of an input gradient, divided in the way that is expected to take least time.
  func inputGradient(
    of convolution: Convolution, kernel: KernelFacts<Scalar>?
  ) -> (plan: InputGradientPlan<Scalar>, choices: [PlanExplanation.Choice]) {
    let ways = InputGradientParts.all(of: convolution).map { plan($0, kernel: kernel) }
    let best = ways.min { $0.seconds < $1.seconds }
    guard let best else { preconditionFailure("there is a way to divide every gradient") }
    return (InputGradientPlan(best.parts, engines: best.engines), best.choices)
  }

  private func plan(
    _ parts: InputGradientParts, kernel: KernelFacts<Scalar>?
  ) -> (
    parts: InputGradientParts, engines: [[(any ConvolutionEngine<Scalar>)?]],
    choices: [PlanExplanation.Choice], seconds: Double
  ) {
    var engines: [[(any ConvolutionEngine<Scalar>)?]] = []
    var choices: [PlanExplanation.Choice] = []
    var seconds = 0.0
    let isDense = parts.convolution.isDense
    let entries = Double(parts.convolution.input[0] / parts.batch)
    for phase in parts.phases {
      let facts = kernel.flatMap { parts.facts($0, of: phase) }
      engines.append(
        phase.boxes.map { box in
          let positions = box.positions.reduce(parts.convolution.input[1]) { $0 * $1.count }
          if box.isFolded || !isDense {
            seconds +=
              Double(parts.convolution.input[0] * positions) * CostTable.current.placedSample
          }
          guard let part = box.convolution else { return nil }
          let chosen = forward(part, kernel: facts)
          seconds += entries * chosen.seconds
          var choice = chosen.choice
          choice.map = .inputGradient
          choice.part = parts.name(of: box, in: phase)
          choices.append(choice)
          return chosen.engine
        })
    }
    return (parts, engines, choices, seconds)
  }

  // MARK: Choosing

  /// What the algorithms expect of a map that engines compute.
  static func candidates(
    for map: LinearMap, of convolution: Convolution, kernel: KernelFacts<Scalar>?,
    where isWanted: (Algorithm) -> Bool = { _ in true }
  ) -> [PlanExplanation.Candidate] {
    if map == .kernelGradient {
      return kernelGradientEngines.filter { isWanted($0.algorithm) }.map {
        PlanExplanation.Candidate($0.algorithm, $0.assessKernelGradient(of: convolution))
      }
    }
    return engines.filter { isWanted($0.algorithm) }.map {
      PlanExplanation.Candidate($0.algorithm, $0.assess(convolution, kernel: kernel))
    }
  }

  /// The candidate that is taken: the algorithm wanted unless it declines, else the fastest.
  private func pick(_ candidates: [PlanExplanation.Candidate]) -> Int {
    func accepts(_ algorithm: Algorithm) -> Int? {
      candidates.firstIndex { $0.algorithm == algorithm && $0.seconds < .infinity }
    }
    if let wanted = accepts(algorithm) { return wanted }
    // Every convolution has direct loops: the plain ones where the fast ones decline.
    if algorithm == .direct, let plain = accepts(.plain) { return plain }
    // Where some were timed, the others had no chance.
    let timed = candidates.indices.filter { candidates[$0].measured != nil }
    let fastest = (timed.isEmpty ? Array(candidates.indices) : timed).min {
      candidates[$0].seconds < candidates[$1].seconds
    }
    guard let fastest, candidates[fastest].seconds < .infinity else {
      preconditionFailure("plain loops decline nothing")
    }
    return fastest
  }

  /// Candidates whose estimate is worse than the best by more than this are not timed.
  static var hopeless: Double { 12 }

  /// Times every candidate that has a chance.
  private func measure(
    _ candidates: inout [PlanExplanation.Candidate], _ seconds: (Int) -> Double
  ) {
    let limit = (candidates.map(\.seconds).min() ?? .infinity) * Self.hopeless
    for index in candidates.indices where candidates[index].seconds < .infinity {
      guard candidates[index].seconds <= limit else { continue }
      candidates[index].measured = seconds(index)
    }
  }
}

extension InputGradientParts {
  /// What the coefficients of a phase allow; `nil` where it has none.
  fileprivate func facts<Scalar>(
    _ kernel: KernelFacts<Scalar>, of phase: Phase
  ) -> KernelFacts<Scalar>? {
    guard !phase.taps.isEmpty else { return nil }
    let shape =
      Shape([convolution.input[1], convolution.kernel[0] / convolution.groups])
      + Shape(phase.tapExtents)
    let exchanged = Tensor<Scalar>(uninitialized: shape) { target in
      kernel.kernel.withUnsafeElements { source in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        exchange(source, phase, into: target)
      }
    }
    return KernelFacts(exchanged, tolerance: kernel.tolerance)
  }

  /// What a box is called in explanations; `nil` where there is only one.
  fileprivate func name(of box: Box, in phase: Phase) -> String? {
    guard phases.count > 1 || phase.boxes.count > 1 || box.isFolded else { return nil }
    let place =
      box.isFolded ? (phase.boxes.count > 1 ? "rim" : "image and rim") : "image"
    let extents = box.positions.map { "\($0.count)" }.joined(separator: " × ")
    return phases.count > 1
      ? "phase \(phase.remainder), \(place), \(extents) samples" : "\(place), \(extents) samples"
  }
}
