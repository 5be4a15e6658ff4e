#if canImport(Glibc)
  import Glibc
#endif

/// Memory for large arrays in large pages.
///
/// The system provides memory page by page when it is first touched; in pages of 4 KiB that takes
/// several times as long as filling it.
@usableFromInline
enum LargePages {
  /// Arrays from this size on, in bytes.
  @usableFromInline static let leastBytes = 4 << 20

  /// Tells the system that new memory will be filled completely.
  @usableFromInline
  static func advise(_ start: UnsafeMutableRawPointer, bytes: Int) {
    #if os(Linux)
      let page = 4096
      let address = Int(bitPattern: start)
      let first = (address + page - 1) / page * page
      let count = (address + bytes - first) / page * page
      // Only advice: nothing is lost where the system ignores it.
      _ = madvise(UnsafeMutableRawPointer(bitPattern: first), count, MADV_HUGEPAGE)
    #endif
  }
}
