import CFFTW
import Numerics
import Synchronization
import Tensors

/// A precision FFTW computes in: `Float` or `Double`.
public protocol FourierScalar: Real, BinaryFloatingPoint, Sendable {
  /// The FFTW functions of this precision and the plans made with them.
  static var fourierLibrary: FourierLibrary<Self> { get }
}

/// FFTW in one precision: its functions, and the process's cache of plans.
public final class FourierLibrary<Scalar: FourierScalar>: Sendable {
  typealias Handle = OpaquePointer
  typealias Address = UnsafeMutableRawPointer

  let makePlan: @Sendable (FourierTransform, Address, Address) -> Handle?
  let destroyPlan: @Sendable (Handle) -> Void
  let executeComplex: @Sendable (Handle, Address, Address) -> Void
  let executeRealToComplex: @Sendable (Handle, Address, Address) -> Void
  let executeComplexToReal: @Sendable (Handle, Address, Address) -> Void
  let cache = FourierPlanCache<Scalar>()

  init(
    makePlan: @escaping @Sendable (FourierTransform, Address, Address) -> Handle?,
    destroyPlan: @escaping @Sendable (Handle) -> Void,
    executeComplex: @escaping @Sendable (Handle, Address, Address) -> Void,
    executeRealToComplex: @escaping @Sendable (Handle, Address, Address) -> Void,
    executeComplexToReal: @escaping @Sendable (Handle, Address, Address) -> Void
  ) {
    self.makePlan = makePlan
    self.destroyPlan = destroyPlan
    self.executeComplex = executeComplex
    self.executeRealToComplex = executeRealToComplex
    self.executeComplexToReal = executeComplexToReal
  }
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
    makePlan: { transform, input, output in
      let (axes, batches) = (
        FourierTransform.dimensions(transform.axes), FourierTransform.dimensions(transform.batches)
      )
      let (rank, repeats) = (Int32(axes.count), Int32(batches.count))
      func complex(_ address: UnsafeMutableRawPointer) -> UnsafeMutablePointer<fftw_complex> {
        address.assumingMemoryBound(to: fftw_complex.self)
      }
      func real(_ address: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Double> {
        address.assumingMemoryBound(to: Double.self)
      }
      return switch transform.kind {
      case .forward:
        fftw_plan_guru64_dft(
          rank, axes, repeats, batches, complex(input), complex(output), FFTW_FORWARD,
          transform.flags)
      case .inverse:
        fftw_plan_guru64_dft(
          rank, axes, repeats, batches, complex(input), complex(output), FFTW_BACKWARD,
          transform.flags)
      case .realToComplex:
        fftw_plan_guru64_dft_r2c(
          rank, axes, repeats, batches, real(input), complex(output), transform.flags)
      case .complexToReal:
        fftw_plan_guru64_dft_c2r(
          rank, axes, repeats, batches, complex(input), real(output), transform.flags)
      }
    },
    destroyPlan: { fftw_destroy_plan($0) },
    executeComplex: { plan, input, output in
      fftw_execute_dft(
        plan, input.assumingMemoryBound(to: fftw_complex.self),
        output.assumingMemoryBound(to: fftw_complex.self))
    },
    executeRealToComplex: { plan, input, output in
      fftw_execute_dft_r2c(
        plan, input.assumingMemoryBound(to: Double.self),
        output.assumingMemoryBound(to: fftw_complex.self))
    },
    executeComplexToReal: { plan, input, output in
      fftw_execute_dft_c2r(
        plan, input.assumingMemoryBound(to: fftw_complex.self),
        output.assumingMemoryBound(to: Double.self))
    })
}

extension Float: FourierScalar {
  /// FFTW in single precision.
  public static let fourierLibrary = FourierLibrary<Float>(
    makePlan: { transform, input, output in
      let (axes, batches) = (
        FourierTransform.dimensions(transform.axes), FourierTransform.dimensions(transform.batches)
      )
      let (rank, repeats) = (Int32(axes.count), Int32(batches.count))
      func complex(_ address: UnsafeMutableRawPointer) -> UnsafeMutablePointer<fftwf_complex> {
        address.assumingMemoryBound(to: fftwf_complex.self)
      }
      func real(_ address: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        address.assumingMemoryBound(to: Float.self)
      }
      return switch transform.kind {
      case .forward:
        fftwf_plan_guru64_dft(
          rank, axes, repeats, batches, complex(input), complex(output), FFTW_FORWARD,
          transform.flags)
      case .inverse:
        fftwf_plan_guru64_dft(
          rank, axes, repeats, batches, complex(input), complex(output), FFTW_BACKWARD,
          transform.flags)
      case .realToComplex:
        fftwf_plan_guru64_dft_r2c(
          rank, axes, repeats, batches, real(input), complex(output), transform.flags)
      case .complexToReal:
        fftwf_plan_guru64_dft_c2r(
          rank, axes, repeats, batches, complex(input), real(output), transform.flags)
      }
    },
    destroyPlan: { fftwf_destroy_plan($0) },
    executeComplex: { plan, input, output in
      fftwf_execute_dft(
        plan, input.assumingMemoryBound(to: fftwf_complex.self),
        output.assumingMemoryBound(to: fftwf_complex.self))
    },
    executeRealToComplex: { plan, input, output in
      fftwf_execute_dft_r2c(
        plan, input.assumingMemoryBound(to: Float.self),
        output.assumingMemoryBound(to: fftwf_complex.self))
    },
    executeComplexToReal: { plan, input, output in
      fftwf_execute_dft_c2r(
        plan, input.assumingMemoryBound(to: fftwf_complex.self),
        output.assumingMemoryBound(to: Float.self))
    })
}
