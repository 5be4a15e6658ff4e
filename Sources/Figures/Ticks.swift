import Foundation

/// Ticks along an axis: their positions and labels.
public struct Ticks: Sendable, Hashable {
  /// The positions of the ticks, in the axis' unit.
  public var positions: [Double]
  /// The labels.
  public var labels: [String]

  /// Ticks with given labels; a position without a label has an empty one.
  public init(positions: [Double], labels: [String]) {
    self.positions = positions
    self.labels = positions.indices.map { labels.indices.contains($0) ? labels[$0] : "" }
  }

  /// Round numbers (1, 2 or 5 times a power of ten apart) that lie in a range.
  ///
  /// - Parameter atMost: The largest number of ticks; at least 2.
  public init(in range: ClosedRange<Double>, atMost: Int = 6) {
    let span = range.upperBound - range.lowerBound
    guard span > 0, span.isFinite else {
      self.init(positions: [range.lowerBound], labels: [Ticks.number(range.lowerBound)])
      return
    }
    let rough = span / Double(max(atMost, 2) - 1)
    let decade = pow(10, log10(rough).rounded(.down))
    let step = decade * ([1, 2, 5].first { $0 * decade >= rough * 0.999_999 } ?? 10)
    let first = Int((range.lowerBound / step - 1e-9).rounded(.up))
    let last = Int((range.upperBound / step + 1e-9).rounded(.down))
    let decimals = max(0, -Int(log10(step * 1.000_001).rounded(.down)))
    let positions = first <= last ? (first...last).map { Double($0) * step } : []
    self.init(
      positions: positions,
      labels: positions.map { position in
        let isPlain = decimals <= 4 && abs(position) < 1e6
        return isPlain
          ? Ticks.withMinus(String(format: "%.\(decimals)f", position)) : Ticks.number(position)
      })
  }

  /// Ticks from −π to π: `−π`, `0`, `π`, and the halves between where `halves` is set.
  public static func circle(halves: Bool = false) -> Ticks {
    halves
      ? Ticks(
        positions: [-Double.pi, -Double.pi / 2, 0, Double.pi / 2, Double.pi],
        labels: ["−π", "−π/2", "0", "π/2", "π"])
      : Ticks(positions: [-Double.pi, 0, Double.pi], labels: ["−π", "0", "π"])
  }

  /// A number in short form: by default four significant digits, with a true minus sign.
  public static func number(_ value: Double, digits: Int = 4) -> String {
    guard value.isFinite else { return "–" }
    if value == 0 { return "0" }
    let exponent = Int(log10(abs(value)).rounded(.down))
    if exponent < -3 || exponent > 5 {
      let mantissa = String(format: "%.\(digits - 1)f", value / pow(10, Double(exponent)))
      return withMinus(mantissa) + "·10" + raised(exponent)
    }
    var text = String(format: "%.\(max(digits - 1 - exponent, 0))f", value)
    if text.contains(".") {
      while text.hasSuffix("0") { text.removeLast() }
      if text.hasSuffix(".") { text.removeLast() }
    }
    return withMinus(text)
  }

  private static func withMinus(_ text: String) -> String {
    let isZero = !text.contains { "123456789".contains($0) }
    let digits = text.hasPrefix("-") ? String(text.dropFirst()) : text
    return text.hasPrefix("-") && !isZero ? "−" + digits : digits
  }

  private static func raised(_ exponent: Int) -> String {
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    let number = String(abs(exponent)).compactMap { $0.wholeNumberValue.map { digits[$0] } }
    return (exponent < 0 ? "⁻" : "") + String(number)
  }
}
