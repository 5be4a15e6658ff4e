import Synchronization
import Tensors

/// A kernel in the form in which a plan reads it for one of its maps.
///
/// Made by ``ConvolutionPlan/prepare(_:for:)``, it serves any number of runs.
public struct PreparedKernel<Scalar: ConvolutionScalar>: Sendable {
  /// What the engine reads; there may be unused numbers at the end.
  private(set) var values: [Scalar]
  /// How the engine ordered the values, where that depends on them.
  let layout: [Int]
  /// The kernels of an input gradient that is computed in several parts.
  var parts: [PreparedKernel<Scalar>] = []

  init(_ values: [Scalar], layout: [Int] = []) {
    self.values = values
    self.layout = layout
  }

  /// Lets `write` replace the values, in the same memory if there is enough.
  mutating func rewrite(
    count: Int, _ write: (_ values: UnsafeMutablePointer<Scalar>, _ count: Int) -> Void
  ) {
    guard values.count >= count, layout.isEmpty else {
      self = PreparedKernel(
        [Scalar](unsafeUninitializedCapacity: count) { buffer, written in
          if let start = buffer.baseAddress { write(start, count) }
          written = count
        })
      return
    }
    values.withUnsafeMutableBufferPointer { buffer in
      if let start = buffer.baseAddress { write(start, count) }
    }
  }

  /// Lends the packed coefficients.
  func withPacked(_ body: (PackedKernel<Scalar>) -> Void) {
    values.withUnsafeBufferPointer { values in
      guard let start = values.baseAddress else { return }
      body(PackedKernel(values: start, layout: layout))
    }
  }
}

/// The coefficients as an engine packed them, for the length of a run: only read.
struct PackedKernel<Scalar: ConvolutionScalar>: Sendable {
  private let shared: ReadOnlyPointer<Scalar>
  /// How the engine ordered the values, where that depends on them.
  let layout: [Int]

  init(values: UnsafePointer<Scalar>, layout: [Int]) {
    shared = ReadOnlyPointer(values)
    self.layout = layout
  }

  var values: UnsafePointer<Scalar> { shared.pointer }
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
