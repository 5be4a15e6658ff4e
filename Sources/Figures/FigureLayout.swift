import Foundation

/// The position of everything in a figure: measured once, then drawn.
struct FigureLayout {
  let figure: Figure
  /// The size of the page.
  private(set) var page = Size(0, 0)

  private static let margin = 14.0
  private static let panelGap = 8.0
  private static let rowGap = 7.0
  private static let groupGap = Size(22, 16)
  private static let legendGap = 26.0
  private static let narrowest = 250.0

  /// Space around the panels of each column, and of each row, of a group.
  private var columnInsets: [Insets] = []
  private var rowInsets: [Insets] = []
  private var panel = Size(0, 0)
  private var rowLabelWidth = 0.0
  private var group = Size(0, 0)
  private var columns = 1
  private var captions: [[String]] = []
  private var title: [String] = []
  private var subtitle: [String] = []
  private var legendRows: [[(legend: Legend, size: Size)]] = []

  init(_ figure: Figure, measuredOn canvas: borrowing Canvas) {
    self.figure = figure
    measurePanels(canvas)
    for label in figure.groups.flatMap(\.rowLabels) where !label.isEmpty {
      rowLabelWidth = max(rowLabelWidth, canvas.width(of: label, .label) + 6)
    }
    measureGroups(canvas)
    let count = figure.groups.count
    columns = max(figure.columns ?? chosenColumns(), 1)
    let rows = (count + columns - 1) / columns
    let used = min(columns, max(count, 1))
    let gridWidth =
      Double(used) * group.width + Double(used - 1) * Self.groupGap.width
    let width = max(gridWidth, Self.narrowest)
    title = canvas.lines(
      of: figure.title.split(separator: " ").map(String.init), width: width, .title, separator: " ")
    subtitle = canvas.lines(of: figure.subtitle, width: width, .label)
    var legendWidth = 0.0
    for legend in figure.legends {
      let size = legend.size(canvas)
      if legendRows.isEmpty || legendWidth + Self.legendGap + size.width > width {
        legendRows.append([(legend, size)])
        legendWidth = size.width
      } else {
        legendRows[legendRows.count - 1].append((legend, size))
        legendWidth += Self.legendGap + size.width
      }
    }
    let widest =
      legendRows.map { row in
        row.reduce(-Self.legendGap) { $0 + $1.size.width + Self.legendGap }
      }.max() ?? 0
    var words = 0.0
    for line in title { words = max(words, canvas.width(of: line, .title)) }
    for line in subtitle { words = max(words, canvas.width(of: line, .label)) }
    page = Size(
      (max(width, widest, words) + 2 * Self.margin).rounded(.up),
      (headHeight + Double(rows) * group.height
        + Double(max(rows - 1, 0)) * Self.groupGap.height + legendHeight + 2 * Self.margin)
        .rounded(.up))
  }

  private mutating func measurePanels(_ canvas: borrowing Canvas) {
    for one in figure.groups {
      for (row, panels) in one.rows.enumerated() {
        if row == rowInsets.count { rowInsets.append(Insets()) }
        for (column, shown) in panels.enumerated() {
          if column == columnInsets.count { columnInsets.append(Insets()) }
          let insets = shown.insets(canvas)
          rowInsets[row] = rowInsets[row].union(insets)
          columnInsets[column] = columnInsets[column].union(insets)
          panel = Size(max(panel.width, shown.size.width), max(panel.height, shown.size.height))
        }
      }
    }
  }

  private mutating func measureGroups(_ canvas: borrowing Canvas) {
    var captionLines = 0
    var hasHeading = false
    for one in figure.groups {
      let across = one.rows.map(\.count).max() ?? 0
      let words =
        canvas.width(of: one.heading, .heading)
        + (one.detail.isEmpty ? 0 : 6 + canvas.width(of: one.detail, .label))
      group.width = max(group.width, rowLabelWidth + rowWidth(across), words)
      group.height = max(group.height, columnHeight(one.rows.count))
      hasHeading = hasHeading || words > 0
    }
    for one in figure.groups {
      captions.append(canvas.lines(of: one.caption, width: group.width, .label))
      captionLines = max(captionLines, captions.last?.count ?? 0)
      for line in captions.last ?? [] {
        group.width = max(group.width, canvas.width(of: line, .label))
      }
    }
    headingHeight = hasHeading ? TextStyle.heading.lineHeight + 2 : 0
    group.height += headingHeight
    if captionLines > 0 {
      group.height += 3 + Double(captionLines) * TextStyle.label.lineHeight
    }
  }

