#if canImport(Glibc)
  import Glibc
#endif

/// Memory for large arrays in large pages.
///
/// Memory that is touched for the first time is provided page by page; in pages of 4 KiB that takes
/// several times as long as to fill it.
@usableFromInline
enum LargePages {
  /// Arrays from this size on, in bytes.
  @usableFromInline static let leastBytes = 4 << 20

  /// Tells the system that new memory is going to be filled as a whole.
  @usableFromInline
  static func advise(_ start: UnsafeMutableRawPointer, bytes: Int) {
    #if os(Linux)
      let page = 4096
      let address = Int(bitPattern: start)
      let first = (address + page - 1) / page * page
      let count = (address + bytes - first) / page * page
      // Advice: nothing is lost where the system does not take it.
      _ = madvise(UnsafeMutableRawPointer(bitPattern: first), count, MADV_HUGEPAGE)
    #endif
  }
}
