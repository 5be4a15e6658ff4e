import Numerics
import Tensors

/// An FFTW plan, owned: the algorithm FFTW chose for one ``FourierTransform``.
///
/// Executing is safe from many threads at once as long as their outputs differ. Most code uses
/// ``shared(for:)``, which keeps one plan per transform for the whole process.
public struct FourierPlan<Scalar: FourierScalar>: ~Copyable, Sendable {
  /// What the plan computes.
  public let transform: FourierTransform
  // FFTW documents that plans are not changed by execution: sharing the handle is safe.
  private nonisolated(unsafe) let handle: OpaquePointer

  /// Plans a transform.
  ///
  /// - Throws: ``FiltersmithError`` for an empty or impossible transform.
  public init(_ transform: FourierTransform) throws(FiltersmithError) {
    // Made first: a noncopyable value cannot be left half initialised by a throw.
    let handle = try Self.makeHandle(transform)
    self.transform = transform
    self.handle = handle
  }

  deinit {
    let handle = handle
    plannerLock.withLock { _ in Scalar.fourierLibrary.destroyPlan(handle) }
  }

  /// The process's plan for a transform, made on first use.
  ///
  /// - Throws: ``FiltersmithError`` for an empty or impossible transform.
  public static func shared(
    for transform: FourierTransform
  ) throws(FiltersmithError) -> SharedFourierPlan<Scalar> {
    try Scalar.fourierLibrary.cache.plan(for: transform)
  }

  /// Runs the transform on memory laid out as ``transform`` says.
  ///
  /// The input of a ``FourierTransform/Kind/complexToReal`` transform is overwritten, any other only
  /// where the transform says so.
  public borrowing func execute(
    input: UnsafeMutableRawPointer, output: UnsafeMutableRawPointer
  ) {
    precondition(
      (input == output) == transform.inPlace,
      "a plan made for \(transform.inPlace ? "one array" : "two arrays") ran on another layout")
    precondition(
      !transform.aligned || FourierAlignment.holds(input, output),
      "a plan for memory aligned to \(FourierAlignment.bytes) bytes ran on unaligned memory")
    Scalar.fourierLibrary.execute(handle, transform.kind, input, output)
  }

  private static func makeHandle(
    _ transform: FourierTransform
  ) throws(FiltersmithError) -> OpaquePointer {
    try transform.validate()
    let library = Scalar.fourierLibrary
    func failure() -> FiltersmithError {
      FiltersmithError(.numerical, "FFTW has no algorithm for the transform \(transform)")
    }
    if transform.rigor == .estimate {
      // An estimate never touches the arrays, so any two different addresses serve.
      guard
        let input = UnsafeMutableRawPointer(bitPattern: 1 << 20),
        let other = UnsafeMutableRawPointer(bitPattern: 1 << 44)
      else { throw failure() }
      let output = transform.inPlace ? input : other
      let handle = plannerLock.withLock { _ in
        HandleBox(handle: library.makePlan(transform, input, output))
      }.handle
      guard let handle else { throw failure() }
      return handle
    }
    let input = try AlignedBuffer<UInt8>(count: transform.extent(ofOutput: false, Scalar.self))
    let output = try AlignedBuffer<UInt8>(
      count: transform.inPlace ? 1 : transform.extent(ofOutput: true, Scalar.self))
    let target = transform.inPlace ? input.rawPointer : output.rawPointer
    let handle = plannerLock.withLock { _ in
      HandleBox(handle: library.makePlan(transform, input.rawPointer, target))
    }.handle
    guard let handle else { throw failure() }
    return handle
  }
}

/// Carries a handle out of the lock under which it was made.
private struct HandleBox: Sendable {
  nonisolated(unsafe) let handle: OpaquePointer?
}

extension FourierPlan {
  /// Runs a complex transform.
  public borrowing func execute(
    _ input: UnsafeMutablePointer<Complex<Scalar>>, _ output: UnsafeMutablePointer<Complex<Scalar>>
  ) {
    precondition(transform.kind == .forward || transform.kind == .inverse)
    execute(input: UnsafeMutableRawPointer(input), output: UnsafeMutableRawPointer(output))
  }

  /// Runs a transform from real numbers to their half spectrum.
  public borrowing func execute(
    _ input: UnsafeMutablePointer<Scalar>, _ output: UnsafeMutablePointer<Complex<Scalar>>
  ) {
    precondition(transform.kind == .realToComplex)
    execute(input: UnsafeMutableRawPointer(input), output: UnsafeMutableRawPointer(output))
  }

  /// Runs a transform from a half spectrum, which is overwritten, to real numbers.
  public borrowing func execute(
    _ input: UnsafeMutablePointer<Complex<Scalar>>, _ output: UnsafeMutablePointer<Scalar>
  ) {
    precondition(transform.kind == .complexToReal)
    execute(input: UnsafeMutableRawPointer(input), output: UnsafeMutableRawPointer(output))
  }
}

/// The alignment FFTW's SIMD code needs.
public enum FourierAlignment {
  /// The alignment in bytes.
  public static let bytes = 16

  /// Whether two addresses have this alignment, as the elements of a `Tensor` do.
  public static func holds(_ first: UnsafeRawPointer, _ second: UnsafeRawPointer) -> Bool {
    (Int(bitPattern: first) | Int(bitPattern: second)) % bytes == 0
  }
}

extension FourierTransform {
  /// How many bytes from the first to past the last element.
  func extent<Scalar: FourierScalar>(ofOutput: Bool, _ scalar: Scalar.Type) -> Int {
    var last = 0
    for (position, axis) in (batches + axes).enumerated() {
      let isLast = position == batches.count + axes.count - 1
      let isHalf = kind == .realToComplex && ofOutput || kind == .complexToReal && !ofOutput
      let count = isLast && isHalf ? axis.count / 2 + 1 : axis.count
      last += (count - 1) * abs(ofOutput ? axis.outputStride : axis.inputStride)
    }
    let isReal = ofOutput ? kind == .complexToReal : kind == .realToComplex
    // In place, the complex side is the larger one whatever the strides of the real side.
    let elements = last + 1 + (inPlace && isReal ? 2 : 0)
    return elements * MemoryLayout<Scalar>.stride * (isReal && !inPlace ? 1 : 2)
  }
}
