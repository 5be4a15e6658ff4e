import Foundation
import ImageAnalysis
import Tensors

/// The picture of what was found in an image: marks over it.
public struct MarksFigure: Sendable {
  /// One detected feature, in samples.
  public enum Mark: Sendable, Hashable {
    /// A small cross at a position.
    case cross(y: Double, x: Double)
    /// An ellipse around a position: a circle where samples are square.
    case ellipse(y: Double, x: Double, radiusY: Double, radiusX: Double)
  }

  /// The image under the marks, `[y, x]`.
  public var image: Tensor<Float>
  /// The detected features.
  public var marks: [Mark]
  /// The title above the figure.
  public var title: String
  /// Facts below the title.
  public var subtitle: [String]

  /// The picture of marks on an image; a volume `[z, y, x]` is projected along z, by its largest
  /// samples.
  ///
  /// - Throws: ``FiltersmithError`` when it is neither.
  public init(
    _ marks: [Mark], on image: Tensor<Float>, title: String, subtitle: [String] = []
  ) throws(FiltersmithError) {
    guard (2...3).contains(image.rank), image.count > 0 else {
      throw FiltersmithError(
        .shape, "marks are drawn on images [y, x] and volumes [z, y, x]; given \(image.shape)")
    }
    self.image = image.rank == 3 ? try image.projected(along: 0) : image
    (self.marks, self.title, self.subtitle) = (marks, title, subtitle)
  }

  /// The figure, ready to be written.
  ///
  /// - Throws: ``FiltersmithError`` when it cannot be drawn.
  public func figure() throws(FiltersmithError) -> Figure {
    let (rows, columns) = (Double(image.shape[0]), Double(image.shape[1]))
    let scale = 400 / max(rows, columns)
    let reach = 3 / scale
    let overlays = marks.flatMap { mark -> [Panel.Overlay] in
      switch mark {
      case .cross(let y, let x):
        return [
          Panel.Overlay(x: [x - reach, x + reach], y: [y, y], color: Self.color),
          Panel.Overlay(x: [x, x], y: [y - reach, y + reach], color: Self.color),
        ]
      case .ellipse(let y, let x, let radiusY, let radiusX):
        let angles = (0...48).map { 2 * Double.pi * Double($0) / 48 }
        return [
          Panel.Overlay(
            x: angles.map { x + radiusX * cos($0) }, y: angles.map { y + radiusY * sin($0) },
            color: Self.color)
        ]
      }
    }
    let (low, high) = (Double(image.min() ?? 0), Double(image.max() ?? 1))
    let picture = try ColorImage(image, map: .gray, range: low...max(high, low))
    return Figure(
      title: title, subtitle: subtitle,
      groups: [
        Figure.Group(rows: [
          [
            Panel(
              "",
              .picture(
                Panel.Picture(
                  picture.limited(to: 1024), xRange: 0...(columns - 1), yRange: 0...(rows - 1),
                  overlays: overlays)),
              size: Size(columns * scale, rows * scale))
          ]
        ])
      ])
  }

  /// Amber: visible on black and on white.
  private static let color = Color(hex: 0xFFB000)
}

extension Histogram {
  /// The histogram as a plot, with thresholds as vertical lines.
  public func figure(thresholds: [Double] = [], title: String = "Histogram") -> Figure {
    let peak = Double(counts.max() ?? 1)
    let bars = Axes.Series(
      // Steps: every bin from its lower to its upper end.
      x: counts.indices.flatMap { bin in
        [lower + Double(bin) * binWidth, lower + Double(bin + 1) * binWidth]
      },
      y: counts.flatMap { [Double($0), Double($0)] }, label: "samples")
    let cuts = thresholds.enumerated().map { index, threshold in
      Axes.Series(
        x: [threshold, threshold], y: [0, peak], mark: .dashed, color: Color.lines[1],
        label: index == 0 ? "threshold" : "")
    }
    return Figure(
      title: title,
      groups: [
        Figure.Group(rows: [
          [
            Panel(
              "",
              .axes(
                Axes(
                  [bars] + cuts, xLabel: "value", yLabel: "samples", xRange: lower...upper,
                  yRange: 0...max(1.06 * peak, 1))),
              size: Size(320, 160))
          ]
        ])
      ], legends: thresholds.isEmpty ? [] : [.names([bars] + cuts.prefix(1), label: "")])
  }
}

/// The picture of an image's pyramid: its levels side by side, finest first.
public struct PyramidFigure: Sendable {
  /// The levels, each an image or a volume (its middle slice is drawn).
  public var levels: [Tensor<Float>]
  /// Whether all levels but the last are differences, which are drawn in colours about 0.
  public var isLaplacian: Bool
  /// The title above the figure.
  public var title: String

  /// The picture of levels.
  ///
  /// - Throws: ``FiltersmithError`` when there are none, or one is not an image or volume.
  public init(
    _ levels: [Tensor<Float>], isLaplacian: Bool, title: String
  ) throws(FiltersmithError) {
    guard !levels.isEmpty, levels.allSatisfy({ (2...3).contains($0.rank) && $0.count > 0 }) else {
      throw FiltersmithError(
        .shape,
        "the levels of a pyramid are drawn of images and volumes; given \(levels.map(\.shape))")
    }
    (self.levels, self.isLaplacian, self.title) = (levels, isLaplacian, title)
  }

  /// The figure, ready to be written.
  ///
  /// - Throws: ``FiltersmithError`` when it cannot be drawn.
  public func figure() throws(FiltersmithError) -> Figure {
    var flat: [Tensor<Float>] = []
    for level in levels { flat.append(level.rank == 3 ? try level.slice(across: 0) : level) }
    // One range for all differences: what is small in a level looks small. A few may exceed it.
    let sizes = flat.dropLast().flatMap { $0.elements.map(abs) }.sorted()
    let largest = max(sizes.isEmpty ? 0 : Double(sizes[(sizes.count - 1) * 99 / 100]), 1e-6)
    let range = -largest...largest
    var panels: [Panel] = []
    for (index, level) in flat.enumerated() {
      let (low, high) = (Double(level.min() ?? 0), Double(level.max() ?? 1))
      let isDifference = isLaplacian && index < flat.count - 1
      let picture =
        isDifference
        ? try ColorImage(level, map: .diverging, range: range)
        : try ColorImage(level, map: .gray, range: low...high)
      // All of one size, so that the coarse ones can be read; their names give the extents.
      let scale = 170 / Double(level.shape.dimensions.max() ?? 1)
      let size = Size(Double(level.shape[1]) * scale, Double(level.shape[0]) * scale)
      panels.append(
        Panel(
          "\(level.shape[0]) × \(level.shape[1])",
          .picture(Panel.Picture(picture.limited(to: 1024))), size: size))
    }
    return Figure(
      title: title, groups: [Figure.Group(rows: [panels])],
      legends: isLaplacian && flat.count > 1
        ? [
          .colorBar(
            map: .diverging, range: range, ticks: Ticks(in: range), label: "difference")
        ] : [])
  }
}
