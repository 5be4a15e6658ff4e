import CPNG
import Foundation
import Tensors

extension Image {
  /// Writes a PNG file; it appears whole or not at all.
  ///
  /// Reading it gives the same samples, with one exception: PNG has no grey with alpha of less than
  /// 8 bits, so such samples are scaled to 8 bits (by the whole numbers 255, 85 and 17).
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when the system refuses; nothing is left then.
  public func write(to path: String) throws(FiltersmithError) {
    try AtomicFile.write(try pngBytes(), to: path)
  }

  /// The bytes of a PNG file; see ``write(to:)``.
  ///
  /// - Throws: ``FiltersmithError`` when libpng refuses, for example for lack of memory.
  public func pngBytes() throws(FiltersmithError) -> [UInt8] {
    let widens = colorModel == .greyAlpha && bitDepth < 8
    let depth = widens ? 8 : bitDepth
    let factor = widens ? UInt16(255 / maximum) : 1
    let isWide = depth == 16
    let rowBytes = width * colorModel.channelCount * (isWide ? 2 : 1)
    let rows = Tensor<UInt8>(uninitialized: [height * rowBytes]) { target in
      samples.withUnsafeElements { source in
        if isWide {
          let target = UnsafeMutableRawBufferPointer(target)
          for (index, sample) in source.enumerated() {
            target.storeBytes(of: sample.bigEndian, toByteOffset: 2 * index, as: UInt16.self)
          }
        } else {
          for (index, sample) in source.enumerated() {
            target.initializeElement(at: index, to: UInt8(truncatingIfNeeded: sample * factor))
          }
        }
      }
    }
    let colorType: Int32 = (colorModel.channelCount >= 3 ? 2 : 0) + (colorModel.hasAlpha ? 4 : 0)
    guard let width = UInt32(exactly: width), let height = UInt32(exactly: height) else {
      throw FiltersmithError(
        .argument, "a PNG file holds at most 2147483647 rows and columns; given \(samples.shape)")
    }
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    try rows.withUnsafeElements { rows throws(FiltersmithError) in
      try Self.callingLibrary("cannot make a PNG file of an image of shape \(samples.shape)") {
        cpng_write(
          width, height, Int32(depth), colorType, rows.baseAddress, rowBytes, &bytes, &count, $0)
      }
    }
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }
}
