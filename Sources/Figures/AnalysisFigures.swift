import ImageAnalysis
import Numerics
import Tensors

extension AdaptiveFilterControl {
  /// The control functions as plots: m over the norm of the tensor, μ over the ratio of eigenvalues.
  public func figure(title: String = "Control functions of adaptive filtering") -> Figure {
    let reach = max(3 * threshold, 1)
    let places = (0...200).map { Double($0) / 200 }
    let strengths = Axes.Series(
      x: places.map { $0 * reach }, y: places.map { strength($0 * reach) })
    let passages = Axes.Series(x: places, y: places.map(passage), color: Color.lines[1])
    func panel(_ series: Axes.Series, _ xLabel: String, _ yLabel: String) -> Panel {
      Panel(
        "",
        .axes(Axes([series], xLabel: xLabel, yLabel: yLabel, yRange: 0...1.06)),
        size: Size(200, 120))
    }
    return Figure(
      title: title,
      subtitle: [
        "γ₁ = m(‖T‖), γᵢ₊₁ = γᵢ μ(λᵢ₊₁/λᵢ)",
        "σ = \(threshold), α = \(resonance), β = \(slope); α = \(anisotropy), β = \(anisotropySlope)",
      ],
      groups: [
        Figure.Group(
          heading: "m", detail: "how much passes",
          rows: [[panel(strengths, "‖T‖ / reference", "m")]]),
        Figure.Group(
          heading: "μ", detail: "in how many directions",
          rows: [[panel(passages, "λᵢ₊₁ / λᵢ", "μ")]]),
      ], columns: 2)
  }
}

/// The picture of local phase: the hue shows the phase, the brightness the magnitude.
public struct PhaseFigure: Sendable {
  /// The phase in radians, `[y, x]` or `[z, y, x]` (its middle slice is drawn).
  public var phase: Tensor<Float>
  /// How bright each sample is, the same shape.
  public var magnitude: Tensor<Float>
  /// The title above the figure.
  public var title: String

  /// The picture of a phase and its magnitude.
  ///
  /// - Throws: ``FiltersmithError`` when they are not two images or volumes of one shape.
  public init(
    phase: Tensor<Float>, magnitude: Tensor<Float>, title: String = "Local phase"
  ) throws(FiltersmithError) {
    guard phase.shape == magnitude.shape, (2...3).contains(phase.rank), phase.count > 0 else {
      throw FiltersmithError(
        .shape,
        "phase \(phase.shape) and magnitude \(magnitude.shape) are not images or volumes of one shape"
      )
    }
    (self.phase, self.magnitude, self.title) = (phase, magnitude, title)
  }

  /// The figure, ready to be written.
  ///
  /// - Throws: ``FiltersmithError`` when it cannot be drawn.
  public func figure() throws(FiltersmithError) -> Figure {
    let isVolume = phase.rank == 3
    let phase = isVolume ? try self.phase.slice(across: 0) : self.phase
    let magnitude = isVolume ? try self.magnitude.slice(across: 0) : self.magnitude
    let sorted = magnitude.elements.filter(\.isFinite).sorted()
    let full = max(sorted.isEmpty ? 1 : sorted[(sorted.count - 1) * 98 / 100], 1e-30)
    let picture = ColorImage(width: phase.shape[1], height: phase.shape[0]) { row, column in
      let brightness = Double(min(max(magnitude[row, column] / full, 0), 1))
      let hue = ColorMap.cyclic(Double(phase[row, column]) / (2 * .pi))
      return Color(
        red: hue.red * brightness, green: hue.green * brightness, blue: hue.blue * brightness)
    }
    let (rows, columns) = (Double(picture.height), Double(picture.width))
    let scale = 360 / max(rows, columns)
    let ticks = Ticks(
      positions: [-.pi, -.pi / 2, 0, .pi / 2, .pi], labels: ["−π", "−π/2", "0", "π/2", "π"])
    return Figure(
      title: title,
      subtitle: [
        "0: bright lines, ±π: dark lines, −π/2: edges that rise along the direction, π/2: that fall"
      ],
      groups: [
        Figure.Group(rows: [
          [
            Panel(
              isVolume ? "middle slice" : "",
              .picture(Panel.Picture(picture.limited(to: 1024))),
              size: Size(columns * scale, rows * scale))
          ]
        ])
      ],
      legends: [
        .colorBar(
          map: .cyclic, range: -.pi ... .pi, ticks: ticks,
          label: "local phase; brightness: magnitude"
        )
      ])
  }
}

