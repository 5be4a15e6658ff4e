import Tensors

extension Image {
  /// The brightness, `[y, x]`: grey samples as stored, colours as 0.299 R + 0.587 G + 0.114 B.
  ///
  /// The weights are those of Rec. ITU-R BT.601, which MATLAB, OpenCV and Pillow use too. They are
  /// applied to the samples as stored (no gamma is undone). Alpha is ignored.
  ///
  /// - Parameter scale: From 0 to 1 (`.unit`), or the file's own numbers (`.native`).
  public func luminance(_ scale: SampleScale = .unit) -> Tensor<Float> {
    switch storage {
    case .bytes(let bytes): luminance(of: bytes, scale)
    case .words(let words): luminance(of: words, scale)
    }
  }

  private func luminance<Sample: FixedWidthInteger>(
    of samples: Tensor<Sample>, _ scale: SampleScale
  ) -> Tensor<Float> {
    let channels = colorModel.channelCount
    let isColor = channels >= 3
    // Double, so that equal R, G and B give exactly that value.
    let factor = scale == .unit ? 1 / Double(maximum) : 1
    return Tensor(uninitialized: [height, width]) { target in
      samples.withUnsafeElements { source in
        for pixel in target.indices {
          let start = pixel * channels
          let value: Double
          if isColor {
            let (red, green, blue) = (source[start], source[start + 1], source[start + 2])
            // The weights in thousandths are integers, so equal channels give exactly their value.
            let thousandths = 299 * Int(red) + 587 * Int(green) + 114 * Int(blue)
            value = Double(thousandths) / 1000
          } else {
            value = Double(source[start])
          }
          target.initializeElement(at: pixel, to: Float(value * factor))
        }
      }
    }
  }

  /// All channels, alpha included, `[channel, y, x]`.
  ///
  /// - Parameter scale: From 0 to 1 (`.unit`), or the file's own numbers (`.native`).
  public func channels(_ scale: SampleScale = .unit) -> Tensor<Float> {
    switch storage {
    case .bytes(let bytes): channels(of: bytes, scale)
    case .words(let words): channels(of: words, scale)
    }
  }

  private func channels<Sample: FixedWidthInteger>(
    of samples: Tensor<Sample>, _ scale: SampleScale
  ) -> Tensor<Float> {
    let channels = colorModel.channelCount
    let pixels = width * height
    let factor = scale == .unit ? 1 / Double(maximum) : 1
    return Tensor(uninitialized: [channels, height, width]) { target in
      samples.withUnsafeElements { source in
        for channel in 0..<channels {
          for pixel in 0..<pixels {
            let value = Double(source[pixel * channels + channel]) * factor
            target.initializeElement(at: channel * pixels + pixel, to: Float(value))
          }
        }
      }
    }
  }

  /// A grey picture of brightness `[y, x]`.
  ///
  /// Values are scaled to the samples' range, rounded to the nearest integer (halves away from
  /// zero) and clipped at both ends.
  ///
  /// - Parameters:
  ///   - luminance: The brightness.
  ///   - scale: Whether 1 (`.unit`) or the largest sample (`.native`) is white.
  ///   - bitDepth: Bits per sample: 1, 2, 4, 8 or 16.
  /// - Throws: ``FiltersmithError`` for another rank, no pixels, or NaN.
  public init(
    luminance: Tensor<Float>, scale: SampleScale = .unit, bitDepth: Int = 8
  ) throws(FiltersmithError) {
    guard luminance.rank == 2 else {
      throw FiltersmithError(.shape, "luminance has shape [y, x]; given \(luminance.shape)")
    }
    let channels = try luminance.reshaped(to: [1] + luminance.shape)
    try self.init(channels: channels, scale: scale, bitDepth: bitDepth)
  }

  /// A picture of 1 (grey), 2 (grey, alpha), 3 (red, green, blue) or 4 (with alpha) channels,
  /// `[channel, y, x]`.
  ///
  /// Values are scaled to the samples' range, rounded to the nearest integer (halves away from
  /// zero) and clipped at both ends.
  ///
  /// - Parameters:
  ///   - channels: The channels.
  ///   - scale: Whether 1 (`.unit`) or the largest sample (`.native`) is full intensity.
  ///   - bitDepth: Bits per sample: 8 or 16, for grey and grey with alpha also 1, 2 and 4.
  /// - Throws: ``FiltersmithError`` for another shape, no pixels, or NaN.
  public init(
    channels: Tensor<Float>, scale: SampleScale = .unit, bitDepth: Int = 8
  ) throws(FiltersmithError) {
    guard channels.rank == 3, channels.count > 0, (1...4).contains(channels.shape[0]) else {
      throw FiltersmithError(
        .shape, "an image has channels [channel, y, x], 1 to 4 of them; given \(channels.shape)")
    }
    guard [1, 2, 4, 8, 16].contains(bitDepth) else {
      throw FiltersmithError(.argument, "an image has 1, 2, 4, 8 or 16 bits; given \(bitDepth)")
    }
    if let place = channels.withUnsafeElements({ $0.firstIndex(where: \.isNaN) }) {
      throw FiltersmithError(
        .argument,
        "element \(channels.shape.index(at: place)) of an image of shape \(channels.shape) "
          + "is not a number")
    }
    let count = channels.shape[0]
    let (height, width) = (channels.shape[1], channels.shape[2])
    let pixels = height * width
    let maximum = Double(1 << bitDepth - 1)
    let factor = scale == .unit ? maximum : 1
    let samples = Tensor<UInt16>(uninitialized: [height, width, count]) { target in
      channels.withUnsafeElements { source in
        for channel in 0..<count {
          for pixel in 0..<pixels {
            let value = Double(source[channel * pixels + pixel]) * factor
            let clipped = Swift.min(Swift.max(value, 0), maximum)
            let sample = UInt16(clipped.rounded(.toNearestOrAwayFromZero))
            target.initializeElement(at: pixel * count + channel, to: sample)
          }
        }
      }
    }
    try self.init(samples: samples, bitDepth: bitDepth)
  }
}
