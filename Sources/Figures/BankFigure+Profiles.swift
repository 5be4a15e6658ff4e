import FilterDesign
import Foundation
import Tensors

extension BankFigure {
  /// Filters with one axis: stems for their coefficients and lines for their magnitudes.
  func profileFigure() throws(FiltersmithError) -> Figure {
    var all: [Parts] = []
    for filter in 0..<bank.count {
      all.append(try parts(of: filter, planes: [[0]], samples: 257))
    }
    let spatialScales = scales(all.map(\.spatialPeak))
    let frequencyScales = scales(all.map(\.frequencyPeak))
    var groups: [Figure.Group] = []
    for filter in 0..<bank.count {
      groups.append(
        Figure.Group(
          heading: BankText.heading(of: filter, in: bank),
          rows: [
            [
              coefficients(all[filter], scale: spatialScales[filter]),
              magnitudes(all[filter], scale: frequencyScales[filter]),
            ]
          ], caption: BankText.facts(of: filter, in: bank)))
    }
    return Figure(
      title: title, subtitle: BankText.parameters(of: bank.design), groups: groups,
      legends: [
        .names(spatialSeries(Parts(spatial: [[]], frequency: [[]]))),
        .names(frequencySeries(Parts(spatial: [[]], frequency: [[]]))),
      ], columns: columns)
  }

  private func coefficients(_ parts: Parts, scale: Double) -> Panel {
    let taps = bank.support[0]
    let range = Self.positions(taps)
    return Panel(
      "coefficients",
      .axes(
        Axes(
          spatialSeries(parts), xLabel: "sample",
          xRange: range.lowerBound - 0.5...range.upperBound + 0.5,
          yRange: -1.1 * scale...1.1 * scale
        )), size: Size(150, 92))
  }

  private func magnitudes(_ parts: Parts, scale: Double) -> Panel {
    Panel(
      "magnitude |F|",
      .axes(
        Axes(
          frequencySeries(parts), xLabel: "frequency (rad/sample)", xRange: -Double.pi...Double.pi,
          yRange: 0...1.1 * scale, xTicks: .circle(halves: true))), size: Size(150, 92))
  }

  private func spatialSeries(_ parts: Parts) -> [Axes.Series] {
    spatialNames.enumerated().map { place, name in
      let values = parts.spatial[0].indices.contains(place) ? parts.spatial[0][place].elements : []
      // Odd coefficients are a little to the right of the even ones, so that both stems are visible.
      let shift = bank.isComplex ? (place == 0 ? -0.12 : 0.12) : 0
      return Axes.Series(
        x: values.indices.map { Double($0 - values.count / 2) + shift }, y: values, mark: .stems,
        color: Color.lines[place], label: name)
    }
  }

  private func frequencySeries(_ parts: Parts) -> [Axes.Series] {
    let series = frequencyNames.enumerated().map { place, name in
      let values =
        parts.frequency[0].indices.contains(place) ? parts.frequency[0][place].elements : []
      return Axes.Series(
        x: values.isEmpty ? [] : Self.frequencies(values.count), y: values,
        mark: place == 0 ? .line : .dashed, color: place == 0 ? Color.lines[0] : Color(gray: 0.35),
        label: name)
    }
    return series
  }
}
