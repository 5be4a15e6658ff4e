import Foundation

/// The package's root: this file lies three levels below it.
private let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

/// The pictures of `notebooks-data`.
public enum NotebooksData {
  /// The address of a file, such as `camera.png`.
  public static func url(_ name: String) -> URL {
    package.appendingPathComponent("notebooks-data/\(name)")
  }
}

/// The files that the scripts in `Tests/Fixtures` made: a part of every clone.
public enum Fixtures {
  /// The address of a file or folder, such as `onnx.json`.
  public static func url(_ path: String) -> URL {
    package.appendingPathComponent("Tests/Fixtures/\(path)")
  }
}

/// Finds the test data that is kept beside the package, in `../shared/data`.
///
/// The directory may also be named by the environment variable `FILTERSMITH_SHARED` (the directory
/// that holds `data`). It is an additional check where it is there: what a clone checks too lies in
/// ``Fixtures``.
public enum SharedData {
  /// The address of a file or directory, such as `conformance/golden-scipy`; `nil` where absent.
  public static func url(_ path: String) -> URL? {
    var roots: [URL] = []
    if let named = ProcessInfo.processInfo.environment["FILTERSMITH_SHARED"] {
      roots.append(URL(fileURLWithPath: named))
    }
    roots.append(package.deletingLastPathComponent().appendingPathComponent("shared"))
    for root in roots {
      let url = root.appendingPathComponent("data").appendingPathComponent(path)
      if FileManager.default.fileExists(atPath: url.path) { return url }
    }
    return nil
  }

  /// Whether a file or directory is there.
  public static func has(_ path: String) -> Bool { url(path) != nil }
}
