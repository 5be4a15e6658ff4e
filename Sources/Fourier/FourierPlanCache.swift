import Numerics
import Synchronization
import Tensors

/// A plan that lives in the process's cache: a small value to store and copy.
///
/// It may be used from many threads at the same time.
public struct SharedFourierPlan<Scalar: FourierScalar>: Sendable {
  private final class Owner: Sendable {
    let plan: FourierPlan<Scalar>

    init(_ transform: FourierTransform) throws(FiltersmithError) {
      plan = try FourierPlan(transform)
    }
  }

  private let owner: Owner

  fileprivate init(_ transform: FourierTransform) throws(FiltersmithError) {
    owner = try Owner(transform)
  }

  /// What the plan computes.
  public var transform: FourierTransform { owner.plan.transform }

  /// Whether two values share one plan.
  public func isIdentical(to other: SharedFourierPlan) -> Bool { owner === other.owner }

  /// Runs the transform on memory laid out as ``transform`` says.
  public func execute(input: UnsafeMutableRawPointer, output: UnsafeMutableRawPointer) {
    owner.plan.execute(input: input, output: output)
  }

  /// Runs a complex transform.
  public func execute(
    _ input: UnsafeMutablePointer<Complex<Scalar>>, _ output: UnsafeMutablePointer<Complex<Scalar>>
  ) {
    owner.plan.execute(input, output)
  }

  /// Runs a transform from real numbers to their half spectrum.
  public func execute(
    _ input: UnsafeMutablePointer<Scalar>, _ output: UnsafeMutablePointer<Complex<Scalar>>
  ) {
    owner.plan.execute(input, output)
  }

  /// Runs a transform from a half spectrum, which is overwritten, to real numbers.
  public func execute(
    _ input: UnsafeMutablePointer<Complex<Scalar>>, _ output: UnsafeMutablePointer<Scalar>
  ) {
    owner.plan.execute(input, output)
  }
}

/// The plans of the process in one precision.
final class FourierPlanCache<Scalar: FourierScalar>: Sendable {
  /// Enough for every layer of a large network; when a program uses more sizes, the cache is emptied.
  static var capacity: Int { 1024 }

  private let plans = Mutex<[FourierTransform: SharedFourierPlan<Scalar>]>([:])

  func plan(
    for transform: FourierTransform
  ) throws(FiltersmithError) -> SharedFourierPlan<Scalar> {
    if let found = plans.withLock({ $0[transform] }) { return found }
    // Planned outside the lock, so that a slow measurement does not hold up users of other plans.
    let made = try SharedFourierPlan<Scalar>(transform)
    var evicted: [FourierTransform: SharedFourierPlan<Scalar>] = [:]
    return plans.withLock { plans in
      // Another thread may have been quicker: all share the first plan.
      if let found = plans[transform] { return found }
      if plans.count >= Self.capacity { swap(&evicted, &plans) }
      plans[transform] = made
      return made
    }
  }
}
