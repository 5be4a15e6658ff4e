import Convolutions
import Numerics
import Tensors

/// The responses of a bank to an image: one per filter, with the filter it belongs to.
public struct Responses<Scalar: ConvolutionScalar>: Sendable, Hashable {
  /// The filters, with their directions and labels.
  public let bank: FilterBank
  /// How the image was continued beyond its edges.
  public let border: Border
  /// The responses' real parts, and imaginary ones of complex filters:
  /// `[filters, 1 or 2, (channels,) (t,) (z,) (y,) x]`.
  public let parts: Tensor<Scalar>

  /// The responses of a bank.
  ///
  /// - Parameter parts: `[filters, 1 or 2, …]`.
  package init(bank: FilterBank, border: Border, parts: Tensor<Scalar>) {
    self.bank = bank
    self.border = border
    self.parts = parts
  }

  /// The number of filters.
  public var count: Int { bank.count }
  /// One unit vector per filter; empty when the filters have no direction.
  public var directions: [[Double]] { bank.directions }
  /// A short name per filter.
  public var labels: [String] { bank.labels }
  /// Whether the responses are complex.
  public var isComplex: Bool { bank.isComplex }
  /// The shape of one filter's response, `[(channels,) (t,) (z,) (y,) x]`.
  public var shape: Shape { Shape(Array(parts.shape.dropFirst(2))) }

  /// The responses of the even filters of a complex bank, or of a real one: `[filters, …]`.
  public var even: Tensor<Scalar> { combined { even, _ in even } }

  /// The responses of the odd filters, `[filters, …]`; `nil` for a real bank.
  public var odd: Tensor<Scalar>? { isComplex ? combined { _, odd in odd } : nil }

  /// The responses as complex numbers, `[filters, …]`; those of a real bank have no imaginary part.
  public var values: Tensor<Complex<Scalar>> { combined { Complex($0, $1) } }

  /// The magnitude of every response, `[filters, …]`: √(even² + odd²), of a real bank |response|.
  public func magnitude() -> Tensor<Scalar> {
    isComplex
      ? combined { ($0 * $0 + $1 * $1).squareRoot() } : combined { even, _ in even.magnitude }
  }

  /// The local phase of every response, `[filters, …]`, in radians from −π to π: 0 on bright lines,
  /// ±π on dark ones, ±π/2 on edges.
  ///
  /// It is the argument of even + i·odd, 0 where both are 0. Of a real bank it is 0 or π, the sign.
  public func phase() -> Tensor<Scalar> {
    combined { even, odd in even == 0 && odd == 0 ? 0 : Scalar.atan2(y: odd, x: even) }
  }

  /// One filter's response.
  ///
  /// - Returns: A tensor of ``shape``.
  public subscript(_ filter: Int) -> Tensor<Complex<Scalar>> {
    precondition(filter >= 0 && filter < count, "response \(filter) of \(count)")
    return combined(filters: filter..<filter + 1, shape: shape) { Complex($0, $1) }
  }

  /// A function of the even and the odd response of all filters, `[filters, …]`.
  private func combined<Result: Sendable>(
    _ function: @Sendable (_ even: Scalar, _ odd: Scalar) -> Result
  ) -> Tensor<Result> {
    combined(filters: 0..<count, shape: Shape([count]) + shape, function)
  }

  private func combined<Result: Sendable>(
    filters: Range<Int>, shape result: Shape,
    _ function: @Sendable (_ even: Scalar, _ odd: Scalar) -> Result
  ) -> Tensor<Result> {
    let size = shape.elementCount
    let stride = parts.shape[1]
    let isComplex = isComplex
    let piece = 1 << 14
    let pieces = (size + piece - 1) / piece
    return Tensor(uninitialized: result) { buffer in
      let target = SharedPointer(buffer)
      parts.withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
        parallelFor(filters.count * pieces) { index in
          let (filter, first) = (index / pieces, index % pieces * piece)
          let even = source.pointer + (filters.lowerBound + filter) * stride * size
          let odd = even + (isComplex ? size : 0)
          let output = target.pointer + filter * size
          for position in first..<min(first + piece, size) {
            let imaginary = isComplex ? odd[position] : 0
            (output + position).initialize(to: function(even[position], imaginary))
          }
        }
      }
    }
  }
}
