import CCairo

/// How text is set: the four type sizes of a figure.
struct TextStyle: Sendable, Hashable {
  /// The size in points.
  var size: Double
  /// Whether the letters are bold.
  var isBold = false
  /// The colour.
  var color = Color.ink

  /// The figure's title.
  static let title = TextStyle(size: 11, isBold: true)
  /// The heading of a group of panels.
  static let heading = TextStyle(size: 8.5, isBold: true)
  /// Names of panels and axes, captions.
  static let label = TextStyle(size: 7.5)
  /// Numbers at ticks.
  static let tick = TextStyle(size: 6.5, color: Color(gray: 0.3))

  /// The distance from one line of text to the next.
  var lineHeight: Double { size * 1.3 }
}

/// Which part of the text is at the given position.
enum HorizontalAlignment: Sendable { case left, center, right }
/// Which part of a line of text is at the given position.
enum VerticalAlignment: Sendable { case top, middle, baseline, bottom }

extension Canvas {
  /// The width of a line of text in points.
  func width(of text: String, _ style: TextStyle) -> Double {
    select(style)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, text, &extents)
    return extents.x_advance
  }

  /// A line of text, horizontal or rotated a quarter turn to the left.
  func text(
    _ text: String, at place: Point, _ style: TextStyle = .label,
    horizontal: HorizontalAlignment = .left, vertical: VerticalAlignment = .baseline,
    isTurned: Bool = false
  ) {
    guard !text.isEmpty else { return }
    let width = width(of: text, style)
    let across =
      switch horizontal {
      case .left: 0.0
      case .center: -width / 2
      case .right: -width
      }
    // The height of figures and capitals, so that lines stay level whatever letters they hold.
    let down =
      switch vertical {
      case .top: style.size * 0.76
      case .middle: style.size * 0.36
      case .baseline: 0.0
      case .bottom: -style.size * 0.24
      }
    cairo_save(context)
    cairo_translate(context, place.x, place.y)
    if isTurned { cairo_rotate(context, -Double.pi / 2) }
    cairo_move_to(context, across, down)
    cairo_set_source_rgb(context, style.color.red, style.color.green, style.color.blue)
    cairo_show_text(context, text)
    cairo_restore(context)
  }

  /// Items set one after the other, on as many lines as the width requires.
  ///
  /// - Parameter separator: The text between two items on one line.
  func lines(
    of items: [String], width: Double, _ style: TextStyle, separator: String = "   "
  ) -> [String] {
    var lines: [String] = []
    for item in items where !item.isEmpty {
      if let last = lines.last, self.width(of: last + separator + item, style) <= width {
        lines[lines.count - 1] = last + separator + item
      } else {
        lines.append(item)
      }
    }
    return lines
  }

  private func select(_ style: TextStyle) {
    let weight = style.isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL
    // Fontconfig chooses another sans-serif where DejaVu is missing.
    cairo_select_font_face(context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, weight)
    cairo_set_font_size(context, style.size)
  }
}
