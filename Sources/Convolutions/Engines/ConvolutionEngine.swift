import Tensors

/// What computes a map.
protocol NamedEngine: Sendable {
  /// The name under which it is chosen and explained.
  static var algorithm: Algorithm { get }
}

/// What every algorithm implements; one file each: the forward map of a convolution.
///
/// An engine is made for one convolution that it did not decline. All memory is row-major and as large
/// as the convolution's shapes say. Results replace what was in the target. Bits do not depend on the
/// number of threads. Input gradients are forward maps of other convolutions (``InputGradientParts``),
/// so no engine knows of them.
protocol ConvolutionEngine<Scalar>: NamedEngine {
  associatedtype Scalar: ConvolutionScalar

  /// Whether it can compute a convolution, and at what cost.
  ///
  /// - Parameter kernel: The coefficients, where they are known when planning.
  static func assess(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) -> Assessment

  /// What it was made for.
  var convolution: Convolution { get }

  /// An engine for a convolution it did not decline.
  init(_ convolution: Convolution, kernel: KernelFacts<Scalar>?)

  /// How many values ``pack(_:into:)`` writes.
  var packedCount: Int { get }

  /// Packs a kernel as the engine reads it (a spectrum, panels, factors).
  func pack(_ kernel: UnsafePointer<Scalar>, into packed: UnsafeMutablePointer<Scalar>)

  /// Packs a kernel, reusing the memory of one prepared before as far as possible.
  func prepare(_ kernel: UnsafePointer<Scalar>, into prepared: inout PreparedKernel<Scalar>)

  /// Whether ``forward(_:_:_:_:)`` does all of an epilogue itself.
  func fuses(_ epilogue: Epilogue<Scalar>) -> Bool

  /// The convolution, and the epilogue if the engine fuses it; otherwise it receives an empty one.
  func forward(
    _ input: UnsafePointer<Scalar>, _ kernel: PackedKernel<Scalar>,
    _ output: UnsafeMutablePointer<Scalar>, _ epilogue: Epilogue<Scalar>)
}

extension ConvolutionEngine {
  /// Most engines read the coefficients as they are, or in an order that does not depend on them.
  var packedCount: Int { convolution.kernel.elementCount }

  func pack(_ kernel: UnsafePointer<Scalar>, into packed: UnsafeMutablePointer<Scalar>) {
    packed.update(from: kernel, count: packedCount)
  }

  func prepare(_ kernel: UnsafePointer<Scalar>, into prepared: inout PreparedKernel<Scalar>) {
    prepared.rewrite(count: packedCount) { packed, _ in pack(kernel, into: packed) }
  }

  /// A kernel prepared in memory of its own.
  func prepared(_ kernel: UnsafePointer<Scalar>) -> PreparedKernel<Scalar> {
    var prepared = PreparedKernel<Scalar>([])
    prepare(kernel, into: &prepared)
    return prepared
  }

  func fuses(_ epilogue: Epilogue<Scalar>) -> Bool { epilogue.isEmpty }

  /// Runs the convolution and all of an epilogue.
  func run(
    _ input: UnsafePointer<Scalar>, _ kernel: PreparedKernel<Scalar>, _ epilogue: Epilogue<Scalar>,
    into target: UnsafeMutablePointer<Scalar>
  ) {
    kernel.withPacked { kernel in
      if fuses(epilogue) {
        forward(input, kernel, target, epilogue)
      } else if epilogue.combinesPairs {
        withScratch(Scalar.self, count: convolution.output.elementCount) { outputs in
          forward(input, kernel, outputs, Epilogue())
          epilogue.apply(
            to: outputs, batch: convolution.output[0], filters: convolution.output[1],
            count: convolution.counts.outputs, into: target)
        }
      } else {
        forward(input, kernel, target, Epilogue())
        epilogue.apply(
          to: target, batch: convolution.output[0], filters: convolution.output[1],
          count: convolution.counts.outputs, into: target)
      }
    }
  }
}

/// What an algorithm implements that computes the gradient of a convolution's kernel.
protocol KernelGradientEngine<Scalar>: NamedEngine {
  associatedtype Scalar: ConvolutionScalar

  /// Whether it can compute the gradient, and at what cost.
  static func assessKernelGradient(of convolution: Convolution) -> Assessment

  /// An engine for the kernel's gradient of a convolution it did not decline.
  init(kernelGradientOf convolution: Convolution)

  /// The gradient, written to `[filters, channels / groups, spatial…]`.
  func kernelGradient(
    _ input: UnsafePointer<Scalar>, _ outputGradient: UnsafePointer<Scalar>,
    _ kernelGradient: UnsafeMutablePointer<Scalar>)
}

extension KernelGradientEngine where Self: ConvolutionEngine {
  /// What the forward map needs serves the gradient as well.
  init(kernelGradientOf convolution: Convolution) { self.init(convolution, kernel: nil) }
}
