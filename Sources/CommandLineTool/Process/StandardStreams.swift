import Filtersmith
import Foundation

/// The stream for results that machines read.
///
/// Unlike `print`, it notices when nobody takes them.
enum StandardOutput {
  /// Writes text at once.
  ///
  /// - Throws: ``FiltersmithError`` when the stream does not take it (a full disk).
  static func write(_ text: String) throws(FiltersmithError) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    } catch {
      let reason = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
      throw FiltersmithError(
        .file, "cannot write to standard output: \(String(cString: strerror(Int32(reason.code))))")
    }
  }
}

/// The stream for messages.
enum StandardError {
  /// Whether a person watches.
  static let isTerminal = isatty(STDERR_FILENO) == 1

  /// Writes text at once; where even messages cannot be written there is no one to tell.
  static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
