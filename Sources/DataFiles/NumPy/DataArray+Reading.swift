import Numerics
import Tensors

extension DataArray {
  /// An array of numbers that `fill` writes, in this machine's byte order.
  ///
  /// Truth values are bytes that are not 0.
  ///
  /// - Throws: What `fill` throws; ``FiltersmithError`` of kind `format` for text, which has no
  ///   fixed width.
  init(
    filling shape: Shape, of type: ElementType,
    _ fill: (UnsafeMutableRawBufferPointer) throws(FiltersmithError) -> Void
  ) throws(FiltersmithError) {
    func tensor<Element: Sendable>(
      _ type: Element.Type = Element.self
    ) throws(FiltersmithError) -> Tensor<Element> {
      try Tensor(uninitialized: shape) { buffer throws(FiltersmithError) in
        try fill(UnsafeMutableRawBufferPointer(buffer))
      }
    }
    self =
      switch type {
      case .bool: .bool(try tensor(UInt8.self).map { $0 != 0 })
      case .int8: .int8(try tensor())
      case .int16: .int16(try tensor())
      case .int32: .int32(try tensor())
      case .int64: .int64(try tensor())
      case .uint8: .uint8(try tensor())
      case .uint16: .uint16(try tensor())
      case .uint32: .uint32(try tensor())
      case .uint64: .uint64(try tensor())
      case .float16: .float16(try tensor())
      case .float32: .float32(try tensor())
      case .float64: .float64(try tensor())
      case .complex64: .complex64(try tensor())
      case .complex128: .complex128(try tensor())
      case .text: throw FiltersmithError(.format, "text has no fixed width to be read by")
      }
  }

  /// The next elements of a file, in row-major order.
  ///
  /// - Throws: ``FiltersmithError`` of kind `format` when fewer bytes are left than the shape needs,
  ///   `limit` when memory cannot hold them; nothing is allocated before.
  init(
    reading reader: inout ByteReader, _ type: ElementType, _ shape: Shape, _ order: ByteOrder
  ) throws(FiltersmithError) {
    let needed = try MemoryLimit.product(type.byteCount, shape.elementCount, for: reader.name)
    guard needed <= reader.remaining else {
      throw FiltersmithError(
        .format,
        "\(reader.name) declares \(type.rawValue) \(shape), \(needed) bytes from byte "
          + "\(reader.position) on; \(reader.isCountExact ? "" : "at most ")\(reader.remaining) "
          + "are there")
    }
    try MemoryLimit.check(needed, for: reader.name)
    try self.init(filling: shape, of: type) { buffer throws(FiltersmithError) in
      try reader.read(into: buffer, "the elements")
      if order != .native { ByteOrder.reverse(buffer, width: type.componentByteCount) }
    }
  }

  /// The elements' memory in a byte order.
  func bytes(_ order: ByteOrder) -> [UInt8] {
    var bytes = withUnsafeBytes { Array($0) }
    if order != .native {
      let width = elementType.componentByteCount
      bytes.withUnsafeMutableBytes { ByteOrder.reverse($0, width: width) }
    }
    return bytes
  }
}
