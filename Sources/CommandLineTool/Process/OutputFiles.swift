import Filtersmith

/// The files of a run, as one transaction: all or none.
///
/// Every path is checked before the work starts, so that a mistyped folder is found at once. The small
/// files, which are pictures, are then written beside their places; the large one goes through the
/// library's own writer, which puts it in place when it is complete; the small ones follow. Whichever
/// write fails, nothing has appeared.
final class OutputFiles {
  private final class Staged {
    let path: String
    var file: AtomicFile?

    init(_ path: String) throws(FiltersmithError) {
      self.path = path
      file = try AtomicFile(path)
    }
  }

  private var staged: [Staged] = []

  /// Checks the paths of the large file, if there is one, and of the small ones; those not wanted are
  /// `nil`.
  ///
  /// - Throws: ``FiltersmithError`` when one cannot be written, or two are the same.
  init(main: String?, pictures: [String?] = []) throws(FiltersmithError) {
    var paths: Set<String> = []
    if let main {
      paths.insert(main)
      // Opened and let go: nothing appears, and nothing that stands there is touched.
      _ = try AtomicFile(main)
    }
    for picture in pictures.compactMap(\.self) {
      guard paths.insert(picture).inserted else {
        throw FiltersmithError(.argument, "two outputs would be written to \(picture)")
      }
      _ = try FigureFormat(path: picture)
      staged.append(try Staged(picture))
    }
  }

  /// Draws a figure into the file of a path; it does not appear yet.
  func draw(_ figure: Figure, to path: String) throws(FiltersmithError) {
    let bytes = try figure.rendered(as: try FigureFormat(path: path))
    for entry in staged where entry.path == path {
      try entry.file?.write(bytes)
    }
  }

  /// Writes the large file, then puts the small ones in their places.
  func finish(
    _ writeMain: () throws(FiltersmithError) -> Void = {}
  ) throws(FiltersmithError) {
    try writeMain()
    for entry in staged {
      guard let file = entry.file.take() else { continue }
      try file.commit()
    }
  }
}
