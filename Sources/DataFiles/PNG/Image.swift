import Tensors

/// A picture as stored in a PNG file: integer samples, nothing converted.
///
/// Samples are the numbers in the file after a palette has become colours and a transparent colour
/// an alpha channel. They are not scaled: a 4-bit grey picture has samples from 0 to 15. Gamma and
/// colour profiles are ignored.
public struct Image: Sendable, Hashable {
  /// What the channels mean.
  public enum ColorModel: String, Sendable, Hashable, CaseIterable {
    /// One channel: grey.
    case grey
    /// Two channels: grey, alpha.
    case greyAlpha
    /// Three channels: red, green, blue.
    case rgb
    /// Four channels: red, green, blue, alpha.
    case rgba

    /// The number of channels, 1 to 4.
    public var channelCount: Int {
      switch self {
      case .grey: 1
      case .greyAlpha: 2
      case .rgb: 3
      case .rgba: 4
      }
    }
    /// Whether the last channel is alpha (0 is transparent); colours are not multiplied by it.
    public var hasAlpha: Bool { self == .greyAlpha || self == .rgba }

    init?(channelCount: Int) {
      guard let model = Self.allCases.first(where: { $0.channelCount == channelCount }) else {
        return nil
      }
      self = model
    }
  }

  /// How samples appear as floating point.
  public enum SampleScale: Sendable, Hashable {
    /// From 0 to 1: samples divided by ``Image/maximum``.
    case unit
    /// The numbers in the file, from 0 to ``Image/maximum``.
    case native
  }

  /// Samples `[y, x, channel]` in the bytes they need: one up to 8 bits, else two.
  enum Storage: Sendable, Hashable {
    case bytes(Tensor<UInt8>)
    case words(Tensor<UInt16>)
  }

  let storage: Storage
  /// Bits per sample: 1, 2, 4, 8 or 16; 8 or 16 for colours.
  public let bitDepth: Int
  /// What the channels mean.
  public let colorModel: ColorModel

  /// The samples, `[y, x, channel]`, each from 0 to ``maximum``; copied where they are stored as
  /// bytes.
  public var samples: Tensor<UInt16> {
    switch storage {
    case .bytes(let bytes): bytes.map { UInt16($0) }
    case .words(let words): words
    }
  }

  /// The extents `[y, x, channel]`.
  var shape: Shape {
    switch storage {
    case .bytes(let bytes): bytes.shape
    case .words(let words): words.shape
    }
  }

  /// The largest sample: 2^bitDepth − 1.
  public var maximum: Int { 1 << bitDepth - 1 }
  /// Pixels per row.
  public var width: Int { shape[1] }
  /// The number of rows.
  public var height: Int { shape[0] }

  /// A picture of integer samples, `[y, x, channel]` with 1 (grey), 2 (grey, alpha), 3 (red, green,
  /// blue) or 4 (with alpha) channels.
  ///
  /// - Throws: ``FiltersmithError`` for another shape, a depth that PNG does not allow for it, or a
  ///   sample that does not fit the depth.
  public init(samples: Tensor<UInt16>, bitDepth: Int = 8) throws(FiltersmithError) {
    guard
      samples.rank == 3, samples.count > 0, let model = ColorModel(channelCount: samples.shape[2])
    else {
      throw FiltersmithError(
        .shape, "an image has samples [y, x, channel], 1 to 4 channels; given \(samples.shape)")
    }
    let depths = samples.shape[2] <= 2 ? [1, 2, 4, 8, 16] : [8, 16]
    guard depths.contains(bitDepth) else {
      throw FiltersmithError(
        .argument, "an image of \(samples.shape[2]) channels has \(depths) bits; given \(bitDepth)")
    }
    let largest = samples.withUnsafeElements { $0.max() } ?? 0
    let maximum = 1 << bitDepth - 1
    guard largest <= maximum else {
      throw FiltersmithError(
        .argument, "sample \(largest) does not fit \(bitDepth) bits, which end at \(maximum)")
    }
    self.init(
      unchecked: bitDepth > 8 ? .words(samples) : .bytes(samples.map { UInt8($0) }),
      bitDepth: bitDepth, colorModel: model)
  }

  init(unchecked storage: Storage, bitDepth: Int, colorModel: ColorModel) {
    self.storage = storage
    self.bitDepth = bitDepth
    self.colorModel = colorModel
  }
}

extension Image: CustomStringConvertible {
  /// Size, channels and depth, such as `512 × 512 rgb, 8 bits`.
  public var description: String {
    "\(width) × \(height) \(colorModel.rawValue), \(bitDepth) bit\(bitDepth == 1 ? "" : "s")"
  }
}
