import Tensors

/// An engine written for `Float`, offered in any precision: it declines all others.
struct SinglePrecision<Engine: ConvolutionEngine, Scalar: ConvolutionScalar>: ConvolutionEngine
where Engine.Scalar == Float {
  static var algorithm: Algorithm { Engine.algorithm }

  private let engine: Engine

  var convolution: Convolution { engine.convolution }

  init(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) {
    engine = Engine(convolution, kernel: kernel as? KernelFacts<Float>)
  }

  static func assess(
    _ convolution: Convolution, _ map: LinearMap, kernel: KernelFacts<Scalar>?
  ) -> Assessment {
    guard Scalar.self == Float.self else { return .declined("computed in single precision only") }
    return Engine.assess(convolution, map, kernel: kernel as? KernelFacts<Float>)
  }

  func prepare(_ kernel: UnsafePointer<Scalar>, for map: LinearMap) -> PreparedKernel<Scalar> {
    let prepared = engine.prepare(floats(kernel), for: map)
    guard let result = prepared as? PreparedKernel<Scalar> else { preconditionFailure(Self.reason) }
    return result
  }

  func prepare(
    _ kernel: UnsafePointer<Scalar>, for map: LinearMap, into prepared: inout PreparedKernel<Scalar>
  ) {
    guard var own = prepared as? PreparedKernel<Float> else { preconditionFailure(Self.reason) }
    // The values must have one owner to be written in place.
    prepared = PreparedKernel([])
    engine.prepare(floats(kernel), for: map, into: &own)
    guard let result = own as? PreparedKernel<Scalar> else { preconditionFailure(Self.reason) }
    prepared = result
  }

  func fuses(_ epilogue: Epilogue<Scalar>) -> Bool {
    guard let epilogue = epilogue as? Epilogue<Float> else { preconditionFailure(Self.reason) }
    return engine.fuses(epilogue)
  }

  func forward(
    _ input: UnsafePointer<Scalar>, _ kernel: PreparedKernel<Scalar>,
    _ output: UnsafeMutablePointer<Scalar>, _ epilogue: Epilogue<Scalar>
  ) {
    guard let kernel = kernel as? PreparedKernel<Float>,
      let epilogue = epilogue as? Epilogue<Float>
    else { preconditionFailure(Self.reason) }
    engine.forward(floats(input), kernel, floats(output), epilogue)
  }

  func inputGradient(
    _ outputGradient: UnsafePointer<Scalar>, _ kernel: PreparedKernel<Scalar>,
    _ inputGradient: UnsafeMutablePointer<Scalar>
  ) {
    guard let kernel = kernel as? PreparedKernel<Float> else { preconditionFailure(Self.reason) }
    engine.inputGradient(floats(outputGradient), kernel, floats(inputGradient))
  }

  func kernelGradient(
    _ input: UnsafePointer<Scalar>, _ outputGradient: UnsafePointer<Scalar>,
    _ kernelGradient: UnsafeMutablePointer<Scalar>
  ) {
    engine.kernelGradient(floats(input), floats(outputGradient), floats(kernelGradient))
  }

  private static var reason: String { "\(algorithm) declined all precisions but Float" }

  /// The same memory: only called where `Scalar` is `Float`.
  private func floats(_ pointer: UnsafePointer<Scalar>) -> UnsafePointer<Float> {
    UnsafeRawPointer(pointer).assumingMemoryBound(to: Float.self)
  }

  private func floats(_ pointer: UnsafeMutablePointer<Scalar>) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Float.self)
  }
}
