import CPNG
import Tensors

extension Image {
  /// Reads a PNG file of any colour type, depth and interlacing.
  ///
  /// A palette becomes red, green and blue, its transparency an alpha channel; so does a transparent
  /// colour. Every checksum must match. Before memory is allocated, the declared size is compared
  /// with the compressed data, which can expand to at most 1032 times its size, and with the
  /// machine's memory.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when it cannot be read, `format` when it is not a
  ///   whole, valid PNG file, `limit` when memory cannot hold it.
  public init(contentsOf path: String) throws(FiltersmithError) {
    try self.init(try InputFile(path, expected: "a PNG file"))
  }

  init(_ file: InputFile) throws(FiltersmithError) {
    try self.init(png: try file.allBytes(), name: file.name)
  }

  /// Reads a PNG file in memory; see ``init(contentsOf:)``.
  ///
  /// - Parameters:
  ///   - png: The bytes of the file.
  ///   - name: The name to use in messages.
  /// - Throws: ``FiltersmithError`` of kind `format` when it is not a whole, valid PNG file, `limit`
  ///   when memory cannot hold it.
  public init(png bytes: [UInt8], name: String = "the PNG data") throws(FiltersmithError) {
    let structure = try PNGStructure(bytes, name: name)
    let (width, height) = (structure.width, structure.height)
    let sampleBytes = structure.bitDepth == 16 ? 2 : 1
    let storedCount = try MemoryLimit.product(
      width, structure.storedChannels, sampleBytes, height, for: name)
    // Stored samples, and at most four channels of two bytes each.
    let needed = try MemoryLimit.product(width, 8, height, for: name)
    try MemoryLimit.check(storedCount + needed, for: name)

    var header = cpng_header()
    try Self.callingLibrary("\(name) is damaged") {
      cpng_read_header(bytes, bytes.count, &header, $0)
    }
    let rowBytes = width * structure.storedChannels * sampleBytes
    let channels = structure.storedChannels
    let stored = try Tensor<UInt8>(uninitialized: [height, width, channels * sampleBytes]) {
      buffer throws(FiltersmithError) in
      try Self.callingLibrary("\(name) is damaged") {
        cpng_read_samples(bytes, bytes.count, buffer.baseAddress, rowBytes, $0)
      }
    }
    if structure.colorType == 3 {
      self = try Self.applyingPalette(header, to: stored, width: width, height: height, name: name)
      return
    }
    var storage = Storage.bytes(stored)
    if sampleBytes == 2 {
      storage = .words(
        Tensor(uninitialized: [height, width, channels]) { target in
          stored.withUnsafeElements { source in
            let source = UnsafeRawBufferPointer(source)
            for index in target.indices {
              let sample = source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
              target.initializeElement(at: index, to: UInt16(bigEndian: sample))
            }
          }
        })
    }
    let model = ColorModel(channelCount: channels) ?? .grey
    self.init(unchecked: storage, bitDepth: structure.bitDepth, colorModel: model)
    if header.has_transparency != 0, !model.hasAlpha { self = addingAlpha(header) }
  }

  /// Calls into libpng; `problem` begins the sentence that libpng's message ends.
  static func callingLibrary(
    _ problem: @autoclosure () -> String, _ call: (UnsafeMutablePointer<CChar>?) -> Int32
  ) throws(FiltersmithError) {
    var message = [CChar](repeating: 0, count: Int(CPNG_MESSAGE_SIZE))
    let succeeded = message.withUnsafeMutableBufferPointer { call($0.baseAddress) } != 0
    guard succeeded else {
      let text = String(
        decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      throw FiltersmithError(.format, "\(problem()): \(text)")
    }
  }

  /// Replaces palette indices with their colours.
  private static func applyingPalette(
    _ header: cpng_header, to indices: Tensor<UInt8>, width: Int, height: Int, name: String
  ) throws(FiltersmithError) -> Image {
    let model = header.has_transparency != 0 ? ColorModel.rgba : .rgb
    let channels = model.channelCount
    let colorCount = Int(header.palette_count)
    if let place = indices.withUnsafeElements({ $0.firstIndex { $0 >= colorCount } }) {
      throw FiltersmithError(
        .format,
        "\(name) is damaged: pixel [\(place / width), \(place % width)] asks for colour "
          + "\(indices.elements[place]) of a palette of \(colorCount)")
    }
    // Entries beyond those of tRNS are opaque.
    var table = [UInt8](repeating: 255, count: 256 * 4)
    withUnsafeBytes(of: header.palette) { colors in
      withUnsafeBytes(of: header.palette_alpha) { alphas in
        for entry in 0..<colorCount {
          for channel in 0..<3 { table[4 * entry + channel] = colors[3 * entry + channel] }
          if entry < Int(header.palette_alpha_count) { table[4 * entry + 3] = alphas[entry] }
        }
      }
    }
    let samples = Tensor<UInt8>(uninitialized: [height, width, channels]) { target in
      indices.withUnsafeElements { indices in
        for (pixel, index) in indices.enumerated() {
          for channel in 0..<channels {
            target.initializeElement(
              at: pixel * channels + channel, to: table[4 * Int(index) + channel])
          }
        }
      }
    }
    return Image(unchecked: .bytes(samples), bitDepth: 8, colorModel: model)
  }

  /// Makes the pixels of the header's transparent colour transparent, all others opaque.
  private func addingAlpha(_ header: cpng_header) -> Image {
    let model = colorModel == .grey ? ColorModel.greyAlpha : .rgba
    // Only the lowest bits of the colour count (PNG specification, 11.3.1.1).
    let transparent = [header.transparent.0, header.transparent.1, header.transparent.2].map {
      $0 & UInt16(maximum)
    }
    let storage: Storage =
      switch self.storage {
      case .bytes(let bytes): .bytes(withAlpha(bytes, transparent.map { UInt8($0) }))
      case .words(let words): .words(withAlpha(words, transparent))
      }
    return Image(unchecked: storage, bitDepth: bitDepth, colorModel: model)
  }

  private func withAlpha<Sample: FixedWidthInteger & Sendable>(
    _ samples: Tensor<Sample>, _ transparent: [Sample]
  ) -> Tensor<Sample> {
    let channels = colorModel.channelCount
    return Tensor(uninitialized: [height, width, channels + 1]) { target in
      samples.withUnsafeElements { source in
        for pixel in 0..<width * height {
          var matches = true
          for channel in 0..<channels {
            let sample = source[pixel * channels + channel]
            matches = matches && sample == transparent[channel]
            target.initializeElement(at: pixel * (channels + 1) + channel, to: sample)
          }
          target.initializeElement(
            at: pixel * (channels + 1) + channels, to: matches ? 0 : Sample(maximum))
        }
      }
    }
  }
}
