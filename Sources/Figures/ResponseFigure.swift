import Foundation
import ImageAnalysis
import Tensors

/// The picture of a bank's responses: the image, the magnitude per filter and the orientation.
///
/// All magnitudes share one scale from zero. Orientation is drawn in the colours of
/// ``OrientationColors``. Signals are drawn as lines; volumes and sequences as the planes through
/// their middle.
public struct ResponseFigure: Sendable {
  /// The image, `[space…]`; `nil` to leave it out.
  public var image: Tensor<Float>?
  /// The magnitude of each filter's response, `[filters, space…]`; `nil` to leave them out.
  public var magnitudes: Tensor<Float>?
  /// One name per filter.
  public var labels: [String]
  /// The local orientation; `nil` to leave it out.
  public var orientation: OrientationTensor?
  /// The title above the figure.
  public var title: String
  /// The number of pictures side by side; `nil` for a page a little wider than tall.
  public var columns: Int?

  /// The extents of the image.
  private let space: Shape

  /// The picture of responses.
  ///
  /// - Throws: ``FiltersmithError`` when nothing is given, the shapes do not fit each other, or they
  ///   do not have one to four spatial axes.
  public init(
    image: Tensor<Float>? = nil, magnitudes: Tensor<Float>? = nil, labels: [String] = [],
    orientation: OrientationTensor? = nil, title: String = "Filter responses", columns: Int? = nil
  ) throws(FiltersmithError) {
    let shapes = [
      image?.shape, magnitudes.map { Shape(Array($0.shape.dimensions.dropFirst())) },
      orientation?.imageShape,
    ].compactMap { $0 }
    guard let space = shapes.first else {
      throw FiltersmithError(
        .argument, "a picture of responses needs an image, magnitudes or an orientation tensor")
    }
    if let other = shapes.first(where: { $0 != space }) {
      throw FiltersmithError(
        .shape,
        "image, magnitudes and orientation need the same extents; \(space) and \(other) differ")
    }
    guard (1...4).contains(space.rank), space.elementCount > 0 else {
      throw FiltersmithError(
        .shape, "a picture shows 1 to 4 axes of space; the responses have shape \(space)")
    }
    self.image = image
    self.magnitudes = magnitudes
    let count = magnitudes?.shape[0] ?? 0
    self.labels = (0..<count).map { labels.indices.contains($0) ? labels[$0] : "\($0 + 1)" }
    self.orientation = orientation
    self.title = title
    self.columns = columns
    self.space = space
  }

  /// The figure, ready to be written.
  ///
  /// - Throws: ``FiltersmithError`` when it cannot be drawn.
  public func figure() throws(FiltersmithError) -> Figure {
    let planes = space.rank == 1 ? [[0]] : BankFigure.planes(space.rank)
    let isOne = planes.count == 1
    let peak = max(Double(magnitudes?.elements.reduce(0) { max($0, abs($1)) } ?? 0), 1e-30)
    var groups: [Figure.Group] = []
    func add(_ heading: String, _ panels: [Panel]) {
      groups.append(
        Figure.Group(heading: heading, rows: [panels]))
    }
    if let image {
      let low = Double(image.min() ?? 0)
      let high = Double(image.max() ?? 1)
      add(
        "image",
        try planes.map { plane throws(FiltersmithError) in
          try panel(of: image, plane: plane, map: .gray, range: low...high, index: 0)
        })
    }
    if let magnitudes {
      for (filter, label) in labels.enumerated() {
        let one = try magnitudes.selected(axis: 0, at: filter)
        add(
          "|q|  " + label.replacingOccurrences(of: "-", with: "−"),
          try planes.map { plane throws(FiltersmithError) in
            try panel(of: one, plane: plane, map: .sequential, range: 0...peak, index: 1)
          })
      }
    }
    var legends: [Legend] = []
    if magnitudes != nil, space.rank > 1 {
      legends.append(
        .colorBar(
          map: .sequential, range: 0...peak, ticks: Ticks(in: 0...peak, atMost: 5),
          label: "magnitude |q|"))
    }
    if let orientation, space.rank > 1 {
      add(
        "orientation",
        try planes.map { plane throws(FiltersmithError) in
          try orientationPanel(orientation, plane: plane)
        })
      legends += orientationLegends
    }
    return Figure(
      title: title,
      subtitle: isOne
        ? [] : ["Planes through the middle, named by their vertical and horizontal axis"],
      groups: groups, legends: legends, columns: columns)
  }

  /// Writes the figure as PNG, SVG or PDF, by the path's ending.
  ///
  /// - Throws: ``FiltersmithError`` for another ending, or when the file cannot be written.
  public func write(to path: String, pixelsPerInch: Double = 144) throws(FiltersmithError) {
    _ = try FigureFormat(path: path)
    try figure().write(to: path, pixelsPerInch: pixelsPerInch)
  }
}

