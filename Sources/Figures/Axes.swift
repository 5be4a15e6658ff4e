import Foundation

/// A line plot: filters and profiles in one dimension, curves with error bands.
public struct Axes: Sendable, Hashable {
  /// How the values of a series are marked.
  public enum Mark: Sendable, Hashable {
    /// A line through the values.
    case line
    /// A dashed line through the values.
    case dashed
    /// A stem from zero and a dot at each value.
    case stems
    /// A line through the values and a dot at each.
    case dots
    /// A dashed line through the values and a dot at each.
    case dashedDots

    var hasDots: Bool { self == .stems || self == .dots || self == .dashedDots }
    var dashes: [Double] { self == .dashed || self == .dashedDots ? [3, 2] : [] }
  }

  /// Values and how to draw them.
  public struct Series: Sendable, Hashable {
    /// The positions of the values.
    public var x: [Double]
    /// The values; a gap where one is not finite.
    public var y: [Double]
    /// The half width of an error band around the values; empty for none.
    public var deviation: [Double]
    /// The opacity of the error band, 0 to 1: lower where many bands overlap.
    public var bandOpacity = 0.2
    /// How they are marked.
    public var mark: Mark
    /// The colour.
    public var color: Color
    /// The name in the legend; empty to leave it out.
    public var label: String

    /// Values to draw; surplus ones of `x` or `y` are ignored.
    public init(
      x: [Double], y: [Double], deviation: [Double] = [], mark: Mark = .line,
      color: Color = Color.lines[0], label: String = ""
    ) {
      let count = min(x.count, y.count)
      self.x = Array(x.prefix(count))
      self.y = Array(y.prefix(count))
      self.deviation = Array(deviation.prefix(count))
      self.mark = mark
      self.color = color
      self.label = label
    }
  }

  /// What is drawn, the last one on top.
  public var series: [Series]
  /// The label of the horizontal axis, with its unit.
  public var xLabel: String
  /// The label of the vertical axis, with its unit.
  public var yLabel: String
  /// The range of the horizontal axis; `nil` for that of the data.
  public var xRange: ClosedRange<Double>?
  /// The range of the vertical axis; `nil` for that of the data with a margin.
  public var yRange: ClosedRange<Double>?
  /// Ticks of the horizontal axis; `nil` for round numbers.
  public var xTicks: Ticks?
  /// Ticks of the vertical axis; `nil` for round numbers.
  public var yTicks: Ticks?

  /// A plot of the given series.
  public init(
    _ series: [Series], xLabel: String = "", yLabel: String = "",
    xRange: ClosedRange<Double>? = nil, yRange: ClosedRange<Double>? = nil, xTicks: Ticks? = nil,
    yTicks: Ticks? = nil
  ) {
    self.series = series
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.xRange = xRange
    self.yRange = yRange
    self.xTicks = xTicks
    self.yTicks = yTicks
  }

  /// The range of the horizontal axis.
  var horizontal: ClosedRange<Double> {
    xRange ?? Self.span(of: series.flatMap(\.x), room: 0)
  }

  /// The range of the vertical axis.
  var vertical: ClosedRange<Double> {
    if let yRange { return yRange }
    var values: [Double] = []
    for one in series {
      values += one.y
      for (value, deviation) in zip(one.y, one.deviation) {
        values += [value - deviation, value + deviation]
      }
      if one.mark == .stems { values.append(0) }
    }
    return Self.span(of: values, room: 0.06)
  }

  var horizontalTicks: Ticks { xTicks ?? Ticks(in: horizontal) }
  var verticalTicks: Ticks { yTicks ?? Ticks(in: vertical, atMost: 5) }

  /// From the smallest to the largest finite value, with a margin; never of zero width.
  private static func span(of values: [Double], room: Double) -> ClosedRange<Double> {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return 0...1 }
    if low == high {
      let half = low == 0 ? 1 : abs(low) / 2
      return low - half...high + half
    }
    return low - room * (high - low)...high + room * (high - low)
  }
}

