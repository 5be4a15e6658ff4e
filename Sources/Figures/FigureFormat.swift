import Tensors

/// The file formats figures are written in.
public enum FigureFormat: String, Sendable, Hashable, CaseIterable {
  /// Pixels, by default 144 per inch.
  case png
  /// Vector graphics for the web and for editing.
  case svg
  /// Vector graphics for print.
  case pdf

  /// The format that a path's ending names.
  ///
  /// - Throws: ``FiltersmithError`` when the ending is none of `.png`, `.svg` and `.pdf`.
  public init(path: String) throws(FiltersmithError) {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count > 1, let ending = parts.last else {
      throw FiltersmithError(
        .argument, "a figure's file name ends in .png, .svg or .pdf; '\(path)' has no ending")
    }
    guard let format = FigureFormat(rawValue: ending.lowercased()) else {
      throw FiltersmithError(
        .argument, "a figure's file name ends in .png, .svg or .pdf; '\(path)' ends in .\(ending)")
    }
    self = format
  }
}
