import Synchronization
import Tensors

/// A kernel packed as a plan reads it for one of its maps.
///
/// Made by ``ConvolutionPlan/prepare(_:for:)``, it serves any number of runs.
public struct PreparedKernel<Scalar: ConvolutionScalar>: Sendable {
  /// The values that the engine reads; there may be unused ones at the end.
  private(set) var values: [Scalar]
  /// How the engine ordered the values, where that depends on the kernel.
  let layout: [Int]
  /// The kernels of an input gradient that is computed in several parts.
  var parts: [PreparedKernel<Scalar>] = []
  /// What it was prepared for; set by the plan that did.
  var form: KernelForm?

  init(_ values: [Scalar], layout: [Int] = []) {
    self.values = values
    self.layout = layout
  }

  /// Lets `write` replace the values, in the same memory if it is large enough.
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

/// What a kernel is prepared for: plans with equal forms read each other's kernels.
struct KernelForm: Sendable, Hashable, CustomStringConvertible {
  let convolution: Convolution
  let map: LinearMap
  /// The algorithm of each part of the map.
  let algorithms: [Algorithm]

  var description: String {
    let names = algorithms.map(\.rawValue).joined(separator: ", ")
    return
      "the map '\(map.rawValue)' by \(names) of \(convolution.input) with \(convolution.kernel)"
  }
}

/// The coefficients as an engine packed them, for the duration of a run; read only.
struct PackedKernel<Scalar: ConvolutionScalar>: Sendable {
  private let shared: ReadOnlyPointer<Scalar>
  /// How the engine ordered the values, where that depends on the kernel.
  let layout: [Int]

  init(values: UnsafePointer<Scalar>, layout: [Int]) {
    shared = ReadOnlyPointer(values)
    self.layout = layout
  }

  var values: UnsafePointer<Scalar> { shared.pointer }
}

/// Memory for one prepared kernel after another: those of a network's layers in training, where every
/// step brings new coefficients.
///
/// The memory grows to what the largest kernel needs, and stays as long as the algorithms overwrite what
/// they are given; one that makes a kernel of its own replaces it.
package final class KernelMemory<Scalar: ConvolutionScalar>: Sendable {
  private let last = Mutex<PreparedKernel<Scalar>?>(nil)

  package init() {}

  /// Packs a kernel as a map of a plan reads it, for the duration of a call.
  ///
  /// - Parameters:
  ///   - kernel: `[filters, channels / groups, spatial…]`.
  ///   - plan: The plan that the kernel belongs to.
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