extension Axes {
  /// The space that the labels need around the plot.
  func insets(_ canvas: borrowing Canvas) -> Insets {
    var widest = 0.0
    for label in verticalTicks.labels { widest = max(widest, canvas.width(of: label, .tick)) }
    let xName = xLabel.isEmpty ? 0 : TextStyle.label.lineHeight
    let yName = yLabel.isEmpty ? 0 : TextStyle.label.lineHeight
    let overhang = horizontalTicks.labels.last.map { canvas.width(of: $0, .tick) / 2 } ?? 0
    return Insets(
      top: 2, left: widest + yName + 6, bottom: TextStyle.tick.lineHeight + xName + 4,
      right: overhang + 1)
  }

  /// Draws the plot so that its frame is `box`.
  func draw(on canvas: borrowing Canvas, in box: Rectangle) {
    let (horizontal, vertical) = (horizontal, vertical)
    func place(_ x: Double, _ y: Double) -> Point {
      let across = (x - horizontal.lowerBound) / (horizontal.upperBound - horizontal.lowerBound)
      let up = (y - vertical.lowerBound) / (vertical.upperBound - vertical.lowerBound)
      return Point(box.x + across * box.width, box.bottom - up * box.height)
    }
    drawTicks(on: canvas, in: box, place: place)
    for one in series {
      let points = zip(one.x, one.y).map { place($0, $1) }
      // Clipping as a pair of save and restore, since a closure cannot capture the canvas.
      canvas.beginClip(to: box)
      drawBand(of: one, on: canvas, place: place)
      switch one.mark {
      case .line, .dashed, .dots, .dashedDots:
        canvas.polyline(
          points, Stroke(color: one.color, width: 1.2, dashes: one.mark.dashes))
      case .stems:
        for (x, point) in zip(one.x, points) where point.y.isFinite {
          canvas.line(from: place(x, 0), to: point, Stroke(color: one.color, width: 1))
        }
      }
      canvas.endClip()
      // Dots at the very edge of the plot stay whole.
      if one.mark.hasDots {
        for point in points where point.y.isFinite {
          canvas.disc(center: point, radius: 1.7, one.color)
        }
      }
    }
    canvas.frame(box)
    canvas.text(
      xLabel, at: Point(box.center.x, box.bottom + TextStyle.tick.lineHeight + 4),
      horizontal: .center, vertical: .top)
    let widest = verticalTicks.labels.map { canvas.width(of: $0, .tick) }.max() ?? 0
    canvas.text(
      yLabel, at: Point(box.x - widest - 7, box.center.y), horizontal: .center, isTurned: true)
  }

  private func drawTicks(
    on canvas: borrowing Canvas, in box: Rectangle, place: (Double, Double) -> Point
  ) {
    let (horizontal, vertical) = (horizontal, vertical)
    for (position, label) in zip(horizontalTicks.positions, horizontalTicks.labels)
    where horizontal.contains(position) {
      let x = place(position, vertical.lowerBound).x
      canvas.line(from: Point(x, box.y), to: Point(x, box.bottom), .grid)
      canvas.line(from: Point(x, box.bottom), to: Point(x, box.bottom + 2))
      canvas.text(
        label, at: Point(x, box.bottom + 3.5), .tick, horizontal: .center, vertical: .top)
    }
    for (position, label) in zip(verticalTicks.positions, verticalTicks.labels)
    where vertical.contains(position) {
      let y = place(horizontal.lowerBound, position).y
      canvas.line(from: Point(box.x, y), to: Point(box.right, y), .grid)
      canvas.line(from: Point(box.x - 2, y), to: Point(box.x, y))
      canvas.text(label, at: Point(box.x - 3.5, y), .tick, horizontal: .right, vertical: .middle)
    }
    if vertical.lowerBound < 0, vertical.upperBound > 0 {
      let y = place(horizontal.lowerBound, 0).y
      canvas.line(from: Point(box.x, y), to: Point(box.right, y))
    }
  }

  private func drawBand(
    of one: Series, on canvas: borrowing Canvas, place: (Double, Double) -> Point
  ) {
    let range = one.deviation.indices.filter { (one.y[$0] + one.deviation[$0]).isFinite }
    guard range.count > 1 else { return }
    let upper = range.map { place(one.x[$0], one.y[$0] + one.deviation[$0]) }
    let lower = range.reversed().map { place(one.x[$0], one.y[$0] - one.deviation[$0]) }
    canvas.polygon(upper + lower, one.color, opacity: one.bandOpacity)
  }
}