extension ResponseFigure {
  /// The largest side of a picture's pixels; larger images are averaged down.
  private static let largestPicture = 640

  private func panel(
    of values: Tensor<Float>, plane: [Int], map: ColorMap, range: ClosedRange<Double>, index: Int
  ) throws(FiltersmithError) -> Panel {
    if space.rank == 1 {
      let series = Axes.Series(
        x: values.elements.indices.map(Double.init), y: values.elements.map(Double.init),
        color: index == 0 ? Color(gray: 0.3) : Color.lines[0])
      return Panel(
        "",
        .axes(
          Axes([series], xLabel: "sample", yRange: index == 0 ? nil : 0...1.06 * range.upperBound)),
        size: Size(230, 80))
    }
    let slice = try values.sliced(middle(plane)).reshaped(to: Shape(plane.map { space[$0] }))
    let picture = try ColorImage(slice, map: map, range: range).limited(to: Self.largestPicture)
    return Panel(name(plane), .picture(Panel.Picture(picture)), size: size(plane))
  }

  private func orientationPanel(
    _ orientation: OrientationTensor, plane: [Int]
  ) throws(FiltersmithError) -> Panel {
    let (rows, columns) = (space[plane[0]], space[plane[1]])
    let field = try OrientationTensor.componentsSlice(of: orientation, ranges: middle(plane))
    let picture: ColorImage
    if space.rank == 2 {
      let doubled = try field.doubleAngle()
      let angle = doubled.angle.elements
      let certainty = doubled.certainty.elements
      let full = Self.fullCertainty(certainty)
      picture = ColorImage(width: columns, height: rows) { row, column in
        let position = row * columns + column
        return OrientationColors.color(
          angle: Double(angle[position]), certainty: Double(certainty[position]) / full)
      }
    } else {
      let eigen = field.eigensystem()
      let (values, vectors) = (eigen.values.elements, eigen.vectors.elements)
      let count = rows * columns
      let certainty = (0..<count).map { values[$0] - values[count + $0] }
      let full = Self.fullCertainty(certainty)
      let axes = space.rank
      picture = ColorImage(width: columns, height: rows) { row, column in
        let position = row * columns + column
        return OrientationColors.color(
          direction: (0..<axes).map { Double(vectors[$0 * count + position]) },
          certainty: Double(certainty[position]) / full)
      }
    }
    return Panel(
      name(plane), .picture(Panel.Picture(picture.limited(to: Self.largestPicture))),
      size: size(plane))
  }

  /// The certainty drawn at full brightness: 99 % of the samples are below it.
  private static func fullCertainty(_ values: [Float]) -> Double {
    let sorted = values.filter(\.isFinite).sorted()
    guard let last = sorted.last, last > 0 else { return 1 }
    let place = Double(sorted[(sorted.count - 1) * 99 / 100])
    return place > 0 ? place : Double(last)
  }

  private var orientationLegends: [Legend] {
    space.rank == 2
      ? [.wheel(label: "direction across lines and edges; brightness: certainty")]
      : [
        .names(
          [("x", 0xFF0000), ("y", 0x00FF00), ("z", 0x0000FF)].map { name, color in
            Axes.Series(x: [], y: [], mark: .stems, color: Color(hex: color), label: name)
          }, label: "direction of largest change; brightness: certainty")
      ]
  }

  /// The box of the plane through the middle that two axes span.
  private func middle(_ plane: [Int]) -> [Range<Int>] {
    space.enumerated().map { axis, extent in
      plane.contains(axis) ? 0..<extent : extent / 2..<extent / 2 + 1
    }
  }

  private func name(_ plane: [Int]) -> String {
    guard space.rank > 2 else { return "" }
    let names = BankText.axisNames(space.rank)
    return plane.map { names[$0] }.joined(separator: "–")
  }

  /// A panel with the proportions of the plane, smaller where there are many.
  ///
  /// A sample has the same size on all planes, so that a volume looks the same from every side.
  private func size(_ plane: [Int]) -> Size {
    let side = space.rank == 2 ? (labels.count <= 4 ? 190.0 : labels.count <= 12 ? 150 : 120) : 100
    let shown = BankFigure.planes(space.rank).joined().map { space[$0] }
    let scale = side / Double(shown.max() ?? 1)
    let (rows, columns) = (Double(space[plane[0]]), Double(space[plane[1]]))
    return Size(max(columns * scale, 8), max(rows * scale, 8))
  }
}

extension OrientationTensor {
  /// The tensors on a plane of a field, laid out as `[components, rows · columns]` would be.
  fileprivate static func componentsSlice(
    of field: OrientationTensor, ranges: [Range<Int>]
  ) throws(FiltersmithError) -> OrientationTensor {
    try OrientationTensor(
      components: field.components.sliced([0..<field.components.shape[0]] + ranges))
  }
}
