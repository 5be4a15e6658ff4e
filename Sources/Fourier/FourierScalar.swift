import CFFTW
import Numerics
import Synchronization
import Tensors

/// A precision FFTW computes in: `Float` or `Double`.
public protocol FourierScalar: Real, BinaryFloatingPoint, Sendable {
  /// The FFTW functions of this precision and the plans made with them.
  static var fourierLibrary: FourierLibrary<Self> { get }
}

/// FFTW's functions in one precision, which differ only in their names.
struct FFTWFunctions<Scalar: FourierScalar>: Sendable {
  typealias Plan = OpaquePointer
  typealias Axes = UnsafePointer<fftw_iodim64>?
  typealias Reals = UnsafeMutablePointer<Scalar>?
  typealias Pairs = UnsafeMutablePointer<(Scalar, Scalar)>?

  let planComplex: @Sendable (Int32, Axes, Int32, Axes, Pairs, Pairs, Int32, UInt32) -> Plan?
  let planRealToComplex: @Sendable (Int32, Axes, Int32, Axes, Reals, Pairs, UInt32) -> Plan?
  let planComplexToReal: @Sendable (Int32, Axes, Int32, Axes, Pairs, Reals, UInt32) -> Plan?
  let executeComplex: @Sendable (Plan?, Pairs, Pairs) -> Void
  let executeRealToComplex: @Sendable (Plan?, Reals, Pairs) -> Void
  let executeComplexToReal: @Sendable (Plan?, Pairs, Reals) -> Void
  let destroyPlan: @Sendable (Plan?) -> Void
}

/// FFTW in one precision: its functions, and the process's cache of plans.
public final class FourierLibrary<Scalar: FourierScalar>: Sendable {
  typealias Address = UnsafeMutableRawPointer

  private let functions: FFTWFunctions<Scalar>
  let cache = FourierPlanCache<Scalar>()

  init(_ functions: FFTWFunctions<Scalar>) { self.functions = functions }

  private static func reals(_ address: Address) -> UnsafeMutablePointer<Scalar> {
    address.assumingMemoryBound(to: Scalar.self)
  }
  private static func pairs(_ address: Address) -> UnsafeMutablePointer<(Scalar, Scalar)> {
    address.assumingMemoryBound(to: (Scalar, Scalar).self)
  }

  func makePlan(
    _ transform: FourierTransform, _ input: Address, _ output: Address
  ) -> OpaquePointer? {
    let (axes, batches) = (
      FourierTransform.dimensions(transform.axes), FourierTransform.dimensions(transform.batches)
    )
    let (rank, repeats, flags) = (Int32(axes.count), Int32(batches.count), transform.flags)
    return switch transform.kind {
    case .forward, .inverse:
      functions.planComplex(
        rank, axes, repeats, batches, Self.pairs(input), Self.pairs(output),
        transform.kind == .forward ? FFTW_FORWARD : FFTW_BACKWARD, flags)
    case .realToComplex:
      functions.planRealToComplex(
        rank, axes, repeats, batches, Self.reals(input), Self.pairs(output), flags)
    case .complexToReal:
      functions.planComplexToReal(
        rank, axes, repeats, batches, Self.pairs(input), Self.reals(output), flags)
    }
  }

  func execute(
    _ plan: OpaquePointer, _ kind: FourierTransform.Kind, _ input: Address, _ output: Address
  ) {
    switch kind {
    case .forward, .inverse:
      functions.executeComplex(plan, Self.pairs(input), Self.pairs(output))
    case .realToComplex:
      functions.executeRealToComplex(plan, Self.reals(input), Self.pairs(output))
    case .complexToReal:
      functions.executeComplexToReal(plan, Self.pairs(input), Self.reals(output))
    }
  }

  func destroyPlan(_ plan: OpaquePointer) { functions.destroyPlan(plan) }
}

/// Held while FFTW plans are made or destroyed: only executing them is safe from many threads.
let plannerLock = Mutex<Void>(())

extension FourierTransform {
  fileprivate var flags: UInt32 {
    var flags: UInt32 =
      switch rigor {
      case .estimate: UInt32(1 << 6)  // FFTW_ESTIMATE: the macros' casts hide them from Swift
      case .measure: 0  // FFTW_MEASURE
      case .patient: UInt32(1 << 5)  // FFTW_PATIENT
      }
    if !aligned { flags |= UInt32(1 << 1) }  // FFTW_UNALIGNED
    if mayDestroyInput { flags |= UInt32(1 << 0) }  // FFTW_DESTROY_INPUT
    if !mayDestroyInput, !inPlace { flags |= UInt32(1 << 4) }  // FFTW_PRESERVE_INPUT
    return flags
  }

  fileprivate static func dimensions(_ axes: [Axis]) -> [fftw_iodim64] {
    axes.map { fftw_iodim64(n: $0.count, is: $0.inputStride, os: $0.outputStride) }
  }
}

extension Double: FourierScalar {
  /// FFTW in double precision.
  public static let fourierLibrary = FourierLibrary<Double>(
    FFTWFunctions(
      planComplex: fftw_plan_guru64_dft, planRealToComplex: fftw_plan_guru64_dft_r2c,
      planComplexToReal: fftw_plan_guru64_dft_c2r, executeComplex: fftw_execute_dft,
      executeRealToComplex: fftw_execute_dft_r2c, executeComplexToReal: fftw_execute_dft_c2r,
      destroyPlan: fftw_destroy_plan))
}

extension Float: FourierScalar {
  /// FFTW in single precision.
  public static let fourierLibrary = FourierLibrary<Float>(
    FFTWFunctions(
      planComplex: fftwf_plan_guru64_dft, planRealToComplex: fftwf_plan_guru64_dft_r2c,
      planComplexToReal: fftwf_plan_guru64_dft_c2r, executeComplex: fftwf_execute_dft,
      executeRealToComplex: fftwf_execute_dft_r2c, executeComplexToReal: fftwf_execute_dft_c2r,
      destroyPlan: fftwf_destroy_plan))
}
