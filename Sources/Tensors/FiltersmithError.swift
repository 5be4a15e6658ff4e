/// What went wrong, as one sentence that names what was given, what was expected and where.
///
/// Every throwing function of the library throws this one type, so typed `throws` composes through
/// all modules without wrapping. Switch over ``kind`` to react, show ``message`` to a person.
public struct FiltersmithError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of failure, for code that reacts to it.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Shapes, ranks or axes that do not fit together.
    case shape
    /// A parameter outside its range.
    case argument
    /// A file that is missing, unreadable or cannot be written.
    case file
    /// A file whose contents are not what they claim to be.
    case format
    /// A request for more memory than is allowed.
    case limit
    /// A computation that did not converge, or a singular system.
    case numerical
  }

  /// The kind of failure.
  public let kind: Kind
  /// One sentence for a person.
  public let message: String

  /// An error of the given kind.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
