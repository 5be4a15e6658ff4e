import Tensors
import Testing

/// The error of the library that a call throws; anything else fails the test.
public func refusal(
  _ sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) -> FiltersmithError? {
  do {
    try body()
    Issue.record("nothing was refused", sourceLocation: sourceLocation)
    return nil
  } catch let error as FiltersmithError {
    return error
  } catch {
    Issue.record("an error of another type: \(error)", sourceLocation: sourceLocation)
    return nil
  }
}
