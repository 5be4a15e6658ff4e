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
    let rows: Tensor<UInt8>
    switch storage {
    case .bytes(let bytes):
      let factor = UInt8(255 / maximum)
      rows = widens ? bytes.map { $0 * factor } : bytes
    case .words(let words):
      rows = Tensor(uninitialized: [2 * words.count]) { target in
        words.withUnsafeElements { source in
          let target = UnsafeMutableRawBufferPointer(target)
          for (index, sample) in source.enumerated() {
            target.storeBytes(of: sample.bigEndian, toByteOffset: 2 * index, as: UInt16.self)
          }
        }
      }
    }
    let rowBytes = rows.count / height
    let colorType: Int32 = (colorModel.channelCount >= 3 ? 2 : 0) + (colorModel.hasAlpha ? 4 : 0)
    guard let width = UInt32(exactly: width), let height = UInt32(exactly: height) else {
      throw FiltersmithError(
        .argument, "a PNG file holds at most 2147483647 rows and columns; given \(shape)")
    }
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    try rows.withUnsafeElements { rows throws(FiltersmithError) in
      try Self.callingLibrary("cannot make a PNG file of an image of shape \(shape)") {
        cpng_write(
          width, height, Int32(depth), colorType, rows.baseAddress, rowBytes, &bytes, &count, $0)
      }
    }
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }
}
