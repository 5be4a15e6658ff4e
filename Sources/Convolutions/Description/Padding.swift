import Tensors

/// How many zeros a layer puts around its input, in the words of Keras and PyTorch.
public enum Padding: Hashable, Sendable, Codable {
  /// As many zeros as make the output ⌈input / stride⌉ long; an odd one goes at the end, as in Keras.
  case same
  /// None.
  case valid
  /// The given numbers before and after, along each spatial axis. Negative numbers crop.
  case explicit(before: [Int], after: [Int])

  /// The same number of zeros on both sides, per spatial axis.
  public static func symmetric(_ amounts: [Int]) -> Padding {
    .explicit(before: amounts, after: amounts)
  }

  /// The padding written as on the command line: `same`, `valid`, `1,1` or `1,1:0,2`
  /// (before:after, one number per spatial axis).
  ///
  /// - Throws: ``FiltersmithError`` for any other text.
  public init(parsing text: String) throws(FiltersmithError) {
    switch text {
    case "same": self = .same
    case "valid": self = .valid
    default:
      let sides = text.split(separator: ":", omittingEmptySubsequences: false).map { side in
        side.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      }
      guard sides.count <= 2, sides.allSatisfy({ $0.allSatisfy { $0 != nil } }),
        sides[0].count == sides[sides.count - 1].count
      else {
        throw FiltersmithError(
          .argument,
          "padding '\(text)' is not one of same, valid, one whole number per axis (1,1), "
            + "or before:after (1,1:0,2)")
      }
      let amounts = sides.map { $0.compactMap { $0 } }
      self = .explicit(before: amounts[0], after: amounts[amounts.count - 1])
    }
  }
}
