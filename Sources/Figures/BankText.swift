import FilterDesign
import Foundation
import Tensors

/// The text of a bank's figure.
enum BankText {
  /// `quadrature bank: 4 filters of 11 × 11 taps`.
  static func title(of bank: FilterBank) -> String {
    let family = bank.design.family == "custom" ? "filter" : bank.design.family
    let taps = bank.support.map { String($0) }.joined(separator: " × ")
    let name = family.prefix(1).uppercased() + family.dropFirst()
    return bank.count == 1
      ? "\(name) bank: 1 filter of \(taps) taps"
      : "\(name) bank: \(bank.count) filters of \(taps) taps"
  }

  /// The parameters of an optimised bank that a caption names first.
  static func parameters(of design: BankDesign) -> [String] {
    func sentence(_ center: Double, _ octaves: Double) -> [String] {
      let unit = octaves == 1 ? "octave" : "octaves"
      return [
        "Centre frequency \(Ticks.number(center)) rad/sample, \(Ticks.number(octaves)) \(unit)."
      ]
    }
    return switch design {
    case .quadrature(let design): sentence(design.centerFrequency, design.octaves)
    case .monomial(let design): sentence(design.centerFrequency, design.octaves)
    case .selection(let design): parameters(of: design.of)
    default: []
    }
  }

  /// The names of the axes in array order.
  static func axisNames(_ dimensions: Int) -> [String] {
    Array(["t", "z", "y", "x"].suffix(dimensions))
  }

  /// The label, with true minus signs; the direction of a filter with one axis in words.
  static func heading(of filter: Int, in bank: FilterBank) -> String {
    if bank.dimensions == 1, bank.directions.indices.contains(filter) {
      return bank.directions[filter][0] < 0 ? "direction −1" : "direction +1"
    }
    return bank.labels[filter].replacingOccurrences(of: "-", with: "−")
  }

  /// The direction, as in `(y, x) = (0.707, 0.707)`; nothing for filters without directions.
  ///
  /// Where the label already has the numbers, only the axes they belong to.
  static func direction(of filter: Int, in bank: FilterBank) -> String {
    guard bank.directions.indices.contains(filter) else { return "" }
    let direction = bank.directions[filter]
    let names = axisNames(direction.count).joined(separator: ", ")
    if bank.labels[filter].hasPrefix("(") { return "direction in (\(names))" }
    let numbers = direction.map { component in
      // Rounded to three decimals, a component of 1e-17 is 0.
      Ticks.number((component * 1000).rounded() / 1000, digits: 3)
    }.joined(separator: ", ")
    return "(\(names)) = (\(numbers))"
  }

  /// The quality figures of a designed filter, or the sums of any other.
  static func facts(of filter: Int, in bank: FilterBank) -> [String] {
    if bank.qualities.indices.contains(filter) {
      let quality = bank.qualities[filter]
      return [
        "weighted error \(percent(quality.weightedError))",
        "ε² \(Ticks.number(quality.cost))",
        quality.leakage.map { "leakage \(percent($0))" } ?? "",
        quality.phaseRipple.map { "ripple \(percent($0))" } ?? "",
        "locality \(Ticks.number(quality.locality, digits: 3))",
        "energy \(Ticks.number(quality.energy, digits: 3))",
        "DC \(Ticks.number(quality.dc, digits: 2))",
      ]
    }
    let taps = bank.support.elementCount
    let kernel = bank.complexKernels.elements[filter * taps..<(filter + 1) * taps]
    let sum = kernel.reduce(.zero, +).length
    let energy = kernel.reduce(0) { $0 + $1.lengthSquared }
    // Sums that differ from zero by rounding only are shown as zero.
    let isZero = sum * sum < energy * 1e-26
    return [
      "sum \(isZero ? "0" : Ticks.number(sum))", "energy \(Ticks.number(energy, digits: 3))",
    ]
  }

  private static func percent(_ fraction: Double) -> String {
    Ticks.number(fraction * 100, digits: 3) + " %"
  }
}
