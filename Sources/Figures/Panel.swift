import Tensors

/// One picture or plot of a figure, with its name above it and its ticks around it.
public struct Panel: Sendable, Hashable {
  /// What a panel shows.
  public enum Content: Sendable, Hashable {
    /// A picture of pixels.
    case picture(Picture)
    /// A line plot.
    case axes(Axes)
    /// Nothing: an empty position in the grid.
    case empty
  }

  /// A picture of pixels and the coordinates along its sides.
  public struct Picture: Sendable, Hashable {
    /// The pixels, which are square.
    public var image: ColorImage
    /// The coordinates of the first and last column.
    public var xRange: ClosedRange<Double>
    /// The coordinates of the first and last row, downwards.
    public var yRange: ClosedRange<Double>
    /// Ticks along the lower side.
    public var xTicks: Ticks?
    /// Ticks along the left side.
    public var yTicks: Ticks?
    /// Whether thin lines mark the coordinates 0.
    public var marksOrigin: Bool
    /// Lines drawn over the pixels, in the picture's coordinates.
    public var overlays: [Overlay]

    /// A picture whose coordinates count pixels unless given.
    public init(
      _ image: ColorImage, xRange: ClosedRange<Double>? = nil, yRange: ClosedRange<Double>? = nil,
      xTicks: Ticks? = nil, yTicks: Ticks? = nil, marksOrigin: Bool = false,
      overlays: [Overlay] = []
    ) {
      self.image = image
      self.xRange = xRange ?? 0...Double(max(image.width - 1, 0))
      self.yRange = yRange ?? 0...Double(max(image.height - 1, 0))
      self.xTicks = xTicks
      self.yTicks = yTicks
      self.marksOrigin = marksOrigin
      self.overlays = overlays
    }
  }

  /// A line over a picture.
  public struct Overlay: Sendable, Hashable {
    /// The x coordinates of its points.
    public var x: [Double]
    /// The y coordinates of its points, downwards.
    public var y: [Double]
    /// The colour.
    public var color: Color

    /// A line through points in the picture's coordinates.
    public init(x: [Double], y: [Double], color: Color) {
      (self.x, self.y, self.color) = (x, y, color)
    }
  }

  /// The name above; empty for none.
  public var title: String
  /// What is shown.
  public var content: Content
  /// The box of the pixels or the plot, in points.
  public var size: Size

  /// A panel with a picture or a plot.
  public init(_ title: String = "", _ content: Content, size: Size) {
    self.title = title
    self.content = content
    self.size = size
  }

  /// An empty position.
  public static let empty = Panel("", .empty, size: Size(0, 0))
}

extension Panel {
  /// The space that the name and the ticks need around the box.
  func insets(_ canvas: borrowing Canvas) -> Insets {
    var insets =
      switch content {
      case .picture(let picture): picture.insets(canvas)
      case .axes(let axes): axes.insets(canvas)
      case .empty: Insets()
      }
    if !title.isEmpty {
      insets.top += TextStyle.label.lineHeight + 1
      // A name wider than its panel overhangs on both sides.
      let overhang = max(canvas.width(of: title, .label) - size.width, 0) / 2
      insets = insets.union(Insets(left: overhang, right: overhang))
    }
    return insets
  }

  /// Draws the panel so that its pixels or its plot fill `box`.
  func draw(on canvas: borrowing Canvas, in box: Rectangle) {
    var top = box.y
    switch content {
    case .picture(let picture):
      let fitted = picture.box(within: box)
      picture.draw(on: canvas, in: fitted)
      top = fitted.y
    case .axes(let axes): axes.draw(on: canvas, in: box)
    case .empty: break
    }
    canvas.text(
      title, at: Point(box.center.x, top - 3.5), horizontal: .center, vertical: .baseline)
  }
}

extension Panel.Picture {
  /// The largest box with the picture's proportions in the middle of another.
  func box(within box: Rectangle) -> Rectangle {
    guard image.width > 0, image.height > 0 else { return box }
    let scale = min(box.width / Double(image.width), box.height / Double(image.height))
    let (width, height) = (scale * Double(image.width), scale * Double(image.height))
    return Rectangle(
      x: box.center.x - width / 2, y: box.center.y - height / 2, width: width, height: height)
  }

  func insets(_ canvas: borrowing Canvas) -> Insets {
    var insets = Insets(top: 1, left: 1, bottom: 1, right: 1)
    if let yTicks {
      for label in yTicks.labels {
        insets.left = max(insets.left, canvas.width(of: label, .tick) + 5)
      }
    }
    if let xTicks, !xTicks.positions.isEmpty {
      insets.bottom = TextStyle.tick.lineHeight + 4
      for label in [xTicks.labels.first, xTicks.labels.last] {
        let overhang = canvas.width(of: label ?? "", .tick) / 2
        insets = insets.union(Insets(left: overhang, right: overhang))
      }
    }
    return insets
  }

  func draw(on canvas: borrowing Canvas, in box: Rectangle) {
    canvas.image(image, in: box)
    // Coordinates are those of pixel centres.
    func across(_ x: Double) -> Double {
      Self.place(x, in: xRange, count: image.width) * box.width + box.x
    }
    func down(_ y: Double) -> Double {
      Self.place(y, in: yRange, count: image.height) * box.height + box.y
    }
    if marksOrigin {
      let stroke = Stroke(color: Color(gray: 0.6), width: 0.35)
      canvas.line(from: Point(across(0), box.y), to: Point(across(0), box.bottom), stroke)
      canvas.line(from: Point(box.x, down(0)), to: Point(box.right, down(0)), stroke)
    }
    canvas.beginClip(to: box)
    for overlay in overlays {
      let points = zip(overlay.x, overlay.y).map { Point(across($0), down($1)) }
      canvas.polyline(points, Stroke(color: overlay.color, width: 0.8))
    }
    canvas.endClip()
    canvas.frame(box)
    for (position, label) in zip(xTicks?.positions ?? [], xTicks?.labels ?? []) {
      let x = across(position)
      canvas.line(from: Point(x, box.bottom), to: Point(x, box.bottom + 2))
      canvas.text(
        label, at: Point(x, box.bottom + 3.5), .tick, horizontal: .center, vertical: .top)
    }
    for (position, label) in zip(yTicks?.positions ?? [], yTicks?.labels ?? []) {
      let y = down(position)
      canvas.line(from: Point(box.x - 2, y), to: Point(box.x, y))
      canvas.text(label, at: Point(box.x - 3.5, y), .tick, horizontal: .right, vertical: .middle)
    }
  }

  /// The fraction of a side at which a coordinate lies.
  private static func place(_ value: Double, in range: ClosedRange<Double>, count: Int) -> Double {
    let span = range.upperBound - range.lowerBound
    guard span > 0 else { return 0.5 }
    let pixel = (value - range.lowerBound) / span * Double(count - 1)
    return (pixel + 0.5) / Double(count)
  }
}
