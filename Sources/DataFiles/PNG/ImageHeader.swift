import Tensors

/// What the header of a PNG file says about a picture, without its samples.
public struct ImageHeader: Sendable, Hashable {
  /// Pixels per row.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// Bits per sample, or per index of a palette.
  public let bitDepth: Int
  /// What the channels mean; a palette's are red, green and blue, and transparent colours, which
  /// come later, do not count.
  public let colorModel: Image.ColorModel

  /// Reads the first 29 bytes of a file.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when it cannot be read, `format` when it does not
  ///   begin as a PNG file does.
  public init(contentsOf path: String) throws(FiltersmithError) {
    let file = try InputFile(path, expected: "a PNG file")
    let front = try file.bytes(at: 0, count: min(file.count, 29))
    let signature = PNGStructure.signature + [0, 0, 0, 13] + Array("IHDR".utf8)
    guard front.count == 29, front.starts(with: signature) else {
      throw FiltersmithError(
        .format, "\(path) is not a PNG file: it does not begin with the PNG signature and a header")
    }
    func integer(_ offset: Int) -> Int {
      front[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    (width, height, bitDepth) = (integer(16), integer(20), Int(front[24]))
    let models: [UInt8: Image.ColorModel] = [0: .grey, 2: .rgb, 3: .rgb, 4: .greyAlpha, 6: .rgba]
    guard let model = models[front[25]] else {
      throw FiltersmithError(
        .format, "\(path) declares color type \(front[25]); PNG knows 0, 2, 3, 4 and 6")
    }
    colorModel = model
  }
}
