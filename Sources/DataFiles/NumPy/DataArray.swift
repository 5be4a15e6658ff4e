import Numerics
import Tensors

/// An array of any element type that a file can hold.
///
/// Switch over it, extract one type with ``tensor(of:)``, or convert with ``asFloat()``,
/// ``asDouble()`` and ``asComplex()``.
public enum DataArray: Sendable, Hashable {
  /// Truth values.
  case bool(Tensor<Bool>)
  /// Signed integers of 8 bits.
  case int8(Tensor<Int8>)
  /// Signed integers of 16 bits.
  case int16(Tensor<Int16>)
  /// Signed integers of 32 bits.
  case int32(Tensor<Int32>)
  /// Signed integers of 64 bits.
  case int64(Tensor<Int64>)
  /// Unsigned integers of 8 bits.
  case uint8(Tensor<UInt8>)
  /// Unsigned integers of 16 bits.
  case uint16(Tensor<UInt16>)
  /// Unsigned integers of 32 bits.
  case uint32(Tensor<UInt32>)
  /// Unsigned integers of 64 bits.
  case uint64(Tensor<UInt64>)
  /// Half-precision floating point.
  case float16(Tensor<Float16>)
  /// Single-precision floating point.
  case float32(Tensor<Float>)
  /// Double-precision floating point.
  case float64(Tensor<Double>)
  /// Single-precision complex numbers.
  case complex64(Tensor<Complex<Float>>)
  /// Double-precision complex numbers.
  case complex128(Tensor<Complex<Double>>)
  /// Texts.
  case text(Tensor<String>)

  /// An array of a tensor's type.
  public init<Element: DataElement>(_ tensor: Tensor<Element>) { self = Element.array(tensor) }

  /// One text: an array of rank 0.
  public init(text: String) { self = .text(Tensor(scalar: text)) }

  /// The tensor, when it has elements of the given type; nothing is converted.
  public func tensor<Element: DataElement>(of type: Element.Type = Element.self) -> Tensor<Element>?
  {
    contents as? Tensor<Element>
  }

  private var contents: any Sendable {
    switch self {
    case .bool(let tensor): tensor
    case .int8(let tensor): tensor
    case .int16(let tensor): tensor
    case .int32(let tensor): tensor
    case .int64(let tensor): tensor
    case .uint8(let tensor): tensor
    case .uint16(let tensor): tensor
    case .uint32(let tensor): tensor
    case .uint64(let tensor): tensor
    case .float16(let tensor): tensor
    case .float32(let tensor): tensor
    case .float64(let tensor): tensor
    case .complex64(let tensor): tensor
    case .complex128(let tensor): tensor
    case .text(let tensor): tensor
    }
  }

  /// The extents, outermost first.
  public var shape: Shape {
    switch self {
    case .bool(let tensor): tensor.shape
    case .int8(let tensor): tensor.shape
    case .int16(let tensor): tensor.shape
    case .int32(let tensor): tensor.shape
    case .int64(let tensor): tensor.shape
    case .uint8(let tensor): tensor.shape
    case .uint16(let tensor): tensor.shape
    case .uint32(let tensor): tensor.shape
    case .uint64(let tensor): tensor.shape
    case .float16(let tensor): tensor.shape
    case .float32(let tensor): tensor.shape
    case .float64(let tensor): tensor.shape
    case .complex64(let tensor): tensor.shape
    case .complex128(let tensor): tensor.shape
    case .text(let tensor): tensor.shape
    }
  }

  /// The type of the elements.
  public var elementType: ElementType {
    switch self {
    case .bool: .bool
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .uint8: .uint8
    case .uint16: .uint16
    case .uint32: .uint32
    case .uint64: .uint64
    case .float16: .float16
    case .float32: .float32
    case .float64: .float64
    case .complex64: .complex64
    case .complex128: .complex128
    case .text: .text
    }
  }

  /// Whether the elements are complex numbers.
  public var isComplex: Bool { elementType == .complex64 || elementType == .complex128 }

  /// Reads the elements' memory in place; text is laid out as in NumPy.
  func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch self {
    case .bool(let tensor): try Self.raw(tensor, body)
    case .int8(let tensor): try Self.raw(tensor, body)
    case .int16(let tensor): try Self.raw(tensor, body)
    case .int32(let tensor): try Self.raw(tensor, body)
    case .int64(let tensor): try Self.raw(tensor, body)
    case .uint8(let tensor): try Self.raw(tensor, body)
    case .uint16(let tensor): try Self.raw(tensor, body)
    case .uint32(let tensor): try Self.raw(tensor, body)
    case .uint64(let tensor): try Self.raw(tensor, body)
    case .float16(let tensor): try Self.raw(tensor, body)
    case .float32(let tensor): try Self.raw(tensor, body)
    case .float64(let tensor): try Self.raw(tensor, body)
    case .complex64(let tensor): try Self.raw(tensor, body)
    case .complex128(let tensor): try Self.raw(tensor, body)
    case .text(let tensor): try Self.raw(FixedWidthText.encoded(tensor), body)
    }
  }

  private static func raw<Element, Result, Failure: Error>(
    _ tensor: Tensor<Element>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try tensor.withUnsafeElements { elements throws(Failure) in
      try body(UnsafeRawBufferPointer(elements))
    }
  }
}

extension DataArray: CustomStringConvertible {
  /// The element type and the shape, such as `float64 [8, 11, 11]`.
  public var description: String { "\(elementType.rawValue) \(shape)" }
}
