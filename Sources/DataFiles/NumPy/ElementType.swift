/// The type of the elements of an array in a file.
public enum ElementType: String, Sendable, Hashable, CaseIterable {
  /// True or false, one byte.
  case bool
  /// Signed integers.
  case int8, int16, int32, int64
  /// Unsigned integers.
  case uint8, uint16, uint32, uint64
  /// IEEE 754 floating point of half, single and double precision.
  case float16, float32, float64
  /// Complex numbers of two such values: real part, imaginary part.
  case complex64, complex128
  /// Text; in files it has a fixed width.
  case text

  /// Bytes per element; 0 for text, whose width varies from file to file.
  public var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64, .complex64: 8
    case .complex128: 16
    case .text: 0
    }
  }

  /// The letter of NumPy's type codes: `f` of `<f8`.
  var letter: Character {
    switch self {
    case .bool: "b"
    case .int8, .int16, .int32, .int64: "i"
    case .uint8, .uint16, .uint32, .uint64: "u"
    case .float16, .float32, .float64: "f"
    case .complex64, .complex128: "c"
    case .text: "U"
    }
  }

  /// The bytes subject to byte order: those of one part of a complex number, of one
  /// character of a text.
  var componentByteCount: Int {
    switch self {
    case .complex64, .complex128: byteCount / 2
    case .text: 4
    default: byteCount
    }
  }
}
