/// Which byte of a number comes first in a file.
enum ByteOrder: Sendable, Hashable, CaseIterable {
  /// The least significant byte comes first.
  case little
  /// The most significant byte comes first.
  case big

  /// The order of this machine.
  static var native: ByteOrder { 1.littleEndian == 1 ? .little : .big }

  /// Reverses the bytes of every number of `width` bytes, in place.
  static func reverse(_ bytes: UnsafeMutableRawBufferPointer, width: Int) {
    switch width {
    case 2: reverse(bytes, as: UInt16.self)
    case 4: reverse(bytes, as: UInt32.self)
    case 8: reverse(bytes, as: UInt64.self)
    default: break
    }
  }

  @inline(__always)
  private static func reverse<Word: FixedWidthInteger>(
    _ bytes: UnsafeMutableRawBufferPointer, as: Word.Type
  ) {
    let size = MemoryLayout<Word>.size
    for offset in Swift.stride(from: 0, to: bytes.count / size * size, by: size) {
      let word = bytes.loadUnaligned(fromByteOffset: offset, as: Word.self)
      bytes.storeBytes(of: word.byteSwapped, toByteOffset: offset, as: Word.self)
    }
  }
}

extension FixedWidthInteger {
  /// The number that bytes in the given order, read into this one's memory, stand for.
  func fromFile(_ order: ByteOrder) -> Self {
    order == .little ? Self(littleEndian: self) : Self(bigEndian: self)
  }

  /// The bytes of the number in the given order.
  func bytes(_ order: ByteOrder) -> [UInt8] {
    withUnsafeBytes(of: order == .little ? littleEndian : bigEndian) { Array($0) }
  }
}
