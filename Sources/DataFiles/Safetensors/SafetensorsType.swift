import Tensors

/// The element types of safetensors files, the widest last, in the reference's order.
enum SafetensorsType: String, Sendable, CaseIterable {
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case float8e5m2 = "F8_E5M2"
  case float8e4m3 = "F8_E4M3"
  case int16 = "I16"
  case uint16 = "U16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case uint32 = "U32"
  case float32 = "F32"
  case complex64 = "C64"
  case float64 = "F64"
  case int64 = "I64"
  case uint64 = "U64"

  /// The type that elements are written as; `nil` for types that the format lacks.
  init?(_ type: ElementType) {
    guard let match = Self.allCases.first(where: { $0.elementType == type }) else { return nil }
    self = match
  }

  /// What elements are read as; `nil` for those of eight bits and for those that are converted.
  var elementType: ElementType? {
    switch self {
    case .bool: .bool
    case .uint8: .uint8
    case .int8: .int8
    case .int16: .int16
    case .uint16: .uint16
    case .float16: .float16
    case .int32: .int32
    case .uint32: .uint32
    case .float32: .float32
    case .complex64: .complex64
    case .float64: .float64
    case .int64: .int64
    case .uint64: .uint64
    case .float8e5m2, .float8e4m3, .bfloat16: nil
    }
  }

  private var byteCount: Int {
    switch self {
    case .bfloat16: 2
    default: elementType?.byteCount ?? 1
    }
  }

  /// The bytes that an array needs; `nil` on overflow.
  func byteCount(of shape: Shape) -> Int? {
    let (bytes, overflow) = byteCount.multipliedReportingOverflow(by: shape.elementCount)
    return overflow ? nil : bytes
  }

  /// The place in the order in which arrays are written: wide ones first, so that all are aligned.
  var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
