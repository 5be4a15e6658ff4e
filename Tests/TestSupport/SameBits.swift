import Tensors
import Testing

/// Expects of any number of threads what one gives.
public func expectSameForThreads<Result: Equatable>(
  _ counts: Int..., sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Result
) rethrows {
  let threads = Threads.count
  defer { Threads.count = threads }
  Threads.count = 1
  let alone = try body()
  for count in counts {
    Threads.count = count
    let result = try body()
    #expect(result == alone, "\(count) threads", sourceLocation: sourceLocation)
  }
}
