import Tensors

/// An engine written for `Float`, offered in any precision: it declines all others.
struct SinglePrecision<Engine: NamedEngine, Scalar: ConvolutionScalar>: NamedEngine {
  static var algorithm: Algorithm { Engine.algorithm }

  private let engine: Engine

  private static var reason: String { "computed in single precision only" }
}

extension SinglePrecision: ConvolutionEngine
where Engine: ConvolutionEngine, Engine.Scalar == Float {
  var convolution: Convolution { engine.convolution }

  init(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) {
    engine = Engine(convolution, kernel: kernel as? KernelFacts<Float>)
  }

  static func assess(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) -> Assessment {
    guard Scalar.self == Float.self else { return .declined(reason) }
    return Engine.assess(convolution, kernel: kernel as? KernelFacts<Float>)
  }

  func prepare(_ kernel: UnsafePointer<Scalar>, into prepared: inout PreparedKernel<Scalar>) {
    guard var own = prepared as? PreparedKernel<Float> else { preconditionFailure(Self.reason) }
    // The values must have a single owner to be written in place.
    prepared = PreparedKernel([])
    engine.prepare(floats(kernel), into: &own)
    guard let result = own as? PreparedKernel<Scalar> else { preconditionFailure(Self.reason) }
    prepared = result
  }

  func fuses(_ epilogue: Epilogue<Scalar>) -> Bool { engine.fuses(floats(epilogue)) }

  func forward(
    _ input: UnsafePointer<Scalar>, _ kernel: PackedKernel<Scalar>,
    _ output: UnsafeMutablePointer<Scalar>, _ epilogue: Epilogue<Scalar>
  ) {
    engine.forward(
      floats(input), PackedKernel(values: floats(kernel.values), layout: kernel.layout),
      floats(output), floats(epilogue))
  }
}

extension SinglePrecision: KernelGradientEngine
where Engine: KernelGradientEngine, Engine.Scalar == Float {
  init(kernelGradientOf convolution: Convolution) {
    engine = Engine(kernelGradientOf: convolution)
  }

  static func assessKernelGradient(of convolution: Convolution) -> Assessment {
    guard Scalar.self == Float.self else { return .declined(reason) }
    return Engine.assessKernelGradient(of: convolution)
  }

  func kernelGradient(
    _ input: UnsafePointer<Scalar>, _ outputGradient: UnsafePointer<Scalar>,
    _ kernelGradient: UnsafeMutablePointer<Scalar>
  ) {
    engine.kernelGradient(floats(input), floats(outputGradient), floats(kernelGradient))
  }
}

/// The same epilogue: only called where `Scalar` is `Float`.
func floats<Scalar>(_ epilogue: Epilogue<Scalar>) -> Epilogue<Float> {
  Epilogue(
    bias: epilogue.bias.map { ReadOnlyPointer(floats($0.pointer)) },
    activation: epilogue.activation, combinesPairs: epilogue.combinesPairs)
}
