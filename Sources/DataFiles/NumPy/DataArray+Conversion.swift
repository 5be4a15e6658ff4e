import Numerics
import Tensors

extension DataArray {
  /// The numbers in double precision; truth values become 0 and 1.
  ///
  /// Integers beyond ±2^53 are rounded to the nearest representable value.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` for complex numbers and text.
  public func asDouble() throws(FiltersmithError) -> Tensor<Double> {
    switch self {
    case .bool(let tensor): tensor.map { $0 ? 1 : 0 }
    case .int8(let tensor): tensor.map { Double($0) }
    case .int16(let tensor): tensor.map { Double($0) }
    case .int32(let tensor): tensor.map { Double($0) }
    case .int64(let tensor): tensor.map { Double($0) }
    case .uint8(let tensor): tensor.map { Double($0) }
    case .uint16(let tensor): tensor.map { Double($0) }
    case .uint32(let tensor): tensor.map { Double($0) }
    case .uint64(let tensor): tensor.map { Double($0) }
    case .float16(let tensor): tensor.map { Double($0) }
    case .float32(let tensor): tensor.map { Double($0) }
    case .float64(let tensor): tensor
    case .complex64, .complex128, .text: throw refusal(to: "real numbers")
    }
  }

  /// The numbers in single precision; truth values become 0 and 1.
  ///
  /// Numbers that single precision cannot hold are rounded to the nearest; those too large
  /// become infinite.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` for complex numbers and text.
  public func asFloat() throws(FiltersmithError) -> Tensor<Float> {
    switch self {
    case .bool(let tensor): tensor.map { $0 ? 1 : 0 }
    case .int8(let tensor): tensor.map { Float($0) }
    case .int16(let tensor): tensor.map { Float($0) }
    case .int32(let tensor): tensor.map { Float($0) }
    case .int64(let tensor): tensor.map { Float($0) }
    case .uint8(let tensor): tensor.map { Float($0) }
    case .uint16(let tensor): tensor.map { Float($0) }
    case .uint32(let tensor): tensor.map { Float($0) }
    case .uint64(let tensor): tensor.map { Float($0) }
    case .float16(let tensor): tensor.map { Float($0) }
    case .float32(let tensor): tensor
    case .float64(let tensor): tensor.map { Float($0) }
    case .complex64, .complex128, .text: throw refusal(to: "real numbers")
    }
  }

  /// The numbers as complex ones in double precision; real numbers get an imaginary part of 0.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` for text.
  public func asComplex() throws(FiltersmithError) -> Tensor<Complex<Double>> {
    switch self {
    case .complex128(let tensor): tensor
    case .complex64(let tensor):
      tensor.map { Complex(Double($0.real), Double($0.imaginary)) }
    case .text: throw refusal(to: "numbers")
    default: try asDouble().map { Complex($0, 0) }
    }
  }

  /// The text of an array that holds a single one.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` for numbers and for several texts.
  public func asText() throws(FiltersmithError) -> String {
    guard case .text(let tensor) = self, tensor.count == 1 else { throw refusal(to: "one text") }
    return tensor.elements[0]
  }

  private func refusal(to wanted: String) -> FiltersmithError {
    FiltersmithError(.format, "an array of \(self) cannot be read as \(wanted)")
  }
}
