import Foundation

/// Short names of filters and axes for pictures and tables.
enum FilterLabels {
  /// The names of the axes of images of one to four dimensions, outermost first.
  static func axes(_ dimensions: Int) -> [String] {
    Array(["t", "z", "y", "x"].suffix(dimensions))
  }

  /// One name per filter: from its direction, or its number.
  static func make(directions: [[Double]], count: Int) -> [String] {
    guard !directions.isEmpty else { return (0..<count).map { "\($0)" } }
    return directions.map(name)
  }

  /// A direction's name: `+` or `−` in 1D, the angle from the x axis in 2D, the vector in higher dimensions.
  static func name(of direction: [Double]) -> String {
    switch direction.count {
    case 1: return direction[0] < 0 ? "−" : "+"
    case 2:
      let degrees = atan2(direction[0], direction[1]) * 180 / .pi
      return "\(short(degrees, decimals: 1))°"
    default: return "(" + direction.map { short($0, decimals: 2) }.joined(separator: ", ") + ")"
    }
  }

  /// A derivative's name: each axis as often as it is differentiated along, `xy` or `xx`.
  static func name(ofDerivative order: [Int]) -> String {
    let name = zip(axes(order.count), order).map { String(repeating: $0, count: $1) }.joined()
    return name.isEmpty ? "smooth" : name
  }

  /// A number with at most the given decimals and no trailing zeros.
  private static func short(_ number: Double, decimals: Int) -> String {
    let scale = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
    let rounded = (number * scale).rounded() / scale + 0  // + 0 turns −0 into 0
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }
}
