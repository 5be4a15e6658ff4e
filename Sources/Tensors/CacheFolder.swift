import Foundation

/// The user's folder for files that can be made again: `filtersmith` in `XDG_CACHE_HOME`, or in
/// `~/.cache`.
package enum CacheFolder {
  /// Its path; the folder need not exist yet.
  package static var path: String {
    let environment = ProcessInfo.processInfo.environment
    let base =
      environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".cache").path
    return base + "/filtersmith"
  }
}
