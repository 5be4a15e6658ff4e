import Foundation

/// Finds the test data that is kept beside the package, in `../shared/data`.
///
/// The directory may also be named by the environment variable `FILTERSMITH_SHARED` (the directory
/// that holds `data`). Tests that need a file of it are skipped where it is absent.
public enum SharedData {
  /// The address of a file or directory, such as `conformance/golden-scipy`; `nil` where absent.
  public static func url(_ path: String) -> URL? {
    var roots: [URL] = []
    if let named = ProcessInfo.processInfo.environment["FILTERSMITH_SHARED"] {
      roots.append(URL(fileURLWithPath: named))
    }
    // Tests/TestSupport/SharedData.swift is three levels below the package's root.
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
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
