import Foundation
import Tensors

/// How the brightness of colours is weighted.
public enum LumaWeights: String, Sendable, Hashable, CaseIterable {
  /// 0.299 R + 0.587 G + 0.114 B: Rec. ITU-R BT.601, as OpenCV and MATLAB.
  case rec601
  /// 0.2126 R + 0.7152 G + 0.0722 B: Rec. ITU-R BT.709, near scikit-image's.
  case rec709

  var weights: [Float] {
    switch self {
    case .rec601: [0.299, 0.587, 0.114]
    case .rec709: [0.2126, 0.7152, 0.0722]
    }
  }
}

/// Conversions of colours `[3, space…]`: red, green and blue from 0 to 1 with the gamma of sRGB.
extension Tensor where Element == Float {
  /// The brightness, `[space…]`, weighted as the colours are stored.
  ///
  /// - Throws: ``FiltersmithError`` when the first extent is not 3.
  public func luma(_ weights: LumaWeights = .rec601) throws(FiltersmithError) -> Tensor {
    let weights = weights.weights
    let colors = try converted { red, green, blue in
      (weights[0] * red + weights[1] * green + weights[2] * blue, 0, 0)
    }
    return try colors.selected(axis: 0, at: 0)
  }

  /// A grey image as colours: three equal channels, `[3, space…]`.
  public func asGreyColors() throws(FiltersmithError) -> Tensor {
    try .stacked([self, self, self])
  }

  /// Hue, saturation and value, `[3, space…]`, each from 0 to 1; the hue is a fraction of a turn
  /// from red through green to blue, 0 for grey.
  ///
  /// - Throws: ``FiltersmithError`` when the first extent is not 3.
  public func hsvFromRGB() throws(FiltersmithError) -> Tensor {
    try converted { red, green, blue in
      let high = Swift.max(red, green, blue)
      let range = high - Swift.min(red, green, blue)
      guard range > 0 else { return (0, 0, high) }
      var hue: Float
      if high == red {
        hue = (green - blue) / range
      } else if high == green {
        hue = 2 + (blue - red) / range
      } else {
        hue = 4 + (red - green) / range
      }
      hue /= 6
      return (hue < 0 ? hue + 1 : hue, range / high, high)
    }
  }

  /// Red, green and blue of hue, saturation and value: the reverse of ``hsvFromRGB()``.
  ///
  /// - Throws: ``FiltersmithError`` when the first extent is not 3.
  public func rgbFromHSV() throws(FiltersmithError) -> Tensor {
    try converted { hue, saturation, value in
      let turn = (hue - hue.rounded(.down)) * 6
      func channel(_ shift: Float) -> Float {
        let place = (turn + shift).truncatingRemainder(dividingBy: 6)
        return value - value * saturation * Swift.max(0, Swift.min(place, 4 - place, 1))
      }
      return (channel(5), channel(3), channel(1))
    }
  }

  /// CIE L*a*b*, `[3, space…]`: lightness from 0 to 100, a* from green to red and b* from blue to
  /// yellow, for the D65 white point and the 2° observer.
  ///
  /// Equal distances look about equally different. (CIE 15; IEC 61966-2-1.)
  ///
  /// - Throws: ``FiltersmithError`` when the first extent is not 3.
  public func labFromRGB() throws(FiltersmithError) -> Tensor {
    try converted { red, green, blue in
      let (r, g, b) = (SRGB.linear(red), SRGB.linear(green), SRGB.linear(blue))
      func cubeRoot(_ t: Double) -> Double {
        t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116
      }
      let x = cubeRoot((0.412453 * r + 0.357580 * g + 0.180423 * b) / SRGB.white.x)
      let y = cubeRoot(0.212671 * r + 0.715160 * g + 0.072169 * b)
      let z = cubeRoot((0.019334 * r + 0.119193 * g + 0.950227 * b) / SRGB.white.z)
      return (Float(116 * y - 16), Float(500 * (x - y)), Float(200 * (y - z)))
    }
  }

  /// Red, green and blue of L*a*b*: the reverse of ``labFromRGB()``, clipped to 0 and 1 where a
  /// screen cannot show the colour.
  ///
  /// - Throws: ``FiltersmithError`` when the first extent is not 3.
  public func rgbFromLab() throws(FiltersmithError) -> Tensor {
    try converted { lightness, a, b in
      func cube(_ t: Double) -> Double {
        t > 6.0 / 29 ? t * t * t : (116 * t - 16) * 27 / 24389
      }
      let fy = (Double(lightness) + 16) / 116
      let x = cube(fy + Double(a) / 500) * SRGB.white.x
      let y = cube(fy)
      let z = cube(fy - Double(b) / 200) * SRGB.white.z
      return (
        SRGB.stored(3.240481 * x - 1.537152 * y - 0.498536 * z),
        SRGB.stored(-0.969255 * x + 1.875990 * y + 0.041556 * z),
        SRGB.stored(0.055647 * x - 0.204041 * y + 1.057311 * z)
      )
    }
  }

  /// Every colour converted separately.
  private func converted(
    _ convert: @Sendable (Float, Float, Float) -> (Float, Float, Float)
  ) throws(FiltersmithError) -> Tensor {
    guard rank >= 1, shape[0] == 3 else {
      throw FiltersmithError(.shape, "colors are [3, space…]; given \(shape)")
    }
    let samples = count / 3
    return Tensor(uninitialized: shape) { buffer in
      let output = SharedPointer(buffer)
      withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
        parallelFor((samples + 4095) / 4096) { block in
          for place in block * 4096..<Swift.min((block + 1) * 4096, samples) {
            let (first, second, third) = convert(
              source[place], source[samples + place], source[2 * samples + place])
            (output.pointer + place).initialize(to: first)
            (output.pointer + samples + place).initialize(to: second)
            (output.pointer + 2 * samples + place).initialize(to: third)
          }
        }
      }
    }
  }
}

/// The colours of screens.
private enum SRGB {
  /// D65, relative to Y = 1.
  static let white = (x: 0.95047, z: 1.08883)

  static func linear(_ value: Float) -> Double {
    let v = Double(value)
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4)
  }

  static func stored(_ value: Double) -> Float {
    let v = value <= 0.0031308 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055
    return Float(min(max(v, 0), 1))
  }
}
