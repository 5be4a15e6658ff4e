import CCairo
import Tensors

/// A page to draw on: the owner of a Cairo surface and its context.
///
/// Lengths are points (1/72 inch), y downwards. Drawing never fails; what went wrong on the way is
/// reported by ``finish()``, which returns the file's bytes. Text is measured without hinting, so a
/// figure has the same layout in every format.
struct Canvas: ~Copyable {
  let format: FigureFormat
  let size: Size
  /// Device pixels per point; 1 for vector formats, whose pixels have no size.
  let pixelsPerPoint: Double
  let context: OpaquePointer
  private let surface: OpaquePointer
  private let sink: ByteSink

  /// The largest extent of a picture in pixels: what Cairo's rasteriser can address.
  static let largestExtent = 32_000.0

  /// A white page.
  ///
  /// - Throws: ``FiltersmithError`` when the page is larger than Cairo allows.
  init(format: FigureFormat, size: Size, pixelsPerPoint: Double = 2) throws(FiltersmithError) {
    let scale = format == .png ? pixelsPerPoint : 1
    let (width, height) = ((size.width * scale).rounded(.up), (size.height * scale).rounded(.up))
    guard width >= 1, height >= 1, max(width, height) <= Self.largestExtent else {
      throw FiltersmithError(
        .limit,
        "a figure of \(Int(min(width, 1e9))) × \(Int(min(height, 1e9))) pixels cannot be drawn; "
          + "each side may have 1 to \(Int(Self.largestExtent))")
    }
    let sink = ByteSink()
    let closure = Unmanaged.passUnretained(sink).toOpaque()
    let surface: OpaquePointer? =
      switch format {
      case .png: cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
      case .svg: cairo_svg_surface_create_for_stream(appendBytes, closure, width, height)
      case .pdf: cairo_pdf_surface_create_for_stream(appendBytes, closure, width, height)
      }
    guard let surface, let context = cairo_create(surface) else {
      throw FiltersmithError(.limit, "no memory for a figure of \(Int(width)) × \(Int(height))")
    }
    self.format = format
    self.size = size
    self.pixelsPerPoint = scale
    self.surface = surface
    self.context = context
    self.sink = sink
    // A creation date would make two files of the same figure differ.
    if format == .pdf {
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "")
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Filtersmith")
    }
    cairo_scale(context, scale, scale)
    let options = cairo_font_options_create()
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_set_font_options(context, options)
    cairo_font_options_destroy(options)
    // To the end of the last pixels, which the page may cover only in part.
    fill(Rectangle(x: 0, y: 0, width: width / scale, height: height / scale), .white)
  }

  deinit {
    // A stream surface writes to its sink when it is finished, so the sink must outlive it.
    withExtendedLifetime(sink) {
      cairo_destroy(context)
      cairo_surface_destroy(surface)
    }
  }

  /// A page that only measures text.
  ///
  /// - Throws: ``FiltersmithError`` when the system has no font to write labels with.
  static func measuring() throws(FiltersmithError) -> Canvas {
    let canvas = try Canvas(format: .png, size: Size(1, 1))
    guard canvas.width(of: "filter", .label) > 0 else {
      throw FiltersmithError(
        .file, "no font to write labels with was found; install one, such as fonts-dejavu-core")
    }
    return canvas
  }

  /// Ends the page and returns the bytes of the file.
  ///
  /// - Throws: ``FiltersmithError`` when Cairo failed on the way.
  consuming func finish(title: String) throws(FiltersmithError) -> [UInt8] {
    cairo_surface_flush(surface)
    var status = cairo_status(context)
    if status == CAIRO_STATUS_SUCCESS {
      if format == .png {
        let closure = Unmanaged.passUnretained(sink).toOpaque()
        status = cairo_surface_write_to_png_stream(surface, appendBytes, closure)
      } else {
        if format == .pdf {
          cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
        }
        cairo_show_page(context)
        cairo_surface_finish(surface)
        status = cairo_surface_status(surface)
      }
    }
    guard status == CAIRO_STATUS_SUCCESS else {
      let reason = cairo_status_to_string(status).map { String(cString: $0) } ?? "unknown error"
      throw FiltersmithError(.limit, "the figure could not be drawn: \(reason)")
    }
    return format == .svg ? SVGText.tidied(sink.bytes, title: title) : sink.bytes
  }
}

/// Collects what a Cairo surface writes.
private final class ByteSink {
  var bytes: [UInt8] = []
}

/// Appends to the ``ByteSink`` that `closure` points to.
private func appendBytes(
  closure: UnsafeMutableRawPointer?, data: UnsafePointer<UInt8>?, length: UInt32
) -> cairo_status_t {
  guard let closure, let data else { return CAIRO_STATUS_WRITE_ERROR }
  Unmanaged<ByteSink>.fromOpaque(closure).takeUnretainedValue()
    .bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
  return CAIRO_STATUS_SUCCESS
}
