import Filtersmith
import Foundation

/// What `--json` prints of one filter; figures that a filter does not have are `null`.
struct FilterReport: Encodable {
  let label: String
  /// The unit vector in axis order.
  let direction: [Double]?
  let measures: KernelMeasures
  /// The comparison with the ideal, of filters that have one.
  let quality: FilterQuality?

  private enum Key: String, CodingKey {
    case label, direction, weightedError, cost, centerTap, energy, locality, leakage, phaseRipple,
      dc
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(label, forKey: .label)
    try container.encode(direction, forKey: .direction)
    try container.encode(quality?.weightedError, forKey: .weightedError)
    try container.encode(quality?.cost, forKey: .cost)
    try container.encode(quality?.centerTap ?? measures.centerTap, forKey: .centerTap)
    try container.encode(quality?.energy ?? measures.energy, forKey: .energy)
    // Distances of a designed filter are in units of its sample spacing.
    try container.encode(quality?.locality ?? measures.locality, forKey: .locality)
    try container.encode(quality?.leakage, forKey: .leakage)
    try container.encode(quality?.phaseRipple, forKey: .phaseRipple)
    try container.encode(quality?.dc ?? measures.dc, forKey: .dc)
  }

  /// An array with one object per filter, as text.
  static func json(of bank: FilterBank) throws(FiltersmithError) -> String {
    var reports: [FilterReport] = []
    for filter in 0..<bank.count {
      reports.append(
        FilterReport(
          label: bank.labels[filter],
          direction: bank.directions.isEmpty ? nil : bank.directions[filter],
          measures: try bank.measures(of: filter),
          quality: bank.qualities.isEmpty ? nil : bank.qualities[filter]))
    }
    return try JSONText.of(reports)
  }
}
