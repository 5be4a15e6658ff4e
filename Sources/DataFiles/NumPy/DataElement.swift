import Numerics
import Tensors

/// A type that the elements of an array in a file can have.
public protocol DataElement: Sendable, Hashable {
  /// A tensor of this type as an array of any type.
  static func array(_ tensor: Tensor<Self>) -> DataArray
}

extension Bool: DataElement {
  /// An array of type `bool`.
  public static func array(_ tensor: Tensor<Bool>) -> DataArray { .bool(tensor) }
}

extension Int8: DataElement {
  /// An array of type `int8`.
  public static func array(_ tensor: Tensor<Int8>) -> DataArray { .int8(tensor) }
}

extension Int16: DataElement {
  /// An array of type `int16`.
  public static func array(_ tensor: Tensor<Int16>) -> DataArray { .int16(tensor) }
}

extension Int32: DataElement {
  /// An array of type `int32`.
  public static func array(_ tensor: Tensor<Int32>) -> DataArray { .int32(tensor) }
}

extension Int64: DataElement {
  /// An array of type `int64`.
  public static func array(_ tensor: Tensor<Int64>) -> DataArray { .int64(tensor) }
}

extension UInt8: DataElement {
  /// An array of type `uint8`.
  public static func array(_ tensor: Tensor<UInt8>) -> DataArray { .uint8(tensor) }
}

extension UInt16: DataElement {
  /// An array of type `uint16`.
  public static func array(_ tensor: Tensor<UInt16>) -> DataArray { .uint16(tensor) }
}

extension UInt32: DataElement {
  /// An array of type `uint32`.
  public static func array(_ tensor: Tensor<UInt32>) -> DataArray { .uint32(tensor) }
}

extension UInt64: DataElement {
  /// An array of type `uint64`.
  public static func array(_ tensor: Tensor<UInt64>) -> DataArray { .uint64(tensor) }
}

extension Float16: DataElement {
  /// An array of type `float16`.
  public static func array(_ tensor: Tensor<Float16>) -> DataArray { .float16(tensor) }
}

extension Float: DataElement {
  /// An array of type `float32`.
  public static func array(_ tensor: Tensor<Float>) -> DataArray { .float32(tensor) }
}

extension Double: DataElement {
  /// An array of type `float64`.
  public static func array(_ tensor: Tensor<Double>) -> DataArray { .float64(tensor) }
}

extension String: DataElement {
  /// An array of type `text`.
  public static func array(_ tensor: Tensor<String>) -> DataArray { .text(tensor) }
}

/// A type that both parts of a complex number in a file can have.
public protocol ComplexDataPart: Real, Sendable {
  /// A tensor of complex numbers of this type as an array of any type.
  static func array(_ tensor: Tensor<Complex<Self>>) -> DataArray
}

extension Float: ComplexDataPart {
  /// An array of type `complex64`.
  public static func array(_ tensor: Tensor<Complex<Float>>) -> DataArray { .complex64(tensor) }
}

extension Double: ComplexDataPart {
  /// An array of type `complex128`.
  public static func array(_ tensor: Tensor<Complex<Double>>) -> DataArray { .complex128(tensor) }
}

extension Complex: DataElement where RealType: ComplexDataPart {
  /// An array of type `complex64` or `complex128`.
  public static func array(_ tensor: Tensor<Complex>) -> DataArray { RealType.array(tensor) }
}
