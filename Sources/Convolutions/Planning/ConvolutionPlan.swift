import Tensors

extension Convolution {
  /// A plan with an algorithm for each of the maps wanted.
  ///
  /// - Parameters:
  ///   - algorithm: The algorithm to use wherever it can; the planner chooses for maps it declines,
  ///     and for all when ``Algorithm/automatic``.
  ///   - maps: What the plan will compute; the forward map alone unless given.
  ///   - kernel: The coefficients, if they are known now: some algorithms need them to plan. Runs
  ///     may then leave the kernel out.
  ///   - tolerance: How far the kernel may be changed to make it cheaper: the largest Euclidean norm
  ///     of its change, relative to that of each filter and channel. Every output then differs by at
  ///     most tolerance · ‖kernel‖ · ‖samples under the kernel‖ (Cauchy and Schwarz). Only
  ///     ``Algorithm/lowRank`` makes use of it.
  ///   - precision: `Float` unless the kernel says otherwise.
  /// - Throws: ``FiltersmithError`` when the algorithm declines the forward map or, where that is not
  ///   wanted, every part of another map, with its reason; when the kernel has another shape, or the
  ///   tolerance is not from 0 to 1.
  public func plan<Scalar: ConvolutionScalar>(
    _ algorithm: Algorithm = .automatic, for maps: [LinearMap] = [.forward],
    kernel: Tensor<Scalar>? = nil, tolerance: Double = 0, as precision: Scalar.Type = Scalar.self
  ) throws(FiltersmithError) -> ConvolutionPlan<Scalar> {
    try ConvolutionPlan(
      self, algorithm: algorithm, maps: maps, kernel: kernel, tolerance: tolerance)
  }

  /// A plan in single precision with an algorithm for each of the maps wanted.
  ///
  /// - Throws: ``FiltersmithError`` when the algorithm declines the forward map or, where that is not
  ///   wanted, every part of another map, with its reason.
  public func plan(
    _ algorithm: Algorithm = .automatic, for maps: [LinearMap] = [.forward]
  ) throws(FiltersmithError) -> ConvolutionPlan<Float> {
    try ConvolutionPlan(self, algorithm: algorithm, maps: maps, kernel: nil)
  }
}

/// A convolution ready to run: the algorithm of each map wanted, chosen, and why.
///
/// Plans are shared freely between threads. Runs throw when a tensor has another shape than the description's,
/// a kernel was prepared for something else, or the plan was not made for the map.
public struct ConvolutionPlan<Scalar: ConvolutionScalar>: Sendable {
  /// What is computed.
  public let convolution: Convolution
  /// Which algorithm each map takes, and what each of the others would have cost or why it declined.
  public let explanation: PlanExplanation
  private let forwardEngine: (any ConvolutionEngine<Scalar>)?
  private let inputGradientPlan: InputGradientPlan<Scalar>?
  private let kernelGradientEngine: (any KernelGradientEngine<Scalar>)?
  /// The kernel that the plan was made with, per map.
  private var fixedKernels: [LinearMap: PreparedKernel<Scalar>] = [:]
  /// What kernels are prepared for, of each map planned.
  private let kernelForms: [KernelForm]

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  init(
    _ convolution: Convolution, algorithm: Algorithm, maps: [LinearMap], kernel: Tensor<Scalar>?,
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
    let planner = Planner<Scalar>(algorithm: algorithm)
    var choices: [PlanExplanation.Choice] = []
    if maps.contains(.forward) {
      let chosen = planner.forward(convolution, kernel: facts)
      forwardEngine = chosen.engine
      choices.append(chosen.choice)
    } else {
      forwardEngine = nil
    }
    if maps.contains(.inputGradient) {
      let (plan, parts) = planner.inputGradient(of: convolution, kernel: facts)
      inputGradientPlan = plan
      choices += parts
    } else {
      inputGradientPlan = nil
    }
    if maps.contains(.kernelGradient) {
      let chosen = planner.kernelGradient(of: convolution)
      kernelGradientEngine = chosen.engine
      choices.append(chosen.choice)
    } else {
      kernelGradientEngine = nil
    }
    explanation = PlanExplanation(convolution: convolution, choices: choices)
    kernelForms = maps.map { map in
      KernelForm(
        convolution: convolution, map: map,
        algorithms: choices.filter { $0.map == map }.map(\.algorithm))
    }
    try explanation.check(uses: algorithm)
    guard let kernel else { return }
    for map in [LinearMap.forward, .inputGradient] where maps.contains(map) {
      fixedKernels[map] = try prepare(kernel, for: map)
    }
  }

  /// The algorithm of a map; for an input gradient computed in several parts, that of the first, which
  /// meets the most taps.
  ///
  /// - Throws: ``FiltersmithError`` when the plan was not made for the map.
  public func algorithm(for map: LinearMap = .forward) throws(FiltersmithError) -> Algorithm {
    try kernelForm(of: map).algorithms[0]
  }

  private func kernelForm(of map: LinearMap) throws(FiltersmithError) -> KernelForm {
    guard let form = kernelForms.first(where: { $0.map == map }) else {
      throw FiltersmithError(
        .argument,
        "a plan for \(explanation.maps) was asked for the map '\(map.rawValue)'; say plan(for:)")
    }
    return form
  }

