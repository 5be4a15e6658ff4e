import CCairo

/// How a line is drawn.
struct Stroke: Sendable, Hashable {
  /// The colour.
  var color = Color.axis
  /// The width in points.
  var width = 0.6
  /// Lengths of dashes and gaps in points; empty for a solid line.
  var dashes: [Double] = []

  /// The frame of a picture and the line of an axis.
  static let axis = Stroke()
  /// A grid line.
  static let grid = Stroke(color: .faint, width: 0.5)
}

extension Canvas {
  /// A straight line.
  func line(from start: Point, to end: Point, _ stroke: Stroke = .axis) {
    polyline([start, end], stroke)
  }

  /// Straight lines from point to point; a gap where a coordinate is not finite.
  func polyline(_ points: [Point], _ stroke: Stroke) {
    var isDown = false
    for point in points {
      guard point.x.isFinite, point.y.isFinite else {
        isDown = false
        continue
      }
      isDown ? cairo_line_to(context, point.x, point.y) : cairo_move_to(context, point.x, point.y)
      isDown = true
    }
    self.stroke(stroke)
  }

  /// A filled polygon.
  func polygon(_ points: [Point], _ color: Color, opacity: Double = 1) {
    for (index, point) in points.enumerated() {
      index == 0
        ? cairo_move_to(context, point.x, point.y) : cairo_line_to(context, point.x, point.y)
    }
    cairo_close_path(context)
    cairo_set_source_rgba(context, color.red, color.green, color.blue, opacity)
    cairo_fill(context)
  }

  /// A filled box.
  func fill(_ box: Rectangle, _ color: Color) {
    cairo_rectangle(context, box.x, box.y, box.width, box.height)
    cairo_set_source_rgb(context, color.red, color.green, color.blue)
    cairo_fill(context)
  }

  /// The outline of a box.
  func frame(_ box: Rectangle, _ stroke: Stroke = .axis) {
    cairo_rectangle(context, box.x, box.y, box.width, box.height)
    self.stroke(stroke)
  }

  /// A filled disc.
  func disc(center: Point, radius: Double, _ color: Color) {
    cairo_new_path(context)
    cairo_arc(context, center.x, center.y, radius, 0, 2 * Double.pi)
    cairo_set_source_rgb(context, color.red, color.green, color.blue)
    cairo_fill(context)
  }

  /// A circle.
  func circle(center: Point, radius: Double, _ stroke: Stroke = .axis) {
    cairo_new_path(context)
    cairo_arc(context, center.x, center.y, radius, 0, 2 * Double.pi)
    self.stroke(stroke)
  }

  /// Draws inside a box only, until ``endClip()``.
  func beginClip(to box: Rectangle) {
    cairo_save(context)
    cairo_rectangle(context, box.x, box.y, box.width, box.height)
    cairo_clip(context)
  }

  /// Draws everywhere again.
  func endClip() { cairo_restore(context) }

  /// A picture stretched over a box, every pixel a crisp rectangle.
  func image(_ image: ColorImage, in box: Rectangle) {
    guard image.width > 0, image.height > 0 else { return }
    // Four pixels a point (288 to the inch) leave no visible blur at the edge of a block.
    let wanted = box.width * 4 / Double(image.width)
    let image = format == .png ? image : image.magnified(by: Int(wanted.rounded(.up)))
    guard
      let surface = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, Int32(image.width), Int32(image.height))
    else { return }
    defer { cairo_surface_destroy(surface) }
    cairo_surface_flush(surface)
    // A surface in error has no memory; painting it passes the error on to the context.
    if let data = cairo_image_surface_get_data(surface) {
      let stride = Int(cairo_image_surface_get_stride(surface))
      for row in 0..<image.height {
        (data + row * stride).withMemoryRebound(to: UInt32.self, capacity: image.width) { line in
          for column in 0..<image.width { line[column] = image.pixels[row * image.width + column] }
        }
      }
      cairo_surface_mark_dirty(surface)
    }
    cairo_save(context)
    cairo_rectangle(context, box.x, box.y, box.width, box.height)
    cairo_clip(context)
    cairo_translate(context, box.x, box.y)
    cairo_scale(
      context, box.width / Double(image.width), box.height / Double(image.height))
    cairo_set_source_surface(context, surface, 0, 0)
    let isReduced = box.width * pixelsPerPoint < Double(image.width)
    let filter = isReduced && format == .png ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST
    cairo_pattern_set_filter(cairo_get_source(context), filter)
    // Repeating the border keeps the outermost pixels from fading into the page.
    cairo_pattern_set_extend(cairo_get_source(context), CAIRO_EXTEND_PAD)
    cairo_paint(context)
    cairo_restore(context)
  }

  private func stroke(_ stroke: Stroke) {
    let color = stroke.color
    cairo_set_source_rgb(context, color.red, color.green, color.blue)
    cairo_set_line_width(context, stroke.width)
    cairo_set_dash(context, stroke.dashes, Int32(stroke.dashes.count), 0)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    cairo_stroke(context)
  }
}
