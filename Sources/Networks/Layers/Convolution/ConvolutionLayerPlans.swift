import Convolutions
import Tensors

/// A convolution with a bias and an activation in the same pass.
struct ConvLayerPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let plan: ConvolutionPlan<Scalar>
  let hasBias: Bool
  /// The coefficients of a fixed bank, which is no parameter.
  let bank: PreparedKernels<Scalar>?
  var activation = Activation.identity
  var fixed: PreparedKernel<Scalar>?

  init(_ convolution: Convolution, hasBias: Bool) throws(FiltersmithError) {
    plan = try convolution.plan(.automatic, kernel: nil, as: Scalar.self)
    self.hasBias = hasBias
    bank = nil
  }

  init(_ convolution: Convolution, bank kernel: Tensor<Scalar>) throws(FiltersmithError) {
    plan = try convolution.plan(kernel: kernel)
    hasBias = false
    bank = PreparedKernels(
      forward: plan.prepare(kernel, for: .forward),
      inputGradient: plan.prepare(kernel, for: .inputGradient))
  }

  var backwardReads: BackwardReads { bank == nil ? .inputs : [] }

  func fusing(_ activation: Activation) -> Self? {
    var fused = self
    fused.activation = activation
    return fused
  }

  func fixing(_ parameters: [UnsafePointer<Scalar>]) -> Self {
    guard bank == nil else { return self }
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
    if let kernel = bank?.forward ?? fixed { return run(kernel) }
    (pass.kernels ?? KernelMemory()).with(pass.parameters[0].pointer, for: .forward, of: plan, run)
  }

  func backward(_ pass: BackwardPass<Scalar>) {
    if let target = pass.inputGradients[0] {
      func run(_ kernel: PreparedKernel<Scalar>) {
        plan.inputGradient(pass.outputGradient.pointer, prepared: kernel, into: target.pointer)
      }
      if let bank {
        run(bank.inputGradient)
      } else {
        (pass.kernels ?? KernelMemory()).with(
          pass.parameters[0].pointer, for: .inputGradient, of: plan, run)
      }
    }
    guard bank == nil else { return }
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

/// Kernels prepared once for both directions.
struct PreparedKernels<Scalar: ConvolutionScalar>: Sendable {
  let forward: PreparedKernel<Scalar>
  let inputGradient: PreparedKernel<Scalar>
}

/// A transposed convolution: the maps of a convolution with their roles exchanged.
struct ConvTransposedPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let plan: ConvolutionPlan<Scalar>
  let hasBias: Bool
  var activation = Activation.identity
  var fixed: PreparedKernel<Scalar>?

  init(_ convolution: Convolution, hasBias: Bool) throws(FiltersmithError) {
    plan = try convolution.plan(.automatic, kernel: nil, as: Scalar.self)
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
      plan.inputGradient(pass.inputs[0].pointer, prepared: kernel, into: pass.output.pointer)
    }
    if let fixed {
      run(fixed)
    } else {
      (pass.kernels ?? KernelMemory()).with(
        pass.parameters[0].pointer, for: .inputGradient, of: plan, run)
    }
    guard hasBias || activation != .identity else { return }
    let output = plan.convolution.input
    addBias(
      hasBias ? pass.parameters[1] : nil, activation, to: pass.output, batch: output[0],
      channels: output[1], run: output.dropFirst(2).reduce(1, *))
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

/// Adds a number per channel and applies an activation, in place.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func addBias<Scalar: ConvolutionScalar>(
  _ bias: SharedPointer<Scalar>?, _ activation: Activation, to values: SharedPointer<Scalar>,
  batch: Int, channels: Int, run: Int
) {
  parallelFor(batch * channels, grain: max(1, 8192 / max(run, 1))) { row in
    let line = values.pointer + row * run
    let offset = bias.map { $0[row % channels] } ?? 0
    switch activation {
    case .identity: for position in 0..<run { line[position] += offset }
    case .relu: for position in 0..<run { line[position] = max(line[position] + offset, 0) }
    case .leakyReLU(let slope):
      let slope = Scalar(slope)
      for position in 0..<run {
        let value = line[position] + offset
        line[position] = value >= 0 ? value : slope * value
      }
    }
  }
}

extension Conv {
  /// The convolution ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    try ConvLayerPlan<Scalar>(
      try convolution(for: context.inputs[0], batch: context.batch), hasBias: hasBias)
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
      try convolution(for: context.inputs[0], batch: context.batch), hasBias: hasBias)
  }
}

extension FixedFilters {
  /// The bank ready to run, with an algorithm that may make use of its coefficients.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    let convolution = try convolution(for: context.inputs[0], batch: context.batch)
    let copies = convolution.kernel[0] / kernels.shape[0]
    let bank = Tensor<Scalar>(kernels)
    let repeated = try Tensor.concatenated(
      [Tensor<Scalar>](repeating: bank, count: copies), axis: 0)
    return try ConvLayerPlan<Scalar>(convolution, bank: repeated)
  }
}
