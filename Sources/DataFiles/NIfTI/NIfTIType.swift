/// The voxel types of NIfTI files that the library reads and writes.
///
/// The standard's other types are single bits and 128-bit floating point, which no two machines
/// agree on.
public enum NIfTIType: Int, Sendable, Hashable, CaseIterable {
  /// Unsigned integers of 8 bits.
  case uint8 = 2
  /// Signed integers of 16 bits.
  case int16 = 4
  /// Signed integers of 32 bits.
  case int32 = 8
  /// Single-precision floating point.
  case float32 = 16
  /// Single-precision complex numbers.
  case complex64 = 32
  /// Double-precision floating point.
  case float64 = 64
  /// Red, green and blue of 8 bits each: a trailing axis of 3 samples.
  case rgb24 = 128
  /// Signed integers of 8 bits.
  case int8 = 256
  /// Unsigned integers of 16 bits.
  case uint16 = 512
  /// Unsigned integers of 32 bits.
  case uint32 = 768
  /// Signed integers of 64 bits.
  case int64 = 1024
  /// Unsigned integers of 64 bits.
  case uint64 = 1280
  /// Double-precision complex numbers.
  case complex128 = 1792
  /// Red, green, blue and alpha of 8 bits each: a trailing axis of 4 samples.
  case rgba32 = 2304

  /// The type of the array's elements.
  public var elementType: ElementType {
    switch self {
    case .uint8, .rgb24, .rgba32: .uint8
    case .int16: .int16
    case .int32: .int32
    case .float32: .float32
    case .complex64: .complex64
    case .float64: .float64
    case .int8: .int8
    case .uint16: .uint16
    case .uint32: .uint32
    case .int64: .int64
    case .uint64: .uint64
    case .complex128: .complex128
    }
  }

  /// Samples per voxel: 3 and 4 for colours, whose samples are the array's last axis.
  public var channelCount: Int { self == .rgb24 ? 3 : self == .rgba32 ? 4 : 1 }

  /// Bits per voxel.
  var bitCount: Int { 8 * elementType.byteCount * channelCount }

  /// The type for elements of an array; `nil` when NIfTI has none.
  init?(_ elementType: ElementType, channelCount: Int = 1) {
    let match = Self.allCases.first {
      $0.elementType == elementType && $0.channelCount == channelCount
    }
    guard let match else { return nil }
    self = match
  }
}
