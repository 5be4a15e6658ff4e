import Synchronization

/// Lends memory for the duration of a call.
///
/// Blocks are kept and lent again, so that running a plan again and again neither asks the system
/// for memory nor pays for its first touch. Memory is aligned to 64 bytes and not initialised.
@inlinable
package func withScratch<Element: BitwiseCopyable, Result>(
  _ type: Element.Type, count: Int, _ body: (UnsafeMutablePointer<Element>) -> Result
) -> Result {
  let block = ScratchPool.shared.take(bytes: max(count, 1) * MemoryLayout<Element>.stride)
  defer { ScratchPool.shared.give(block) }
  return body(block.address.bindMemory(to: Element.self, capacity: max(count, 1)))
}

/// Blocks of memory that are not lent at the moment.
@usableFromInline
final class ScratchPool: Sendable {
  @usableFromInline
  struct Block: Sendable {
    // A block has one owner at a time: the pool, or the call it is lent to.
    @usableFromInline nonisolated(unsafe) let address: UnsafeMutableRawPointer
    let bytes: Int
  }

  @usableFromInline static let shared = ScratchPool()
  /// The most bytes that are kept while not in use.
  private static let keptBytes = 256 << 20
  /// Blocks of at least this many bytes also serve requests for fewer.
  private static let largeBytes = 4 << 20

  private struct Free {
    var blocks: [Block] = []
    var bytes = 0

    mutating func remove(at index: Int) -> Block {
      let block = blocks.remove(at: index)
      bytes -= block.bytes
      return block
    }
  }

  private let free = Mutex(Free())

  @usableFromInline
  func take(bytes: Int) -> Block {
    // Sizes are rounded up to an eighth of a power of two, so that blocks fit many requests.
    let granule = max(4096, (1 << (Int.bitWidth - 1 - bytes.leadingZeroBitCount)) / 8)
    let size = (bytes + granule - 1) / granule * granule
    let isLarge = size >= Self.largeBytes
    var (found, dropped): (Block?, [Block]) = (nil, [])
    free.withLock { free in
      var place = free.blocks.lastIndex { $0.bytes == size }
      if place == nil, isLarge {
        // A larger block is lent rather than a new one made, whose pages the system would have to provide.
        place = free.blocks.indices.filter { free.blocks[$0].bytes > size }.min {
          free.blocks[$0].bytes < free.blocks[$1].bytes
        }
      }
      found = place.map { free.remove(at: $0) }
      guard found == nil, isLarge else { return }
      // The new block will also do for what smaller ones were used for.
      for index in free.blocks.indices.reversed() where free.blocks[index].bytes >= Self.largeBytes
      {
        dropped.append(free.remove(at: index))
      }
    }
    for block in dropped { block.address.deallocate() }
    return found
      ?? Block(
        address: UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64), bytes: size)
  }

  @usableFromInline
  func give(_ block: Block) {
    let dropped = free.withLock { free in
      free.blocks.append(block)
      free.bytes += block.bytes
      var dropped: [Block] = []
      while free.bytes > Self.keptBytes, !free.blocks.isEmpty {
        dropped.append(free.remove(at: 0))
      }
      return dropped
    }
    for block in dropped { block.address.deallocate() }
  }
}
