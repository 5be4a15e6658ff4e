import DataFiles
import Tensors

/// A figure, described first and drawn when it is written: a title, groups of panels in a grid, and
/// legends for their colours.
///
/// The page is as large as its contents need. The same figure gives the same bytes every time.
public struct Figure: Sendable, Hashable {
  /// Panels that belong together, such as those of one filter.
  public struct Group: Sendable, Hashable {
    /// What the group shows, in bold.
    public var heading: String
    /// The text after the heading on the same line.
    public var detail: String
    /// The panels, row by row.
    public var rows: [[Panel]]
    /// A label to the left of each row; empty for none.
    public var rowLabels: [String]
    /// Facts below the panels, set on as many lines as they need.
    public var caption: [String]

    /// A group of panels.
    public init(
      heading: String = "", detail: String = "", rows: [[Panel]], rowLabels: [String] = [],
      caption: [String] = []
    ) {
      self.heading = heading
      self.detail = detail
      self.rows = rows
      self.rowLabels = rowLabels
      self.caption = caption
    }
  }

  /// The title; also written into the file's metadata.
  public var title: String
  /// Facts below the title, set on as many lines as they need.
  public var subtitle: [String]
  /// The groups, in reading order.
  public var groups: [Group]
  /// The legends for the colours.
  public var legends: [Legend]
  /// The number of groups side by side; `nil` for a page a little wider than tall.
  public var columns: Int?

  /// A figure of groups of panels.
  public init(
    title: String, subtitle: [String] = [], groups: [Group], legends: [Legend] = [],
    columns: Int? = nil
  ) {
    self.title = title
    self.subtitle = subtitle
    self.groups = groups
    self.legends = legends
    self.columns = columns
  }

  /// The file of the figure in a format.
  ///
  /// - Parameter pixelsPerInch: The resolution of a PNG; SVG and PDF have none.
  /// - Throws: ``FiltersmithError`` when the resolution is not positive, the page would be too
  ///   large, or no font is installed.
  public func rendered(
    as format: FigureFormat, pixelsPerInch: Double = 144
  ) throws(FiltersmithError) -> [UInt8] {
    guard pixelsPerInch.isFinite, pixelsPerInch >= 10 else {
      throw FiltersmithError(
        .argument, "a figure has at least 10 pixels per inch; \(pixelsPerInch) was given")
    }
    let layout = FigureLayout(self, measuredOn: try Canvas.measuring())
    let canvas = try Canvas(
      format: format, size: layout.page, pixelsPerPoint: pixelsPerInch / 72)
    layout.draw(on: canvas)
    return try canvas.finish(title: title)
  }

  /// Writes the figure as PNG, SVG or PDF, by the path's ending.
  ///
  /// The file appears under its name when it is complete; a failed run leaves none.
  ///
  /// - Throws: ``FiltersmithError`` for another ending, or when the file cannot be written.
  public func write(to path: String, pixelsPerInch: Double = 144) throws(FiltersmithError) {
    let format = try FigureFormat(path: path)
    let bytes = try rendered(as: format, pixelsPerInch: pixelsPerInch)
    try AtomicFile.write(bytes, to: path)
  }
}