/// The picture of a displacement field: a deformed grid over the image, and the field in colour.
public struct DisplacementFigure: Sendable {
  /// The field; for a volume the middle slice across z is drawn, with the displacements within it.
  public var field: DisplacementField
  /// The image under the grid, with the field's extents; `nil` for none.
  public var image: Tensor<Float>?
  /// The title above the figure.
  public var title: String
  /// The approximate number of grid lines along the longer side.
  public var lines: Int

  /// The picture of a field.
  ///
  /// - Throws: ``FiltersmithError`` when the field is not one of images or volumes, or the image has
  ///   another shape.
  public init(
    _ field: DisplacementField, image: Tensor<Float>? = nil, title: String = "Displacement field",
    lines: Int = 24
  ) throws(FiltersmithError) {
    guard (2...3).contains(field.dimensions), image.map({ $0.shape == field.shape }) ?? true else {
      throw FiltersmithError(
        .shape,
        "a field over \(field.shape) cannot be drawn over an image of shape "
          + "\(image?.shape ?? field.shape); both need the same 2 or 3 axes")
    }
    (self.field, self.image, self.title, self.lines) = (field, image, title, max(lines, 2))
  }

  /// The figure, ready to be written.
  ///
  /// - Throws: ``FiltersmithError`` when it cannot be drawn.
  public func figure() throws(FiltersmithError) -> Figure {
    let axes = field.dimensions
    func flat(_ tensor: Tensor<Float>) throws(FiltersmithError) -> Tensor<Float> {
      axes == 3 ? try tensor.slice(across: tensor.rank - 3) : tensor
    }
    let vectors = try flat(field.vectors)
    let dy = try vectors.selected(axis: 0, at: axes - 2)
    let dx = try vectors.selected(axis: 0, at: axes - 1)
    let (rows, columns) = (dy.shape[0], dy.shape[1])
    let scale = 300 / Double(max(rows, columns))
    let size = Size(Double(columns) * scale, Double(rows) * scale)
    let lengths = try dy.zip(with: dx) { ($0 * $0 + $1 * $1).squareRoot() }
    let sorted = lengths.elements.sorted()
    let full = max(Double(sorted[(sorted.count - 1) * 99 / 100]), 1e-6)
    let colors = ColorImage(dy: dy, dx: dx, full: full)
    let background: ColorImage
    if let image {
      let shown = try flat(image)
      let (low, high) = (Double(shown.min() ?? 0), Double(shown.max() ?? 1))
      background = try ColorImage(shown, map: .gray, range: low...max(high, low + 1e-30))
    } else {
      background = ColorImage(width: columns, height: rows) { _, _ in .white }
    }
    let grid = Panel.Picture(background, overlays: overlays(dy, dx))
    let largest = sorted.last ?? 0
    return Figure(
      title: title,
      subtitle: [
        "Where each line of a regular grid lies in the moving image; displacements in samples, at most "
          + "\((Double(largest) * 100).rounded() / 100)" + (axes == 3 ? "; the middle slice" : "")
      ],
      groups: [
        Figure.Group(heading: "grid", rows: [[Panel("", .picture(grid), size: size)]]),
        Figure.Group(
          heading: "direction", detail: ColorImage.vectorColors,
          rows: [[Panel("", .picture(Panel.Picture(colors)), size: size)]]),
      ], columns: 2)
  }

  /// Lines of the grid, displaced.
  private func overlays(_ dy: Tensor<Float>, _ dx: Tensor<Float>) -> [Panel.Overlay] {
    let (rows, columns) = (dy.shape[0], dy.shape[1])
    let step = max(max(rows, columns) / lines, 1)
    let color = image == nil ? Color(hex: 0x404040) : Color(hex: 0xFFB000)
    func line(_ places: [(Int, Int)]) -> Panel.Overlay {
      Panel.Overlay(
        x: places.map { Double($0.1) + Double(dx[$0.0, $0.1]) },
        y: places.map { Double($0.0) + Double(dy[$0.0, $0.1]) }, color: color)
    }
    let across = stride(from: step / 2, to: rows, by: step).map { row in
      line((0..<columns).map { (row, $0) })
    }
    let down = stride(from: step / 2, to: columns, by: step).map { column in
      line((0..<rows).map { ($0, column) })
    }
    return across + down
  }
}