  var forwardMap: any ConvolutionEngine<Scalar> { planned(forwardEngine, .forward) }

  var inputGradientMap: InputGradientPlan<Scalar> { planned(inputGradientPlan, .inputGradient) }

  var kernelGradientMap: any KernelGradientEngine<Scalar> {
    planned(kernelGradientEngine, .kernelGradient)
  }

  private func planned<Map>(_ engine: Map?, _ map: LinearMap) -> Map {
    guard let engine else {
      preconditionFailure("a plan for \(explanation.maps) runs the map '\(map.rawValue)'")
    }
    return engine
  }

  // MARK: Kernels

  /// Packs a kernel as a map's algorithm reads it, for use in many runs.
  ///
  /// - Throws: ``FiltersmithError`` when the kernel has another shape, or the plan was not made for the map.
  public func prepare(
    _ kernel: Tensor<Scalar>, for map: LinearMap = .forward
  ) throws(FiltersmithError) -> PreparedKernel<Scalar> {
    _ = try kernelForm(of: map)
    try check(kernel, convolution.kernel, "kernel")
    return kernel.withUnsafeElements { elements in
      guard let start = elements.baseAddress else { return PreparedKernel([]) }
      return prepare(start, for: map)
    }
  }

  /// Packs a kernel, `[filters, channels / groups, spatial…]`, as a map's algorithm reads it.
  package func prepare(
    _ kernel: UnsafePointer<Scalar>, for map: LinearMap
  ) -> PreparedKernel<Scalar> {
    var prepared = PreparedKernel<Scalar>([])
    prepare(kernel, for: map, into: &prepared)
    return prepared
  }

  /// Packs a kernel as a map's algorithm reads it, replacing an earlier one whose memory is reused where
  /// possible.
  package func prepare(
    _ kernel: UnsafePointer<Scalar>, for map: LinearMap,
    into prepared: inout PreparedKernel<Scalar>
  ) {
    switch map {
    case .forward: forwardMap.prepare(kernel, into: &prepared)
    case .inputGradient: inputGradientMap.prepare(kernel, into: &prepared)
    case .kernelGradient: break
    }
    prepared.form = kernelForms.first { $0.map == map }
  }

  /// The kernel that the plan was made with, prepared for a map; `nil` if it was made without.
  package func fixedKernel(for map: LinearMap) -> PreparedKernel<Scalar>? { fixedKernels[map] }

  /// A kernel prepared for a map: the one given, or the one that the plan was made with.
  func prepared(
    _ kernel: Tensor<Scalar>?, for map: LinearMap
  ) throws(FiltersmithError) -> PreparedKernel<Scalar> {
    guard let kernel else { return try checked(nil, for: map) }
    return try prepare(kernel, for: map)
  }

  /// A kernel that this plan prepared for a map, or one like it: the one given, or the one that the plan was
  /// made with.
  func checked(
    _ kernel: PreparedKernel<Scalar>?, for map: LinearMap
  ) throws(FiltersmithError) -> PreparedKernel<Scalar> {
    let form = try kernelForm(of: map)
    guard let kernel = kernel ?? fixedKernels[map] else {
      throw FiltersmithError(.argument, "a plan made without a kernel was run without one")
    }
    guard kernel.form == form else {
      let given = kernel.form?.description ?? "nothing"
      throw FiltersmithError(
        .argument, "a kernel prepared for \(given) was given to a plan for \(form)")
    }
    return kernel
  }

  func check(
    _ tensor: Tensor<Scalar>, _ shape: Shape, _ name: String
  ) throws(FiltersmithError) {
    // A batch of one may be given without its batch axis, as in the description.
    guard tensor.shape == shape || (shape[0] == 1 && tensor.shape == shape.removing(axis: 0)) else {
      throw FiltersmithError(
        .shape, "\(name) \(tensor.shape) given to a plan for \(name) \(shape)")
    }
  }
}

extension PlanExplanation {
  /// Checks that an algorithm that was named is used: for the forward map or, where that was not planned,
  /// for some part of each map that was.
  ///
  /// - Throws: ``FiltersmithError`` with the reason why it declined.
  fileprivate func check(uses algorithm: Algorithm) throws(FiltersmithError) {
    guard algorithm != .automatic, algorithm != .measured else { return }
    let isForward = choices.contains { $0.map == .forward }
    for map in isForward ? [.forward] : LinearMap.allCases {
      let parts = choices.filter { $0.map == map }
      let isUsed = parts.contains {
        $0.algorithm == algorithm || (algorithm == .direct && $0.algorithm == .plain)
      }
      guard let first = parts.first, !isUsed else { continue }
      var reason = "it has no loops for the map '\(map.rawValue)'"
      if let candidate = first.assessments.first(where: { $0.algorithm == algorithm }),
        case .declined(let declined) = candidate.assessment
      {
        reason = declined
      }
      throw FiltersmithError(
        .argument, "algorithm '\(algorithm.rawValue)' cannot compute this: \(reason)")
    }
  }

  /// The maps that were planned, for messages.
  fileprivate var maps: String {
    LinearMap.allCases.filter { map in choices.contains { $0.map == map } }
      .map(\.rawValue).joined(separator: ", ")
  }
}
