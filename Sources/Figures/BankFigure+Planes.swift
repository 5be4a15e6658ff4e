import FilterDesign
import Foundation
import Tensors

extension BankFigure {
  /// Samples of the frequency domain along a side of a picture; odd, so that 0 is one of them.
  private var samples: Int { bank.dimensions == 2 ? 129 : 65 }

  /// The pairs of axes whose planes are shown, innermost first: yx; zx, zy; tx, ty, tz.
  static func planes(_ dimensions: Int) -> [[Int]] {
    (0..<dimensions).reversed().flatMap { first in
      (first + 1..<max(dimensions, first + 1)).reversed().map { [first, $0] }
    }
  }

  func planeFigure() throws(FiltersmithError) -> Figure {
    let planes = Self.planes(bank.dimensions)
    var all: [Parts] = []
    for filter in 0..<bank.count {
      all.append(try parts(of: filter, planes: planes, samples: samples))
    }
    let spatialScales = scales(all.map(\.spatialPeak))
    let frequencyScales = scales(all.map(\.frequencyPeak))
    var groups: [Figure.Group] = []
    for filter in 0..<bank.count {
      var rows: [[Panel]] = []
      for plane in planes.indices {
        rows.append(
          try row(
            all[filter], plane: plane, axes: planes[plane], isFirst: plane == 0,
            isLast: plane == planes.count - 1, coefficient: spatialScales[filter],
            magnitude: frequencyScales[filter]))
      }
      groups.append(
        Figure.Group(
          heading: BankText.heading(of: filter, in: bank),
          detail: BankText.direction(of: filter, in: bank),
          rows: rows, rowLabels: planes.count > 1 ? planes.map(name) : [],
          caption: scaleFacts(
            coefficient: sharesScale(all.map(\.spatialPeak)) ? nil : spatialScales[filter],
            magnitude: sharesScale(all.map(\.frequencyPeak)) ? nil : frequencyScales[filter])
            + BankText.facts(of: filter, in: bank)))
    }
    return Figure(
      title: title, subtitle: subtitle(planes: planes.count), groups: groups,
      legends: [
        coefficientBar(sharesScale(all.map(\.spatialPeak)) ? spatialScales[0] : nil),
        magnitudeBar(sharesScale(all.map(\.frequencyPeak)) ? frequencyScales[0] : nil),
      ], columns: columns)
  }

  /// One row: the spatial pictures of a plane, then those of the frequency domain.
  private func row(
    _ parts: Parts, plane: Int, axes: [Int], isFirst: Bool, isLast: Bool, coefficient: Double,
    magnitude: Double
  ) throws(FiltersmithError) -> [Panel] {
    let side = panelSide
    var panels: [Panel] = []
    for (name, values) in zip(spatialNames, parts.spatial[plane]) {
      let (yTaps, xTaps) = (values.shape[0], values.shape[1])
      let xRange = Self.positions(xTaps)
      let yRange = Self.positions(yTaps)
      panels.append(
        Panel(
          isFirst ? name : "",
          .picture(
            Panel.Picture(
              try ColorImage(values, map: .diverging, range: -coefficient...coefficient),
              xRange: xRange, yRange: yRange,
              xTicks: isLast ? Self.endTicks(xRange) : Ticks(positions: [], labels: []),
              yTicks: panels.isEmpty ? Self.endTicks(yRange) : nil)),
          size: Size(side, side)))
    }
    let circle = -Double.pi...Double.pi
    for (name, values) in zip(frequencyNames, parts.frequency[plane]) {
      panels.append(
        Panel(
          isFirst ? name : "",
          .picture(
            Panel.Picture(
              try ColorImage(values, map: .sequential, range: 0...magnitude),
              xRange: circle, yRange: circle,
              xTicks: isLast ? .circle() : Ticks(positions: [], labels: []),
              yTicks: name == "|F|" ? .circle() : nil, marksOrigin: true)),
          size: Size(side, side)))
    }
    return panels
  }

  /// The side of a panel in points: smaller where there are many.
  private var panelSide: Double {
    switch bank.dimensions {
    case 2: bank.count <= 12 ? 88 : 70
    case 3: bank.count <= 12 ? 66 : 56
    default: 54
    }
  }

  private func name(_ axes: [Int]) -> String {
    let names = BankText.axisNames(bank.dimensions)
    return axes.map { names[$0] }.joined(separator: "–")
  }

  private func subtitle(planes: Int) -> [String] {
    BankText.parameters(of: bank.design)
      + (planes > 1
        ? ["Planes through the origin, named by their vertical and horizontal axis."] : [])
      + ["Coefficients by sample; magnitude |F| by frequency in rad/sample."]
  }

  private func scaleFacts(coefficient: Double?, magnitude: Double?) -> [String] {
    [
      coefficient.map { "s = \(Ticks.number($0, digits: 3))" } ?? "",
      magnitude.map { "peak = \(Ticks.number($0, digits: 3))" } ?? "",
    ]
  }

  private func coefficientBar(_ scale: Double?) -> Legend {
    let peak = scale ?? 1
    let ends = scale.map { Ticks.number($0, digits: 3) } ?? "s"
    return .colorBar(
      map: .diverging, range: -peak...peak,
      ticks: Ticks(positions: [-peak, 0, peak], labels: ["−" + ends, "0", ends]),
      label: scale == nil ? "coefficient (s: see filter)" : "coefficient")
  }

  private func magnitudeBar(_ scale: Double?) -> Legend {
    let peak = scale ?? 1
    let end = scale.map { Ticks.number($0, digits: 3) } ?? "peak"
    return .colorBar(
      map: .sequential, range: 0...peak,
      ticks: Ticks(positions: [0, peak], labels: ["0", end]),
      label: scale == nil ? "magnitude |F| (peak: see filter)" : "magnitude |F|")
  }

  /// The coordinates of the first and last tap.
  static func positions(_ taps: Int) -> ClosedRange<Double> {
    Double(-(taps / 2))...Double(taps - 1 - taps / 2)
  }

  /// Ticks at the first and last tap and at the origin.
  private static func endTicks(_ range: ClosedRange<Double>) -> Ticks {
    var positions = [range.lowerBound]
    if range.lowerBound < 0, range.upperBound > 0 { positions.append(0) }
    if range.upperBound > range.lowerBound { positions.append(range.upperBound) }
    return Ticks(positions: positions, labels: positions.map { Ticks.number($0) })
  }
}
