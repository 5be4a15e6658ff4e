import AllocationCounter
import Tensors

/// What a call allocates on the heap.
///
/// All its pieces run on the calling thread, so that the count is theirs too and no other test's; what the
/// thread pool allocates to share work out is not in it. `nil` where allocations cannot be counted.
public func countingAllocations<Failure: Error>(
  _ body: () throws(Failure) -> Void
) throws(Failure) -> AllocationCount? {
  guard allocation_counter_is_available() else {
    try body()
    return nil
  }
  return try Threads.inTurn { () throws(Failure) -> AllocationCount in
    allocation_counter_begin()
    do throws(Failure) {
      try body()
    } catch {
      _ = allocation_counter_end()
      throw error
    }
    return allocation_counter_end()
  }
}
