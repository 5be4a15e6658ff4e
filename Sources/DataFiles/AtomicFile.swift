import Foundation
import Tensors

/// A file that appears whole or not at all.
///
/// Output is gathered in the destination's folder, in a file without a name (Linux) or with a hidden
/// one; ``commit()`` puts it in place in one step. A failed or killed run leaves what was at the
/// destination before. If the destination is a symbolic link, the file it points to is replaced; a
/// device or a pipe is written to directly. Errors read
/// `cannot write out/bank.npz: No space left on device`.
public struct AtomicFile: ~Copyable {
  private enum Gathering {
    case unnamed
    case hidden(path: String)
    case straight
  }

  /// The kind of destination that was opened.
  private struct Opened {
    /// The path with symbolic links resolved.
    let destination: String
    let gathering: Gathering
    let descriptor: Int32
  }

  /// The path as it was given, for messages.
  private let path: String
  private let destination: String
  private let gathering: Gathering
  private var descriptor: Int32

  /// Starts writing to a destination.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when the destination is a folder or is not
  ///   writable, or its folder is missing or not writable.
  public init(_ path: String) throws(FiltersmithError) {
    let opened = try Self.open(path)
    self.path = path
    destination = opened.destination
    gathering = opened.gathering
    descriptor = opened.descriptor
  }

  private static func open(_ path: String) throws(FiltersmithError) -> Opened {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw FiltersmithError(.file, "cannot write to the path '\(path)': it names no file")
    }
    var status = stat()
    let exists = stat(path, &status) == 0
    let kind = status.st_mode & S_IFMT
    if exists, kind == S_IFDIR {
      throw FiltersmithError(.file, "cannot write \(path): it is a folder")
    }
    let destination = resolvingLinks(path)
    let descriptor: Int32
    let gathering: Gathering
    if exists, kind != S_IFREG {
      (descriptor, gathering) = (openFile(path, O_WRONLY), .straight)
    } else {
      // Renaming would replace even a write-protected file.
      guard !exists || access(path, W_OK) == 0 else { throw failure(path, errno) }
      (descriptor, gathering) = openGathering(besides: destination)
    }
    guard descriptor >= 0 else { throw failure(path, errno) }
    if exists, kind == S_IFREG { _ = fchmod(descriptor, status.st_mode & 0o777) }
    return Opened(destination: destination, gathering: gathering, descriptor: descriptor)
  }

  /// Opens a file that this process alone keeps open; −1 when the system refuses.
  private static func openFile(_ path: String, _ flags: Int32) -> Int32 {
    #if canImport(Glibc)
      Glibc.open(path, flags | O_CLOEXEC, 0o666)
    #else
      Darwin.open(path, flags | O_CLOEXEC, 0o666)
    #endif
  }

  deinit { discard() }

  /// Appends bytes.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when the system refuses, such as on a full disk.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FiltersmithError) {
    var rest = bytes[...]
    while let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
      let written = SystemCalls.write(descriptor, start, rest.count)
      if written < 0 {
        if errno == EINTR { continue }
        throw Self.failure(path, errno)
      }
      rest = rest.dropFirst(written)
    }
  }

  /// Appends bytes.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when the system refuses, such as on a full disk.
  public mutating func write(_ bytes: [UInt8]) throws(FiltersmithError) {
    try bytes.withUnsafeBufferPointer { buffer throws(FiltersmithError) in
      try write(UnsafeRawBufferPointer(buffer))
    }
  }

  /// Appends text as UTF-8.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when the system refuses, such as on a full disk.
  public mutating func write(_ text: String) throws(FiltersmithError) {
    try write(Array(text.utf8))
  }

  /// Puts the file in its place, replacing what was there.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when the system refuses; nothing is left then.
  public consuming func commit() throws(FiltersmithError) {
    if case .unnamed = gathering { try link() }
    // Some file systems only report a full disk here.
    let closed = close(descriptor)
    let code = errno
    descriptor = -1
    if case .hidden(let hidden) = gathering {
      guard closed == 0, rename(hidden, destination) == 0 else {
        let code = closed == 0 ? errno : code
        unlink(hidden)
        throw Self.failure(path, code)
      }
    }
    guard closed == 0 else { throw Self.failure(path, code) }
  }

  /// Gives the unnamed file its name.
  private func link() throws(FiltersmithError) {
    let unnamed = "/proc/self/fd/\(descriptor)"
    func link(to name: String) -> Bool {
      linkat(AT_FDCWD, unnamed, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0
    }
    if link(to: destination) { return }
    guard errno == EEXIST else { throw Self.failure(path, errno) }
    // A link cannot replace a file; renaming a hidden name can.
    let hidden = Self.hiddenName(besides: destination)
    guard link(to: hidden), rename(hidden, destination) == 0 else {
      let code = errno
      unlink(hidden)
      throw Self.failure(path, code)
    }
  }

  /// Writes a whole file at once.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when the system refuses; nothing is left then.
  public static func write(_ bytes: [UInt8], to path: String) throws(FiltersmithError) {
    var file = try AtomicFile(path)
    try file.write(bytes)
    try file.commit()
  }

  /// Writes a whole text file, as UTF-8, at once.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when the system refuses; nothing is left then.
  public static func write(_ text: String, to path: String) throws(FiltersmithError) {
    try write(Array(text.utf8), to: path)
  }

  private func discard() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    if case .hidden(let hidden) = gathering { unlink(hidden) }
  }

  private static func openGathering(besides destination: String) -> (Int32, Gathering) {
    #if os(Linux)
      // O_TMPFILE, which Glibc declares for GNU sources only. The kernel removes such a file when
      // the process ends, however it ends.
      let unnamedFile: Int32 = 0o20_000_000 | O_DIRECTORY
      if access("/proc/self/fd", X_OK) == 0 {
        let descriptor = openFile(folder(of: destination), unnamedFile | O_WRONLY)
        if descriptor >= 0 { return (descriptor, .unnamed) }
      }
    #endif
    let hidden = hiddenName(besides: destination)
    let descriptor = openFile(hidden, O_WRONLY | O_CREAT | O_EXCL)
    return (descriptor, .hidden(path: hidden))
  }

  private static func hiddenName(besides destination: String) -> String {
    let name = ".filtersmith-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
    return folder(of: destination) + "/" + name
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func resolvingLinks(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func failure(_ path: String, _ code: Int32) -> FiltersmithError {
    let folder = folder(of: path)
    let reason =
      code == ENOENT && access(folder, F_OK) != 0
      ? "there is no folder \(folder)" : SystemCalls.message(code)
    return FiltersmithError(.file, "cannot write \(path): \(reason)")
  }
}
