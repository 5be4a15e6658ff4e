/// What an argument with numbers for the axes of an array may hold.
package enum NumbersPerAxis: Sendable {
  /// Any finite numbers.
  case any
  /// Numbers of at least 0.
  case notNegative
  /// Numbers above 0.
  case positive

  fileprivate func allows<Number: Comparable & Numeric>(_ value: Number) -> Bool {
    // Infinity times 0 is not a number.
    guard value * 0 == 0 else { return false }
    switch self {
    case .any: return true
    case .notNegative: return value >= 0
    case .positive: return value > 0
    }
  }

  fileprivate var description: String {
    switch self {
    case .any: return "finite numbers"
    case .notNegative: return "numbers of at least 0"
    case .positive: return "positive numbers"
    }
  }
}

extension Array where Element: Comparable & Numeric {
  /// One number for each axis, from one for all of them or one for each.
  ///
  /// - Parameters:
  ///   - axes: The number of axes.
  ///   - name: What the numbers are called in messages.
  ///   - allowed: The numbers that are accepted.
  ///   - repeatsOne: Whether a single number stands for all axes.
  /// - Throws: ``FiltersmithError`` when the number of numbers does not fit, or one is not accepted.
  package func perAxis(
    _ axes: Int, _ name: String, _ allowed: NumbersPerAxis = .any, repeatsOne: Bool = true
  ) throws(FiltersmithError) -> [Element] {
    let all = repeatsOne && count == 1 ? Array(repeating: self[0], count: axes) : self
    guard all.count == axes else {
      let expected = repeatsOne ? "1 or \(axes) numbers" : "\(axes) numbers"
      throw FiltersmithError(
        .argument, "\(name) \(self): \(expected), one for each axis, were expected")
    }
    guard all.allSatisfy(allowed.allows) else {
      throw FiltersmithError(.argument, "\(name) \(self): \(allowed.description) were expected")
    }
    return all
  }
}

/// Distances between samples, one for each axis; 1 unless given.
///
/// - Throws: ``FiltersmithError`` when there is not one positive distance per axis.
package func spacingPerAxis(
  _ spacing: [Double]?, axes: Int
) throws(FiltersmithError) -> [Double] {
  try spacing?.perAxis(axes, "spacing", .positive, repeatsOne: false)
    ?? Array(repeating: 1, count: axes)
}
