import AllocationCounter
import Convolutions
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Plans that run again ask the system for next to nothing.
@Suite struct AllocationTests {
  /// The counter counts, and on its own thread only.
  @Test func allocationsAreCounted() throws {
    var kept: [UnsafeMutableRawPointer] = []
    kept.reserveCapacity(2)
    guard
      let count = countingAllocations({
        kept.append(.allocate(byteCount: 100, alignment: 8))
        kept.append(.allocate(byteCount: 5000, alignment: 64))
      })
    else { return }
    for block in kept { block.deallocate() }
    #expect(count.calls == 2)
    #expect(count.largeCalls == 1)
    #expect(count.bytes >= 5100)
    #expect(countingAllocations({})?.calls == 0)
  }
}