  private var headingHeight = 0.0

  /// The width of a row of panels with the space around them.
  private func rowWidth(_ panels: Int) -> Double {
    let gaps = Double(max(panels - 1, 0)) * Self.panelGap
    return columnInsets.prefix(panels).reduce(gaps) { $0 + $1.left + panel.width + $1.right }
  }

  /// The height of some rows of panels with the space around them.
  private func columnHeight(_ rows: Int) -> Double {
    let gaps = Double(max(rows - 1, 0)) * Self.rowGap
    return rowInsets.prefix(rows).reduce(gaps) { $0 + $1.top + panel.height + $1.bottom }
  }

  private var headHeight: Double {
    let lines =
      Double(title.count) * TextStyle.title.lineHeight
      + Double(subtitle.count) * TextStyle.label.lineHeight
    return lines == 0 ? 0 : lines + 10
  }

  private var legendHeight: Double {
    legendRows.reduce(0) { $0 + 14 + ($1.map(\.size.height).max() ?? 0) }
  }

  /// The number of columns whose page is closest to 4:3, with few empty positions.
  private func chosenColumns() -> Int {
    let count = figure.groups.count
    guard count > 1, group.width > 0, group.height > 0 else { return 1 }
    func misfit(_ columns: Int) -> Double {
      let rows = (count + columns - 1) / columns
      let width = Double(columns) * (group.width + Self.groupGap.width)
      let height = Double(rows) * (group.height + Self.groupGap.height)
      let free = Double(rows * columns - count) / Double(rows * columns)
      return abs(log(width / height / (4.0 / 3))) + 2 * free
    }
    return (1...count).min { misfit($0) < misfit($1) } ?? 1
  }
}

extension FigureLayout {
  /// Draws the whole page.
  func draw(on canvas: borrowing Canvas) {
    var y = Self.margin
    for line in title {
      canvas.text(line, at: Point(Self.margin, y), .title, vertical: .top)
      y += TextStyle.title.lineHeight
    }
    for line in subtitle {
      canvas.text(line, at: Point(Self.margin, y), .label, vertical: .top)
      y += TextStyle.label.lineHeight
    }
    y = Self.margin + headHeight
    for (index, one) in figure.groups.enumerated() {
      let corner = Point(
        Self.margin + Double(index % columns) * (group.width + Self.groupGap.width),
        y + Double(index / columns) * (group.height + Self.groupGap.height))
      draw(one, caption: captions[index], on: canvas, at: corner)
    }
    let rows = (figure.groups.count + columns - 1) / columns
    y += Double(rows) * group.height + Double(max(rows - 1, 0)) * Self.groupGap.height
    for row in legendRows {
      y += 14
      var x = Self.margin
      for (legend, size) in row {
        legend.draw(on: canvas, at: Point(x, y))
        x += size.width + Self.legendGap
      }
      y += row.map(\.size.height).max() ?? 0
    }
  }

  private func draw(
    _ one: Figure.Group, caption: [String], on canvas: borrowing Canvas, at corner: Point
  ) {
    canvas.text(one.heading, at: corner, .heading, vertical: .top)
    if !one.detail.isEmpty {
      let start = canvas.width(of: one.heading, .heading)
      canvas.text(
        one.detail, at: Point(corner.x + (start > 0 ? start + 6 : 0), corner.y + 0.8), .label,
        vertical: .top)
    }
    let top = corner.y + headingHeight
    for (row, panels) in one.rows.enumerated() {
      let y = top + columnHeight(row) + (row == 0 ? 0 : Self.rowGap) + rowInsets[row].top
      if one.rowLabels.indices.contains(row) {
        canvas.text(
          one.rowLabels[row], at: Point(corner.x, y + panel.height / 2), vertical: .middle)
      }
      for (column, shown) in panels.enumerated() {
        let x =
          corner.x + rowLabelWidth + rowWidth(column) + (column == 0 ? 0 : Self.panelGap)
          + columnInsets[column].left
        // Panels smaller than the largest are centred in their position.
        shown.draw(
          on: canvas,
          in: Rectangle(
            x: x + (panel.width - shown.size.width) / 2,
            y: y + (panel.height - shown.size.height) / 2, width: shown.size.width,
            height: shown.size.height))
      }
    }
    var y = top + columnHeight(one.rows.count) + 3
    for line in caption {
      canvas.text(line, at: Point(corner.x, y), vertical: .top)
      y += TextStyle.label.lineHeight
    }
  }
}
