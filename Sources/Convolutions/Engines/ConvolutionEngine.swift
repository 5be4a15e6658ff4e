import Synchronization
import Tensors

/// What every algorithm implements; one file each.
///
/// An engine is made for one convolution, and may only be asked for maps it did not decline. All
/// memory is row-major and as large as the convolution's shapes say. Results replace what was in the
/// target. Bits do not depend on the number of threads.
protocol ConvolutionEngine<Scalar>: Sendable {
  associatedtype Scalar: ConvolutionScalar

  /// The name under which it is chosen and explained.
  static var algorithm: Algorithm { get }

  /// Whether it can compute a map, and at what cost.
  ///
  /// - Parameter kernel: The coefficients, where they are known when planning.
  static func assess(
    _ convolution: Convolution, _ map: LinearMap, kernel: KernelFacts<Scalar>?
  ) -> Assessment

  /// What it was made for.
  var convolution: Convolution { get }

  /// An engine for a convolution it did not decline.
  init(_ convolution: Convolution, kernel: KernelFacts<Scalar>?)

  /// Brings a kernel into the form that the map reads (a spectrum, packed panels, factors).
  func prepare(_ kernel: UnsafePointer<Scalar>, for map: LinearMap) -> PreparedKernel<Scalar>

  /// The same in the memory of a kernel prepared before, as far as possible.
  func prepare(
    _ kernel: UnsafePointer<Scalar>, for map: LinearMap, into prepared: inout PreparedKernel<Scalar>
  )

  /// Whether ``forward(_:_:_:_:)`` does all of an epilogue itself.
  func fuses(_ epilogue: Epilogue<Scalar>) -> Bool

  /// The forward map, and the epilogue if the engine fuses it; otherwise it is handed an empty one.
  func forward(
    _ input: UnsafePointer<Scalar>, _ kernel: PreparedKernel<Scalar>,
    _ output: UnsafeMutablePointer<Scalar>, _ epilogue: Epilogue<Scalar>)

  func inputGradient(
    _ outputGradient: UnsafePointer<Scalar>, _ kernel: PreparedKernel<Scalar>,
    _ inputGradient: UnsafeMutablePointer<Scalar>)

  func kernelGradient(
    _ input: UnsafePointer<Scalar>, _ outputGradient: UnsafePointer<Scalar>,
    _ kernelGradient: UnsafeMutablePointer<Scalar>)
}

extension ConvolutionEngine {
  /// Most engines read the coefficients as they are.
  func prepare(_ kernel: UnsafePointer<Scalar>, for map: LinearMap) -> PreparedKernel<Scalar> {
    PreparedKernel(count: convolution.kernel.elementCount) { $0.update(from: kernel, count: $1) }
  }

  func prepare(
    _ kernel: UnsafePointer<Scalar>, for map: LinearMap, into prepared: inout PreparedKernel<Scalar>
  ) {
    prepared = prepare(kernel, for: map)
  }

  func fuses(_ epilogue: Epilogue<Scalar>) -> Bool { epilogue.isEmpty }

  func inputGradient(
    _ outputGradient: UnsafePointer<Scalar>, _ kernel: PreparedKernel<Scalar>,
    _ inputGradient: UnsafeMutablePointer<Scalar>
  ) {
    preconditionFailure("\(Self.algorithm) declined the input gradient")
  }

  func kernelGradient(
    _ input: UnsafePointer<Scalar>, _ outputGradient: UnsafePointer<Scalar>,
    _ kernelGradient: UnsafeMutablePointer<Scalar>
  ) {
    preconditionFailure("\(Self.algorithm) declined the kernel gradient")
  }
}

/// A kernel in the form one engine reads it.
///
/// Made by ``ConvolutionPlan/prepare(_:for:)``, it serves any number of runs.
public struct PreparedKernel<Scalar: ConvolutionScalar>: Sendable {
  /// What the engine reads; there may be unused numbers behind.
  private(set) var values: [Scalar]
  /// How the engine ordered the values, where that depends on them.
  let layout: [Int]

  init(_ values: [Scalar], layout: [Int] = []) {
    self.values = values
    self.layout = layout
  }

  /// Values that `write` writes, all of them.
  init(count: Int, _ write: (_ values: UnsafeMutablePointer<Scalar>, _ count: Int) -> Void) {
    values = [Scalar](unsafeUninitializedCapacity: count) { buffer, written in
      if let start = buffer.baseAddress { write(start, count) }
      written = count
    }
    layout = []
  }

  /// Lets `write` replace the values, in the same memory if there is enough.
  mutating func rewrite(
    count: Int, _ write: (_ values: UnsafeMutablePointer<Scalar>, _ count: Int) -> Void
  ) {
    guard values.count >= count, layout.isEmpty else {
      self = PreparedKernel(count: count, write)
      return
    }
    values.withUnsafeMutableBufferPointer { buffer in
      if let start = buffer.baseAddress { write(start, count) }
    }
  }
}

/// Memory for one prepared kernel after the other: those of a network's layers in training, where every
/// step brings new coefficients.
///
/// Its memory becomes as large as the largest kernel needs it, and stays as long as the algorithms write over
/// what they are given; one that makes a kernel of its own leaves that behind.
package final class KernelMemory<Scalar: ConvolutionScalar>: Sendable {
  private let last = Mutex<PreparedKernel<Scalar>?>(nil)

  package init() {}

  /// Brings a kernel into the form that a map of a plan reads, for the length of a call.
  ///
  /// - Parameters:
  ///   - kernel: `[filters, channels / groups, spatial…]`.
  ///   - plan: Whose kernel it is.
  ///   - map: The map that `body` runs.
  package func with(
    _ kernel: UnsafePointer<Scalar>, for map: LinearMap, of plan: ConvolutionPlan<Scalar>,
    _ body: (PreparedKernel<Scalar>) -> Void
  ) {
    var prepared = last.withLock { last in
      defer { last = nil }
      return last ?? PreparedKernel([])
    }
    plan.prepare(kernel, for: map, into: &prepared)
    body(prepared)
    let used = prepared
    last.withLock { $0 = used }
  }
}
