import Foundation
import Tensors

/// A legend for a figure's colours, drawn below its panels.
public enum Legend: Sendable, Hashable {
  /// A bar of a colour map, with the numbers at its ends.
  case colorBar(map: ColorMap, range: ClosedRange<Double>, ticks: Ticks, label: String)
  /// Names of lines (``Axes/Mark``) or of colours, each with a sample.
  case names([Axes.Series], label: String = "")
  /// The circle of orientations in the colours of ``OrientationColors``.
  case wheel(label: String)
}

extension Legend {
  private static let barSize = Size(110, 7)
  private static let wheelRadius = 26.0
  private static let sampleWidth = 16.0

  func size(_ canvas: borrowing Canvas) -> Size {
    switch self {
    case .colorBar(_, _, let ticks, let label):
      let overhang = ticks.labels.map { canvas.width(of: $0, .tick) }.max() ?? 0
      return Size(
        max(Self.barSize.width + overhang, canvas.width(of: label, .label)),
        Self.barSize.height + 4 + TextStyle.tick.lineHeight + TextStyle.label.lineHeight)
    case .names(let series, let label):
      var width = label.isEmpty ? 0 : canvas.width(of: label, .label) + 10
      for one in series { width += Self.sampleWidth + 4 + canvas.width(of: one.label, .label) + 12 }
      return Size(width, TextStyle.label.lineHeight)
    case .wheel(let label):
      return Size(
        2 * Self.wheelRadius + 40 + canvas.width(of: label, .label),
        2 * Self.wheelRadius + 2 * TextStyle.tick.lineHeight + 2)
    }
  }

  func draw(on canvas: borrowing Canvas, at corner: Point) {
    let size = size(canvas)
    switch self {
    case .colorBar(let map, let range, let ticks, let label):
      canvas.text(
        label, at: Point(corner.x + size.width / 2, corner.y), horizontal: .center,
        vertical: .top)
      let box = Rectangle(
        x: corner.x + (size.width - Self.barSize.width) / 2,
        y: corner.y + TextStyle.label.lineHeight + 1, width: Self.barSize.width,
        height: Self.barSize.height)
      let steps = 256
      let bar = ColorImage(width: steps, height: 1) { _, column in
        map(Double(column) / Double(steps - 1))
      }
      canvas.image(bar, in: box)
      canvas.frame(box)
      for (position, label) in zip(ticks.positions, ticks.labels) where range.contains(position) {
        let part = (position - range.lowerBound) / (range.upperBound - range.lowerBound)
        let x = box.x + part * box.width
        canvas.line(from: Point(x, box.bottom), to: Point(x, box.bottom + 2))
        canvas.text(
          label, at: Point(x, box.bottom + 3.5), .tick, horizontal: .center, vertical: .top)
      }
    case .names(let series, let label):
      var x = corner.x
      let y = corner.y + size.height / 2
      if !label.isEmpty {
        canvas.text(label, at: Point(x, y), vertical: .middle)
        x += canvas.width(of: label, .label) + 10
      }
      for one in series {
        Self.drawSample(of: one, on: canvas, from: Point(x, y))
        x += Self.sampleWidth + 4
        canvas.text(one.label, at: Point(x, y), vertical: .middle)
        x += canvas.width(of: one.label, .label) + 12
      }
    case .wheel(let label):
      Self.drawWheel(on: canvas, corner: corner, label: label)
    }
  }

  private static func drawSample(
    of one: Axes.Series, on canvas: borrowing Canvas, from start: Point
  ) {
    let end = Point(start.x + sampleWidth, start.y)
    let width = one.mark == .stems ? 1 : 1.4
    canvas.line(
      from: start, to: end, Stroke(color: one.color, width: width, dashes: one.mark.dashes))
    guard one.mark.hasDots else { return }
    let dot = one.mark == .stems ? end : Point((start.x + end.x) / 2, start.y)
    canvas.disc(center: dot, radius: 1.9, one.color)
  }

  private static func drawWheel(on canvas: borrowing Canvas, corner: Point, label: String) {
    let radius = wheelRadius
    let center = Point(
      corner.x + radius + 18, corner.y + radius + TextStyle.tick.lineHeight)
    // Fine enough to be smooth in print, and the same in every format.
    let extent = 240
    let wheel = ColorImage(width: extent, height: extent) { row, column in
      let x = (Double(column) + 0.5) / Double(extent) * 2 - 1
      let y = (Double(row) + 0.5) / Double(extent) * 2 - 1
      let distance = (x * x + y * y).squareRoot()
      guard distance <= 1 else { return .white }
      return OrientationColors.color(angle: atan2(y, x), certainty: distance)
    }
    canvas.image(
      wheel,
      in: Rectangle(
        x: center.x - radius, y: center.y - radius, width: 2 * radius, height: 2 * radius))
    canvas.circle(center: center, radius: radius)
    canvas.text("0°", at: Point(center.x + radius + 3, center.y), .tick, vertical: .middle)
    canvas.text(
      "90°", at: Point(center.x, center.y + radius + 2.5), .tick, horizontal: .center,
      vertical: .top)
    canvas.text(
      "180°", at: Point(center.x - radius - 3, center.y), .tick, horizontal: .right,
      vertical: .middle)
    canvas.text(
      "−90°", at: Point(center.x, center.y - radius - 2.5), .tick, horizontal: .center,
      vertical: .bottom)
    canvas.text(
      label, at: Point(center.x + radius + 20, center.y), .label, vertical: .middle)
  }
}
