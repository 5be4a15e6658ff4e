import Foundation

/// A map from numbers between 0 and 1 to colours.
public struct ColorMap: Sendable, Hashable {
  /// The name of the map.
  public let name: String
  private let table: [Color]
  private let isCyclic: Bool

  private init(name: String, isCyclic: Bool = false, _ color: (Double) -> Color) {
    self.name = name
    self.isCyclic = isCyclic
    // An odd number of entries, so that the middle of a diverging map is an entry of its own.
    let entries = 257
    table = (0..<entries).map { color(Double($0) / Double(entries - 1)) }
  }

  /// The colour at a position from 0 to 1.
  ///
  /// Positions outside take the colour of the nearer end, or start again in a cyclic map. NaN
  /// is grey.
  public func callAsFunction(_ position: Double) -> Color {
    guard position.isFinite else { return .axis }
    let inside = isCyclic ? position - position.rounded(.down) : min(max(position, 0), 1)
    let place = inside * Double(table.count - 1)
    let index = min(Int(place), table.count - 2)
    return table[index].mixed(with: table[index + 1], place - Double(index))
  }

  /// Blue below, white in the middle, red above: signed numbers around a neutral zero.
  ///
  /// Both arms run through the same lightness (L* from 36 to 100), so that neither sign looks
  /// stronger, and they are distinguishable with every kind of colour vision.
  public static let diverging = ColorMap(name: "diverging") { position in
    let amount = abs(2 * position - 1)
    if amount == 0 { return .white }
    let (chroma, hue) = position < 0.5 ? (48.0, 280.0) : (60.0, 28.0)
    return Color(
      lightness: 100 - 64 * amount, chroma: chroma * sin(amount * .pi / 2), hue: hue)
  }

  /// Dark violet over green to yellow, perceptually uniform: magnitudes.
  ///
  /// The map is viridis (Smith and van der Walt 2015, CC0), sampled at eleven positions.
  public static let sequential = ColorMap(name: "sequential") { position in
    let anchors: [UInt32] = [
      0x440154, 0x482576, 0x414487, 0x35608D, 0x2A788E, 0x21908C, 0x22A884, 0x43BF71, 0x7AD151,
      0xBBDF27, 0xFDE725,
    ]
    let place = position * Double(anchors.count - 1)
    let index = min(Int(place), anchors.count - 2)
    return Color(hex: anchors[index])
      .mixed(with: Color(hex: anchors[index + 1]), place - Double(index))
  }

  /// Black to white: images.
  public static let gray = ColorMap(name: "gray") { Color(gray: $0) }

  /// A closed circle of hues without jumps or bands: angles, one turn from 0 to 1.
  ///
  /// Red, green and blue are cos² waves a third of a turn apart: 0 is red, 1/3 green, 2/3 blue.
  public static let cyclic = ColorMap(name: "cyclic", isCyclic: true) { position in
    func wave(_ shift: Double) -> Double {
      let value = cos(.pi * (position - shift))
      return value * value
    }
    return Color(red: wave(0), green: wave(1.0 / 3), blue: wave(2.0 / 3))
  }
}
