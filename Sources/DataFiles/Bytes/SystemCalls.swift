#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// System calls whose names clash with methods of the library.
enum SystemCalls {
  /// Reads at most `count` bytes; −1 when the system refuses, with the reason in `errno`.
  static func read(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int {
    #if canImport(Glibc)
      Glibc.read(descriptor, bytes, count)
    #else
      Darwin.read(descriptor, bytes, count)
    #endif
  }

  /// Writes at most `count` bytes; −1 when the system refuses, with the reason in `errno`.
  static func write(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    // One gibibyte at a time: some systems refuse more than an Int32 counts.
    #if canImport(Glibc)
      Glibc.write(descriptor, bytes, Swift.min(count, 1 << 30))
    #else
      Darwin.write(descriptor, bytes, Swift.min(count, 1 << 30))
    #endif
  }

  /// The system's message for an error, such as `No space left on device`.
  static func message(_ code: Int32) -> String { String(cString: strerror(code)) }
}
