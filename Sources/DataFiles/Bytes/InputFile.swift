import Foundation
import Tensors

/// A file open for reading at any offset, or bytes in memory in its place.
final class InputFile: Sendable {
  private enum Contents {
    case descriptor(Int32)
    case memory([UInt8])
  }

  /// The file's name in messages: its path.
  let name: String
  /// The size in bytes.
  let count: Int
  private let contents: Contents

  /// Opens a file; `expected` says in messages what it should be, such as `a PNG file`.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when it is missing, a folder, a device or
  ///   unreadable.
  init(_ path: String, expected: String) throws(FiltersmithError) {
    name = path
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw FiltersmithError(.file, "the path '\(path)' names no file; \(expected) was expected")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { throw FiltersmithError(.file, "there is no file \(path)") }
      throw FiltersmithError(.file, "cannot read \(path): \(SystemCalls.message(errno))")
    }
    do throws(FiltersmithError) {
      var status = stat()
      guard fstat(descriptor, &status) == 0 else {
        throw FiltersmithError(.file, "cannot read \(path): \(SystemCalls.message(errno))")
      }
      switch status.st_mode & S_IFMT {
      case S_IFREG:
        contents = .descriptor(descriptor)
        count = Int(status.st_size)
      case S_IFIFO, S_IFSOCK:
        let bytes = try Self.drain(descriptor, name: path)
        contents = .memory(bytes)
        count = bytes.count
        close(descriptor)
      case S_IFDIR:
        throw FiltersmithError(.file, "\(path) is a folder; \(expected) was expected")
      default:
        throw FiltersmithError(.file, "\(path) is a device; \(expected) was expected")
      }
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Bytes in memory, with a name for messages.
  init(name: String, bytes: [UInt8]) {
    self.name = name
    count = bytes.count
    contents = .memory(bytes)
  }

  deinit {
    if case .descriptor(let descriptor) = contents { close(descriptor) }
  }

  /// Fills the buffer with the bytes from `offset` on.
  ///
  /// - Throws: ``FiltersmithError`` when there are too few or the system refuses.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FiltersmithError) {
    guard offset >= 0, offset <= count, buffer.count <= count - offset else {
      throw FiltersmithError(
        .format,
        "\(name) ends early: \(buffer.count) bytes were expected at byte \(offset) of \(count)")
    }
    guard var target = buffer.baseAddress else { return }
    switch contents {
    case .memory(let bytes):
      bytes.withUnsafeBytes { source in
        buffer.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + buffer.count]))
      }
    case .descriptor(let descriptor):
      var rest = buffer.count
      var position = offset
      while rest > 0 {
        let got = pread(descriptor, target, rest, off_t(position))
        if got < 0, errno == EINTR { continue }
        guard got > 0 else {
          let reason = got == 0 ? "it became shorter meanwhile" : SystemCalls.message(errno)
          throw FiltersmithError(.file, "cannot read \(name): \(reason)")
        }
        rest -= got
        position += got
        target += got
      }
    }
  }

  /// The bytes from `offset` on.
  ///
  /// - Throws: ``FiltersmithError`` when there are too few or the system refuses.
  func bytes(at offset: Int, count: Int) throws(FiltersmithError) -> [UInt8] {
    // Checked before memory is allocated.
    guard count >= 0, offset >= 0, offset <= self.count, count <= self.count - offset else {
      throw FiltersmithError(
        .format, "\(name) ends early: \(count) bytes were expected at byte \(offset)")
    }
    if case .memory(let bytes) = contents, offset == 0, count == self.count { return bytes }
    let tensor = try Tensor<UInt8>(uninitialized: [count]) { buffer throws(FiltersmithError) in
      try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
    }
    return tensor.elements
  }

  /// All bytes.
  ///
  /// - Throws: ``FiltersmithError`` when the system refuses or memory cannot hold them.
  func allBytes() throws(FiltersmithError) -> [UInt8] {
    try MemoryLimit.check(count, for: name)
    return try bytes(at: 0, count: count)
  }

  /// Reads a pipe to its end.
  private static func drain(_ descriptor: Int32, name: String) throws(FiltersmithError) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got = SystemCalls.read(descriptor, &piece, piece.count)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else {
        throw FiltersmithError(.file, "cannot read \(name): \(SystemCalls.message(errno))")
      }
      if got == 0 { return bytes }
      bytes.append(contentsOf: piece[..<got])
      try MemoryLimit.check(bytes.count, for: name)
    }
  }
}
