/// The types of voxels that NIfTI files can have and that are read and written here.
///
/// The standard's other types are single bits and floating point of 128 bits, which no two machines
/// agree on.
public enum NIfTIType: Int, Sendable, Hashable, CaseIterable {
  /// Unsigned whole numbers of 8 bits.
  case uint8 = 2
  /// Signed whole numbers of 16 bits.
  case int16 = 4
  /// Signed whole numbers of 32 bits.
  case int32 = 8
  /// Floating point of single precision.
  case float32 = 16
  /// Complex numbers of single precision.
  case complex64 = 32
  /// Floating point of double precision.
  case float64 = 64
  /// Red, green and blue of 8 bits each: a trailing axis of 3 samples.
  case rgb24 = 128
  /// Signed whole numbers of 8 bits.
  case int8 = 256
  /// Unsigned whole numbers of 16 bits.
  case uint16 = 512
  /// Unsigned whole numbers of 32 bits.
  case uint32 = 768
  /// Signed whole numbers of 64 bits.
  case int64 = 1024
  /// Unsigned whole numbers of 64 bits.
  case uint64 = 1280
  /// Complex numbers of double precision.
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