/// The picture of motion in a sequence: how its contents move, in colour.
public struct VelocityFigure: Sendable {
  /// The motion; its middle frame is drawn, for volumes the middle slice with the motion within it.
  public var velocity: LocalVelocity
  /// The sequence, `[t, space…]`; `nil` to leave its middle frame out.
  public var sequence: Tensor<Float>?
  /// The title above the figure.
  public var title: String

  /// The picture of motion in images or volumes.
  ///
  /// - Throws: ``FiltersmithError`` when there are other than 2 or 3 axes of space, or the sequence has
  ///   another shape.
  public init(
    _ velocity: LocalVelocity, sequence: Tensor<Float>? = nil, title: String = "Velocity"
  ) throws(FiltersmithError) {
    let shape = velocity.pathCertainty.shape
    guard (3...4).contains(shape.rank), sequence.map({ $0.shape == shape }) ?? true else {
      throw FiltersmithError(
        .shape,
        "motion over \(shape) cannot be drawn beside a sequence of shape "
          + "\(sequence?.shape ?? shape); both need the same axes, time and 2 or 3 of space")
    }
    (self.velocity, self.sequence, self.title) = (velocity, sequence, title)
  }

  /// The figure, ready to be written.
  ///
  /// - Throws: ``FiltersmithError`` when it cannot be drawn.
  public func figure() throws(FiltersmithError) -> Figure {
    let isVolume = velocity.pathCertainty.rank == 4
    // After the components, where there are any, comes time, then z.
    func flat(_ tensor: Tensor<Float>, past: Int = 0) throws(FiltersmithError) -> Tensor<Float> {
      let frame = try tensor.slice(across: past)
      return isVolume ? try frame.slice(across: past) : frame
    }
    let path = try flat(velocity.path, past: 1)
    let dy = try path.selected(axis: 0, at: path.shape[0] - 2)
    let dx = try path.selected(axis: 0, at: path.shape[0] - 1)
    let certainty = try flat(velocity.pathCertainty)
    let (rows, columns) = (dy.shape[0], dy.shape[1])
    let scale = 300 / Double(max(rows, columns))
    let size = Size(Double(columns) * scale, Double(rows) * scale)
    // Full colour is the speed of certain samples, so that a few outliers do not make the rest pale.
    let speeds = zip(certainty.elements, zip(dy.elements, dx.elements))
      .filter { $0.0 > 0.3 }.map { ($0.1.0 * $0.1.0 + $0.1.1 * $0.1.1).squareRoot() }.sorted()
    let full = max(speeds.isEmpty ? 1 : Double(speeds[(speeds.count - 1) * 9 / 10]), 1e-6)
    let colors = ColorImage(dy: dy, dx: dx, full: full, certainty: certainty)
    var groups: [Figure.Group] = []
    if let sequence {
      let frame = try flat(sequence)
      let (low, high) = (Double(frame.min() ?? 0), Double(frame.max() ?? 1))
      let picture = try ColorImage(frame, map: .gray, range: low...max(high, low))
      groups.append(
        Figure.Group(
          heading: "middle frame", detail: isVolume ? "middle slice" : "",
          rows: [[Panel("", .picture(Panel.Picture(picture.limited(to: 1024))), size: size)]]))
    }
    groups.append(
      Figure.Group(
        heading: "velocity", detail: ColorImage.vectorColors,
        rows: [[Panel("", .picture(Panel.Picture(colors.limited(to: 1024))), size: size)]]))
    return Figure(
      title: title,
      subtitle: [
        "Full colour from \((full * 100).rounded() / 100) units of space per unit of time; paler where "
          + "the path is not sure"
      ], groups: groups, columns: groups.count)
  }
}

extension ColorImage {
  /// What the colours of vectors mean.
  static let vectorColors = "red: right, green: down left, blue: up left; white: none"

  /// Vectors in colour: one turn of the hues for one turn of the direction, paler for shorter ones and
  /// less certain ones; `full` and longer have full colour.
  init(dy: Tensor<Float>, dx: Tensor<Float>, full: Double, certainty: Tensor<Float>? = nil) {
    self.init(width: dy.shape[1], height: dy.shape[0]) { row, column in
      let (y, x) = (Double(dy[row, column]), Double(dx[row, column]))
      let hue = ColorMap.cyclic(Double.atan2(y: y, x: x) / (2 * .pi))
      let known = certainty.map { min(max(Double($0[row, column]), 0), 1) } ?? 1
      return Color.white.mixed(with: hue, min((y * y + x * x).squareRoot() / full, 1) * known)
    }
  }
}
