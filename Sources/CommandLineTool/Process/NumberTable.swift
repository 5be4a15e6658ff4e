import Foundation

/// Numbers in columns, for people.
struct NumberTable {
  private let titles: [String]
  private let rows: [[Double]]

  /// A table of titled columns.
  init(_ titles: [String], _ rows: [[Double]]) {
    self.titles = titles
    self.rows = rows
  }

  /// The table, ending with a line break; columns are flush right.
  var text: String {
    let cells = [titles] + rows.map { $0.map(Self.text) }
    let widths = titles.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { row in
      row.indices.map { column in
        String(repeating: " ", count: widths[column] - row[column].count) + row[column]
      }.joined(separator: "  ") + "\n"
    }.joined()
  }

  /// A number with up to six significant digits.
  static func text(_ value: Double) -> String { String(format: "%.6g", value) }
}

/// The names of axes in array order.
enum AxisNames {
  /// y, x; z, y, x; t, z, y, x.
  static func of(_ axes: Int) -> [String] { Array(["t", "z", "y", "x"].suffix(axes)) }
}
