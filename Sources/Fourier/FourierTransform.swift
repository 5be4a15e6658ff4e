import Tensors

/// How much work FFTW spends on finding a fast algorithm.
public enum PlanningRigor: Sendable, Hashable, CaseIterable {
  /// Choose by heuristics: quick, and the same algorithm, hence the same bits, on every run.
  case estimate
  /// Time several algorithms and keep the fastest; results may differ in the last bits between runs.
  case measure
  /// Time many algorithms.
  case patient
}

/// A discrete Fourier transform over some axes of an array, or of many arrays at once: what to compute.
///
/// Forward transforms compute F(u) = Σ f(x) exp(−i u·x), inverse ones f(x) = Σ F(u) exp(+i u·x);
/// neither divides by the number of elements. Real data have a half spectrum: its last axis holds
/// only the N/2 + 1 frequencies from 0 upwards, the rest follow from F(−u) = conj F(u).
public struct FourierTransform: Sendable, Hashable {
  /// Real or complex, and in which direction.
  public enum Kind: Sendable, Hashable, CaseIterable {
    /// Complex to complex with exp(−i u·x).
    case forward
    /// Complex to complex with exp(+i u·x).
    case inverse
    /// Real to half spectrum with exp(−i u·x).
    case realToComplex
    /// Half spectrum to real with exp(+i u·x). Overwrites its input.
    case complexToReal
  }

  /// How the elements along one axis are laid out in memory.
  public struct Axis: Sendable, Hashable {
    /// The number of elements in the full domain: for a half spectrum, of the real array.
    public var count: Int
    /// The distance between neighbours in the input, in elements of the input's type.
    public var inputStride: Int
    /// The distance between neighbours in the output, in elements of the output's type.
    public var outputStride: Int

    /// An axis, or a repetition, with its strides in elements.
    public init(count: Int, inputStride: Int, outputStride: Int) {
      self.count = count
      self.inputStride = inputStride
      self.outputStride = outputStride
    }
  }

  /// Real or complex, and in which direction.
  public var kind: Kind
  /// The transformed axes, outermost first.
  public var axes: [Axis]
  /// The axes along which the transform is repeated; empty for a single one.
  public var batches: [Axis]
  /// Whether input and output start at the same address.
  public var inPlace: Bool
  /// Whether both addresses are promised to be multiples of 16 bytes, which lets FFTW use SIMD.
  public var aligned: Bool
  /// Whether the input may be overwritten even when the result goes elsewhere.
  public var mayDestroyInput: Bool
  /// How much work to spend on finding a fast algorithm.
  public var rigor: PlanningRigor

  /// A transform of elements with arbitrary strides.
  public init(
    _ kind: Kind, axes: [Axis], batches: [Axis] = [], inPlace: Bool = false, aligned: Bool = false,
    mayDestroyInput: Bool = false, rigor: PlanningRigor = .estimate
  ) {
    self.kind = kind
    self.axes = axes
    self.batches = batches
    self.inPlace = inPlace
    self.aligned = aligned
    self.mayDestroyInput = mayDestroyInput
    self.rigor = rigor
  }

  /// A transform of `howMany` dense row-major arrays stored one after the other.
  ///
  /// The real rows of an in-place transform between real and complex are padded to 2(N/2 + 1)
  /// values along the last axis, as FFTW expects.
  ///
  /// - Parameters:
  ///   - kind: Real or complex, and in which direction.
  ///   - shape: The shape of the array; for a half spectrum, of the real one.
  ///   - howMany: The number of arrays.
  ///   - inputDistance: Elements from one input array to the next; dense unless given.
  ///   - outputDistance: Elements from one output array to the next; dense unless given.
  public init(
    _ kind: Kind, shape: Shape, howMany: Int = 1, inputDistance: Int? = nil,
    outputDistance: Int? = nil, inPlace: Bool = false, aligned: Bool = false,
    mayDestroyInput: Bool = false, rigor: PlanningRigor = .estimate
  ) {
    let input = Self.storedShape(kind, shape: shape, inPlace: inPlace, ofOutput: false)
    let output = Self.storedShape(kind, shape: shape, inPlace: inPlace, ofOutput: true)
    let (inputStrides, outputStrides) = (input.strides, output.strides)
    let axes = shape.indices.map {
      Axis(count: shape[$0], inputStride: inputStrides[$0], outputStride: outputStrides[$0])
    }
    let batch = Axis(
      count: howMany, inputStride: inputDistance ?? input.elementCount,
      outputStride: outputDistance ?? output.elementCount)
    self.init(
      kind, axes: axes, batches: howMany == 1 ? [] : [batch], inPlace: inPlace, aligned: aligned,
      mayDestroyInput: mayDestroyInput, rigor: rigor)
  }

  /// The shape of the half spectrum of a real array: its last extent N becomes N/2 + 1.
  public static func halfSpectrum(of shape: Shape) -> Shape {
    guard let last = shape.last else { return shape }
    return shape.replacing(axis: shape.rank - 1, with: last / 2 + 1)
  }

  /// The shape in which dense arrays are stored, padding of in-place real rows included.
  static func storedShape(_ kind: Kind, shape: Shape, inPlace: Bool, ofOutput: Bool) -> Shape {
    let isReal = ofOutput ? kind == .complexToReal : kind == .realToComplex
    guard kind == .realToComplex || kind == .complexToReal, let last = shape.last else {
      return shape
    }
    let half = halfSpectrum(of: shape)
    if !isReal { return half }
    return inPlace ? shape.replacing(axis: shape.rank - 1, with: 2 * (last / 2 + 1)) : shape
  }

  /// The number of elements of one array in the full domain: what an inverse transform divides by.
  public var elementCount: Int { axes.reduce(1) { $0 * $1.count } }

  /// Checks for what FFTW would reject with a null plan.
  func validate() throws(FiltersmithError) {
    guard !axes.isEmpty else {
      throw FiltersmithError(.shape, "a Fourier transform needs at least one axis; none was given")
    }
    for axis in axes + batches where axis.count < 1 {
      throw FiltersmithError(
        .shape, "a Fourier transform over \(axis.count) elements; every extent must be at least 1")
    }
    if kind == .complexToReal, inPlace == false, mayDestroyInput == false, axes.count > 1 {
      throw FiltersmithError(
        .argument,
        "a complex-to-real transform over \(axes.count) axes overwrites its input; allow it with mayDestroyInput"
      )
    }
  }
}
