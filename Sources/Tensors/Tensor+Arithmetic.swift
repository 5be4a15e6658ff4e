import Numerics

extension Tensor where Element: AdditiveArithmetic {
  /// A tensor of zeros.
  @inlinable
  public init(zeros shape: Shape) { self.init(repeating: .zero, shape: shape) }

  /// The sum of two tensors of equal shape.
  ///
  /// - Throws: ``FiltersmithError`` when the shapes differ.
  @inlinable
  public static func + (left: Tensor, right: Tensor) throws(FiltersmithError) -> Tensor {
    try left.zip(with: right, +)
  }

  /// The difference of two tensors of equal shape.
  ///
  /// - Throws: ``FiltersmithError`` when the shapes differ.
  @inlinable
  public static func - (left: Tensor, right: Tensor) throws(FiltersmithError) -> Tensor {
    try left.zip(with: right, -)
  }

  /// Every element plus a number.
  @inlinable
  public static func + (left: Tensor, right: Element) -> Tensor { left.map { $0 + right } }

  /// Every element minus a number.
  @inlinable
  public static func - (left: Tensor, right: Element) -> Tensor { left.map { $0 - right } }
}

extension Tensor where Element: Numeric {
  /// The product, element by element, of two tensors of equal shape.
  ///
  /// - Throws: ``FiltersmithError`` when the shapes differ.
  @inlinable
  public static func * (left: Tensor, right: Tensor) throws(FiltersmithError) -> Tensor {
    try left.zip(with: right, *)
  }

  /// Every element times a number.
  @inlinable
  public static func * (left: Tensor, right: Element) -> Tensor { left.map { $0 * right } }
}

extension Tensor where Element: AlgebraicField {
  /// The quotient, element by element, of two tensors of equal shape.
  ///
  /// - Throws: ``FiltersmithError`` when the shapes differ.
  @inlinable
  public static func / (left: Tensor, right: Tensor) throws(FiltersmithError) -> Tensor {
    try left.zip(with: right, /)
  }

  /// Every element divided by a number.
  @inlinable
  public static func / (left: Tensor, right: Element) -> Tensor { left.map { $0 / right } }
}

extension Tensor where Element: BinaryFloatingPoint {
  /// The same values in another precision.
  @inlinable
  public init<Source: BinaryFloatingPoint>(_ source: Tensor<Source>) {
    self = source.map { Element($0) }
  }

  /// The same values as floating point.
  @inlinable
  public init<Source: BinaryInteger>(_ source: Tensor<Source>) {
    self = source.map { Element($0) }
  }
}

extension Tensor {
  /// Complex numbers from their real and imaginary parts.
  ///
  /// - Throws: ``FiltersmithError`` when the shapes differ.
  @inlinable
  public init<Scalar: Real & Sendable>(
    real: Tensor<Scalar>, imaginary: Tensor<Scalar>
  ) throws(FiltersmithError) where Element == Complex<Scalar> {
    self = try real.zip(with: imaginary) { Complex($0, $1) }
  }

  /// The real parts.
  @inlinable
  public func realPart<Scalar: Real & Sendable>() -> Tensor<Scalar>
  where Element == Complex<Scalar> {
    map(\.real)
  }

  /// The imaginary parts.
  @inlinable
  public func imaginaryPart<Scalar: Real & Sendable>() -> Tensor<Scalar>
  where Element == Complex<Scalar> {
    map(\.imaginary)
  }

  /// The moduli √(re² + im²).
  @inlinable
  public func magnitude<Scalar: Real & Sendable>() -> Tensor<Scalar>
  where Element == Complex<Scalar> {
    map(\.length)
  }

  /// The arguments in radians, in (−π, π]; 0 where the number is 0.
  @inlinable
  public func phase<Scalar: Real & Sendable>() -> Tensor<Scalar>
  where Element == Complex<Scalar> {
    map { $0 == .zero ? 0 : $0.phase }
  }

  /// The complex conjugates.
  @inlinable
  public func conjugate<Scalar: Real & Sendable>() -> Tensor
  where Element == Complex<Scalar> {
    map(\.conjugate)
  }
}
