import Fourier
import Numerics
import Tensors

/// Multiplies by a multilevel Hermitian Toeplitz matrix, with entries T(x−y) for taps x and y.
///
/// The matrix is a corner of a circulant one, which Fourier transforms diagonalise.
struct ToeplitzProduct: Sendable {
  private let forward: ParallelFourierPlan<Double>
  private let inverse: ParallelFourierPlan<Double>
  /// The circulant's eigenvalues, divided by their number.
  private let eigenvalues: Tensor<Double>
  /// The position of each tap in the circulant's array.
  private let places: [Int]

  /// The extents of the circulant matrix.
  static func embedding(_ support: Shape) -> Shape {
    Shape(support.map { FourierSize.good(atLeast: 2 * $0 - 1) })
  }

  /// The matrix with entries T(d), found in `lags` at d modulo its extents.
  init(support: Shape, lags: Tensor<Complex<Double>>) throws(FiltersmithError) {
    let shape = Self.embedding(support)
    forward = try ParallelFourierPlan(.forward, shape: shape, inPlace: true)
    inverse = try ParallelFourierPlan(.inverse, shape: shape, inPlace: true)
    var circulant = Tensor<Complex<Double>>(zeros: shape)
    Shape(support.map { 2 * $0 - 1 }).forEachIndex { index in
      let distance = zip(index, support).map { $0 - ($1 - 1) }
      func wrapped(_ shape: Shape) -> [Int] { zip(distance, shape).map { ($0 % $1 + $1) % $1 } }
      circulant[wrapped(shape)] = lags[wrapped(lags.shape)]
    }
    // T(−d) = conj T(d) makes the eigenvalues real.
    let scale = 1 / Double(shape.elementCount)
    eigenvalues = try circulant.fourierTransform().map { $0.real * scale }
    var places: [Int] = []
    places.reserveCapacity(support.elementCount)
    support.forEachIndex { places.append(shape.offset(of: $0)) }
    self.places = places
  }

  /// The number of elements of the scratch memory for ``apply(to:into:_:)``.
  var elementCount: Int { eigenvalues.count }

  /// product = T vector.
  func apply(
    to vector: [Complex<Double>], into product: inout [Complex<Double>],
    _ scratch: borrowing AlignedBuffer<Complex<Double>>
  ) {
    scratch.elements.update(repeating: .zero)
    for (tap, place) in places.enumerated() { scratch[place] = vector[tap] }
    forward.execute(input: scratch.rawPointer, output: scratch.rawPointer)
    let spectrum = SharedPointer(scratch.pointer)
    let count = scratch.count
    eigenvalues.withUnsafeElements { eigenvalues in
      let eigenvalues = ReadOnlyPointer(eigenvalues)
      let piece = 1 << 14
      parallelFor((count + piece - 1) / piece) { index in
        for position in index * piece..<min((index + 1) * piece, count) {
          let (value, factor) = (spectrum[position], eigenvalues[position])
          spectrum[position] = Complex(value.real * factor, value.imaginary * factor)
        }
      }
    }
    inverse.execute(input: scratch.rawPointer, output: scratch.rawPointer)
    for (tap, place) in places.enumerated() { product[tap] = scratch[place] }
  }
}
