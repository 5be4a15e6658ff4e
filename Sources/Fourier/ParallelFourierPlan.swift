import Numerics
import Tensors

/// A transform of one dense array, computed in pieces that the pool's threads share.
///
/// Large arrays of two or more axes are transformed in two passes: every slab over its inner axes,
/// then columns of a few neighbours over the outer axes. The pieces depend on the shape alone, so
/// the bits of the result do not depend on the number of threads. Small or one-dimensional arrays
/// use a single FFTW plan.
public struct ParallelFourierPlan<Scalar: FourierScalar>: Sendable {
  /// For arrays with fewer elements, waking other threads does not pay.
  public static var smallestSplit: Int { 1 << 15 }

  /// The shape of the array; for a half spectrum, of the real one.
  public let shape: Shape
  /// Real or complex, and in which direction.
  public let kind: FourierTransform.Kind

  private enum Layout {
    case whole(SharedFourierPlan<Scalar>)
    case split(slabs: Slabs, columns: Columns)
  }

  /// The inner axes: one transform per position along the outer axes.
  private struct Slabs {
    let plan: SharedFourierPlan<Scalar>
    let count: Int
    let inputBytes: Int
    let outputBytes: Int
  }

  /// The outer axes, in place on the complex side: blocks of neighbouring columns.
  private struct Columns {
    let plan: SharedFourierPlan<Scalar>
    let remainderPlan: SharedFourierPlan<Scalar>?
    let width: Int
    let blocks: Int
  }

  private let layout: Layout

  /// Plans a transform of one dense row-major array.
  ///
  /// - Parameters:
  ///   - kind: Real or complex, and in which direction.
  ///   - shape: The shape of the array; for a half spectrum, of the real one.
  ///   - inPlace: Whether input and output share memory; real rows are then padded to 2(N/2 + 1).
  ///   - aligned: Whether both addresses are promised to be multiples of 16 bytes.
  /// - Throws: ``FiltersmithError`` for an empty shape.
  public init(
    _ kind: FourierTransform.Kind, shape: Shape, inPlace: Bool = false, aligned: Bool = true
  ) throws(FiltersmithError) {
    self.kind = kind
    self.shape = shape
    let mayDestroy = kind == .complexToReal
    guard shape.rank > 1, shape.elementCount >= Self.smallestSplit else {
      layout = .whole(
        try FourierPlan<Scalar>.shared(
          for: FourierTransform(
            kind, shape: shape, inPlace: inPlace, aligned: aligned, mayDestroyInput: mayDestroy)))
      return
    }
    // As few outer axes as give every thread of a large machine a share.
    var outerRank = 1
    while outerRank < shape.rank - 1, shape[..<outerRank].reduce(1, *) < 32 { outerRank += 1 }
    let outer = Shape(Array(shape[..<outerRank]))
    let inner = Shape(Array(shape[outerRank...]))
    let input = FourierTransform.storedShape(kind, shape: inner, inPlace: inPlace, ofOutput: false)
    let output = FourierTransform.storedShape(kind, shape: inner, inPlace: inPlace, ofOutput: true)
    let scalarBytes = MemoryLayout<Scalar>.stride
    let inputBytes =
      input.elementCount * scalarBytes * (kind == .realToComplex ? 1 : 2)
    let outputBytes =
      output.elementCount * scalarBytes * (kind == .complexToReal ? 1 : 2)
    let slabsAligned =
      aligned && inputBytes % FourierAlignment.bytes == 0
      && outputBytes % FourierAlignment.bytes == 0
    let slabs = Slabs(
      plan: try FourierPlan<Scalar>.shared(
        for: FourierTransform(
          kind, shape: inner, inPlace: inPlace, aligned: slabsAligned, mayDestroyInput: mayDestroy)),
      count: outer.elementCount, inputBytes: inputBytes, outputBytes: outputBytes)

    let columns = kind == .complexToReal ? input.elementCount : output.elementCount
    // A block of columns that stays in the second-level cache; even, which keeps Float's alignment.
    let width = min(max((1 << 14) / outer.elementCount, 4) & ~1, 64)
    let direction: FourierTransform.Kind =
      kind == .inverse || kind == .complexToReal ? .inverse : .forward
    func plan(width: Int) throws(FiltersmithError) -> SharedFourierPlan<Scalar> {
      let axes = zip(outer, outer.strides).map {
        FourierTransform.Axis(
          count: $0, inputStride: $1 * columns, outputStride: $1 * columns)
      }
      return try FourierPlan<Scalar>.shared(
        for: FourierTransform(
          direction, axes: axes,
          batches: [.init(count: width, inputStride: 1, outputStride: 1)], inPlace: true,
          aligned: aligned))
    }
    let remainder = columns % width
    layout = .split(
      slabs: slabs,
      columns: Columns(
        plan: try plan(width: min(width, columns)),
        remainderPlan: remainder == 0 || columns < width ? nil : try plan(width: remainder),
        width: width, blocks: (columns + width - 1) / width))
  }

  /// Runs the transform; the input of a complex-to-real transform is overwritten.
  public func execute(input: UnsafeMutableRawPointer, output: UnsafeMutableRawPointer) {
    switch layout {
    case .whole(let plan):
      plan.execute(input: input, output: output)
    case .split(let slabs, let columns):
      if kind == .complexToReal { run(columns, on: input) }
      let sharedInput = SharedPointer(input.assumingMemoryBound(to: UInt8.self))
      let sharedOutput = SharedPointer(output.assumingMemoryBound(to: UInt8.self))
      parallelFor(slabs.count) { slab in
        slabs.plan.execute(
          input: sharedInput.pointer + slab * slabs.inputBytes,
          output: sharedOutput.pointer + slab * slabs.outputBytes)
      }
      if kind != .complexToReal { run(columns, on: output) }
    }
  }

  private func run(_ columns: Columns, on array: UnsafeMutableRawPointer) {
    let shared = SharedPointer(array.assumingMemoryBound(to: UInt8.self))
    let blockBytes = columns.width * MemoryLayout<Complex<Scalar>>.stride
    parallelFor(columns.blocks) { block in
      let start = UnsafeMutableRawPointer(shared.pointer + block * blockBytes)
      if block == columns.blocks - 1, let remainder = columns.remainderPlan {
        remainder.execute(input: start, output: start)
      } else {
        columns.plan.execute(input: start, output: start)
      }
    }
  }
}
