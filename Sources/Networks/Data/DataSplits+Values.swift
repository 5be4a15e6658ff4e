import DataFiles
import Tensors

extension DataSplits {
  /// The name of the table that lists files and their values.
  private static let tableName = "values.csv"

  /// Files and a table `values.csv` with a file's name and its values on each line.
  static func valueTables(
    _ folder: DataFolder, _ options: ReadingOptions
  ) throws(FiltersmithError) -> DataSplits? {
    let parts = try folder.parts()
    guard let training = try part(parts.training, options) else { return nil }
    var others = options
    others.size = options.size ?? Shape(Array(training.sampleShape.dropFirst()))
    let channels = training.sampleShape[0]
    if channels == 1 || channels == 3 { others.channels = channels }
    return try DataSplits(
      "file and value table", training: training, validation: try part(parts.validation, others),
      test: try part(parts.test, others))
  }

  private static func part(
    _ folder: DataFolder?, _ options: ReadingOptions
  ) throws(FiltersmithError) -> Dataset? {
    guard let folder, folder.files.contains(tableName) else { return nil }
    let table = folder.path(of: tableName)
    let text = try TextFile.read(table, expected: "a table of file names and numbers")
    var paths: [String] = []
    var rows: [[Float]] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map {
        String($0).filter { $0 != "\r" && $0 != "\t" && $0 != " " && $0 != "\"" }
      }
      guard let name = cells.first, cells.count > 1 || !name.isEmpty else { continue }
      let numbers = cells.dropFirst().compactMap { Float($0) }
      // The first line may name the columns.
      if index == 0, numbers.isEmpty { continue }
      guard
        numbers.count == cells.count - 1, numbers.count == rows.first?.count ?? numbers.count,
        !numbers.isEmpty, numbers.allSatisfy(\.isFinite)
      else {
        throw FiltersmithError(
          .format,
          "line \(index + 1) of \(table) is '\(line)'; a file's name and "
            + "\(rows.first.map { "\($0.count)" } ?? "one or more") finite numbers were expected")
      }
      guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
        throw FiltersmithError(
          .format, "line \(index + 1) of \(table) names \(name), which lies outside its folder")
      }
      paths.append(folder.path(of: name))
      rows.append(numbers)
    }
    guard let width = rows.first?.count else {
      throw FiltersmithError(.format, "\(table) holds no lines of a file's name and numbers")
    }
    let values = try Tensor(shape: [rows.count, width], elements: Array(rows.joined()))
    return try Dataset(files: paths, values: values, options: options)
  }
}
