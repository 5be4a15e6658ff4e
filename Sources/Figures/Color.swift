import Foundation

/// A colour in sRGB, each component from 0 to 1.
public struct Color: Sendable, Hashable {
  /// The red component.
  public var red: Double
  /// The green component.
  public var green: Double
  /// The blue component.
  public var blue: Double

  /// A colour from its three components, clamped to 0…1.
  public init(red: Double, green: Double, blue: Double) {
    self.red = min(max(red, 0), 1)
    self.green = min(max(green, 0), 1)
    self.blue = min(max(blue, 0), 1)
  }

  /// A grey: 0 is black, 1 is white.
  public init(gray: Double) { self.init(red: gray, green: gray, blue: gray) }

  /// A colour written as `0xRRGGBB`.
  public init(hex: UInt32) {
    self.init(
      red: Double(hex >> 16 & 255) / 255, green: Double(hex >> 8 & 255) / 255,
      blue: Double(hex & 255) / 255)
  }

  /// A colour of given lightness (0…100), chroma and hue (degrees) in CIE L*C*h, white point D65.
  ///
  /// Equal steps in these numbers look about equally large; colours outside sRGB are clipped.
  public init(lightness: Double, chroma: Double, hue: Double) {
    let angle = hue * .pi / 180
    let fy = (lightness + 16) / 116
    let fx = fy + chroma * cos(angle) / 500
    let fz = fy - chroma * sin(angle) / 200
    func linear(_ f: Double) -> Double {
      f > 6.0 / 29 ? f * f * f : 3 * (6.0 / 29) * (6.0 / 29) * (f - 4.0 / 29)
    }
    let (x, y, z) = (0.95047 * linear(fx), linear(fy), 1.08883 * linear(fz))
    func encoded(_ value: Double) -> Double {
      value <= 0.0031308 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055
    }
    self.init(
      red: encoded(3.2406 * x - 1.5372 * y - 0.4986 * z),
      green: encoded(-0.9689 * x + 1.8758 * y + 0.0415 * z),
      blue: encoded(0.0557 * x - 0.2040 * y + 1.0570 * z))
  }

  /// The lightness L* of CIE L*a*b*, from 0 (black) to 100 (white).
  public var lightness: Double {
    func linear(_ value: Double) -> Double {
      value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    let luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    return luminance > 216.0 / 24389 ? 116 * cbrt(luminance) - 16 : luminance * 24389 / 27
  }

  /// The colour as `0xRRGGBB`.
  public var hex: UInt32 {
    func byte(_ value: Double) -> UInt32 { UInt32((value * 255).rounded()) }
    return byte(red) << 16 | byte(green) << 8 | byte(blue)
  }

  /// The colour a fraction of the way (0…1) to another, component by component.
  public func mixed(with other: Color, _ part: Double) -> Color {
    Color(
      red: red + (other.red - red) * part, green: green + (other.green - green) * part,
      blue: blue + (other.blue - blue) * part)
  }

  /// White: the paper.
  public static let white = Color(gray: 1)
  /// Black.
  public static let black = Color(gray: 0)
  /// The near-black of text.
  public static let ink = Color(gray: 0.1)
  /// The grey of axes and frames.
  public static let axis = Color(gray: 0.55)
  /// The pale grey of grid lines and of areas outside the data.
  public static let faint = Color(gray: 0.87)

  /// Six colours for lines that are distinguishable with every kind of colour vision (Okabe and Ito 2008).
  public static let lines: [Color] = [
    Color(hex: 0x0072B2), Color(hex: 0xD55E00), Color(hex: 0x009E73), Color(hex: 0xCC79A7),
    Color(hex: 0xE69F00), Color(hex: 0x56B4E9),
  ]
}
