import Synchronization
import Tensors

/// The forward plans of the last calls that filtered an array with a small kernel.
///
/// Safe to use from several threads at once.
final class RecentPlans: Sendable {
  /// The process's plans.
  static let shared = RecentPlans()

  /// How many plans are kept; the one unused for longest makes room.
  static let capacity = 16
  /// Kernels of more coefficients take longer to apply than to plan.
  static let mostCoefficients = 1024
  /// Plans whose prepared kernels have more values, such as spectra of large images, are not kept.
  static let mostPreparedValues = 1 << 15

  /// A plan and what it was made for.
  private final class Entry<Scalar: ConvolutionScalar>: Sendable {
    let kernel: Tensor<Scalar>
    let algorithm: Algorithm
    let tolerance: Double
    let plan: ConvolutionPlan<Scalar>

    init(
      _ kernel: Tensor<Scalar>, _ algorithm: Algorithm, _ tolerance: Double,
      _ plan: ConvolutionPlan<Scalar>
    ) {
      self.kernel = kernel
      self.algorithm = algorithm
      self.tolerance = tolerance
      self.plan = plan
    }

    func serves(
      _ convolution: Convolution, _ kernel: Tensor<Scalar>, _ algorithm: Algorithm,
      _ tolerance: Double
    ) -> Bool {
      self.algorithm == algorithm && self.tolerance == tolerance
        && plan.convolution == convolution && self.kernel.hasSameBits(as: kernel)
    }
  }

  /// The last used first.
  private let entries = Mutex<[any Sendable & AnyObject]>([])

  /// How many plans are kept now.
  var count: Int { entries.withLock { $0.count } }

  /// A plan with a kernel: an earlier one, or one made now.
  ///
  /// - Throws: ``FiltersmithError`` as ``Convolution/plan(_:for:kernel:tolerance:as:)``.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func plan<Scalar: ConvolutionScalar>(
    of convolution: Convolution, kernel: Tensor<Scalar>, algorithm: Algorithm, tolerance: Double
  ) throws(FiltersmithError) -> ConvolutionPlan<Scalar> {
    guard kernel.count <= Self.mostCoefficients else {
      return try convolution.plan(algorithm, kernel: kernel, tolerance: tolerance)
    }
    let known = entries.withLock { entries -> ConvolutionPlan<Scalar>? in
      for (place, candidate) in entries.enumerated() {
        guard let entry = candidate as? Entry<Scalar>,
          entry.serves(convolution, kernel, algorithm, tolerance)
        else { continue }
        if place > 0 { entries.insert(entries.remove(at: place), at: 0) }
        return entry.plan
      }
      return nil
    }
    if let known { return known }
    // Planned outside the lock, so that a slow measurement does not hold up other threads.
    let plan = try convolution.plan(algorithm, kernel: kernel, tolerance: tolerance)
    if try plan.prepared(nil, for: .forward).values.count <= Self.mostPreparedValues {
      let entry = Entry(kernel, algorithm, tolerance, plan)
      entries.withLock { entries in
        entries.insert(entry, at: 0)
        if entries.count > Self.capacity { entries.removeLast() }
      }
    }
    return plan
  }
}

extension Tensor where Element: ConvolutionScalar {
  /// Whether the elements are the same, zeros with their signs.
  fileprivate func hasSameBits(as other: Tensor) -> Bool {
    withUnsafeElements { elements in
      other.withUnsafeElements { others in
        UnsafeRawBufferPointer(elements).elementsEqual(UnsafeRawBufferPointer(others))
      }
    }
  }
}
