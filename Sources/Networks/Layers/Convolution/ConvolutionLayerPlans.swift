import Convolutions
import Tensors

/// A convolution with a bias and an activation in the same pass.
struct ConvLayerPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let plan: ConvolutionPlan<Scalar>
  let hasBias: Bool
  /// Whether the plan was made with its kernel: a fixed bank, which is not a parameter.
  let isFixed: Bool
  var activation = Activation.identity
  var fixed: PreparedKernel<Scalar>?

  init(
    _ convolution: Convolution, hasBias: Bool, in context: LayerContext
  ) throws(FiltersmithError) {
    plan = try convolution.plan(
      for: context.maps(input: .inputGradient) + [.forward], as: Scalar.self)
    self.hasBias = hasBias
    isFixed = false
  }

  init(
    _ convolution: Convolution, bank kernel: Tensor<Scalar>, in context: LayerContext
  ) throws(FiltersmithError) {
    plan = try convolution.plan(
      for: context.maps(input: .inputGradient) + [.forward], kernel: kernel)
    hasBias = false
    isFixed = true
  }

  var backwardReads: BackwardReads { isFixed ? [] : .inputs }

  func fusing(_ activation: Activation) -> Self? {
    var fused = self
    fused.activation = activation
    return fused
  }

  func fixing(_ parameters: [UnsafePointer<Scalar>]) -> Self {
    guard !isFixed else { return self }
    var fixed = self
    fixed.fixed = plan.prepare(parameters[0], for: .forward)
    return fixed
  }

  func forward(_ pass: ForwardPass<Scalar>) {
    func run(_ kernel: PreparedKernel<Scalar>) {
      plan.forward(
        pass.inputs[0].pointer, prepared: kernel,
        bias: hasBias ? pass.parameters[1].pointer : nil, activation: activation,
        into: pass.output.pointer)
    }
    if let kernel = plan.fixedKernel(for: .forward) ?? fixed { return run(kernel) }
    (pass.kernels ?? KernelMemory()).with(pass.parameters[0].pointer, for: .forward, of: plan, run)
  }

  func backward(_ pass: BackwardPass<Scalar>) {
    if let target = pass.inputGradients[0] {
      func run(_ kernel: PreparedKernel<Scalar>) {
        plan.inputGradient(pass.outputGradient.pointer, prepared: kernel, into: target.pointer)
      }
      if let kernel = plan.fixedKernel(for: .inputGradient) {
        run(kernel)
      } else {
        (pass.kernels ?? KernelMemory()).with(
          pass.parameters[0].pointer, for: .inputGradient, of: plan, run)
      }
    }
    guard !isFixed else { return }
    if let target = pass.parameterGradients[0] {
      plan.kernelGradient(
        input: pass.inputs[0].pointer, outputGradient: pass.outputGradient.pointer,
        into: target.pointer)
    }
    if hasBias, let target = pass.parameterGradients[1] {
      let output = plan.convolution.output
      sumChannels(
        pass.outputGradient, batch: output[0], channels: output[1],
        run: output.dropFirst(2).reduce(1, *), into: target)
    }
  }
}

/// A transposed convolution: the maps of a convolution with their roles exchanged.
struct ConvTransposedPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let plan: ConvolutionPlan<Scalar>
  let hasBias: Bool
  var activation = Activation.identity
  var fixed: PreparedKernel<Scalar>?

  init(
    _ convolution: Convolution, hasBias: Bool, in context: LayerContext
  ) throws(FiltersmithError) {
    plan = try convolution.plan(
      for: context.maps(input: .forward) + [.inputGradient], as: Scalar.self)
    self.hasBias = hasBias
  }

  var backwardReads: BackwardReads { .inputs }

  func fusing(_ activation: Activation) -> Self? {
    var fused = self
    fused.activation = activation
    return fused
  }

  func fixing(_ parameters: [UnsafePointer<Scalar>]) -> Self {
    var fixed = self
    fixed.fixed = plan.prepare(parameters[0], for: .inputGradient)
    return fixed
  }

  func forward(_ pass: ForwardPass<Scalar>) {
    func run(_ kernel: PreparedKernel<Scalar>) {
      plan.inputGradient(
        pass.inputs[0].pointer, prepared: kernel,
        bias: hasBias ? pass.parameters[1].pointer : nil, activation: activation,
        into: pass.output.pointer)
    }
    if let fixed { return run(fixed) }
    (pass.kernels ?? KernelMemory()).with(
      pass.parameters[0].pointer, for: .inputGradient, of: plan, run)
  }

  func backward(_ pass: BackwardPass<Scalar>) {
    let gradient = pass.outputGradient
    if let target = pass.inputGradients[0] {
      (pass.kernels ?? KernelMemory()).with(pass.parameters[0].pointer, for: .forward, of: plan) {
        kernel in
        plan.forward(
          gradient.pointer, prepared: kernel, bias: nil, activation: .identity,
          into: target.pointer)
      }
    }
    if let target = pass.parameterGradients[0] {
      plan.kernelGradient(
        input: gradient.pointer, outputGradient: pass.inputs[0].pointer, into: target.pointer)
    }
    if hasBias, let target = pass.parameterGradients[1] {
      let output = plan.convolution.input
      sumChannels(
        gradient, batch: output[0], channels: output[1], run: output.dropFirst(2).reduce(1, *),
        into: target)
    }
  }
}

extension LayerContext {
  /// The maps of a convolution that the backward pass will run.
  ///
  /// - Parameter input: The map that gives the derivative by the layer's input.
  fileprivate func maps(input: LinearMap) -> [LinearMap] {
    (needsInputGradients ? [input] : []) + (needsParameterGradients ? [.kernelGradient] : [])
  }
}

extension Conv {
  /// The convolution ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    try ConvLayerPlan<Scalar>(
      try convolution(for: context.inputs[0], batch: context.batch), hasBias: hasBias, in: context)
  }
}

extension DepthwiseConv {
  /// The convolution ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    try conv(for: context.inputs[0]).plan(in: context, as: precision)
  }
}

extension ConvTransposed {
  /// The transposed convolution ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    try ConvTransposedPlan<Scalar>(
      try convolution(for: context.inputs[0], batch: context.batch), hasBias: hasBias, in: context)
  }
}

extension FixedFilters {
  /// The bank ready to run, with an algorithm that may exploit its coefficients.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    let convolution = try convolution(for: context.inputs[0], batch: context.batch)
    let copies = convolution.kernel[0] / kernels.shape[0]
    let bank = Tensor<Scalar>(kernels)
    let repeated = try Tensor.concatenated(
      [Tensor<Scalar>](repeating: bank, count: copies), axis: 0)
    return try ConvLayerPlan<Scalar>(convolution, bank: repeated, in: context)
  }
}
