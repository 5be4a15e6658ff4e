import Numerics
import Tensors

/// The checks that many families share; each failure is one sentence.
enum ParameterCheck {
  /// More taps than this in one bank are a mistake, or a hostile file's attempt to exhaust memory.
  static let largestSupport = 1 << 26

  static func dimensions(_ dimensions: Int, of family: String) throws(FiltersmithError) {
    guard dimensions >= 1, dimensions <= 4 else {
      throw FiltersmithError(
        .argument, "\(family) filters have 1 to 4 dimensions; \(dimensions) were given")
    }
  }

  static func positive(
    _ value: Double, _ name: String, of family: String
  ) throws(FiltersmithError) {
    guard value > 0, value.isFinite else {
      throw FiltersmithError(
        .argument, "\(name) \(value) of the \(family) filters must be positive and finite")
    }
  }

  /// One positive number for each of one to four axes.
  static func perAxis(
    _ values: [Double], _ name: String, of family: String
  ) throws(FiltersmithError) {
    try dimensions(values.count, of: family)
    for value in values { try positive(value, name, of: family) }
  }

  /// One positive distance between samples for each axis.
  static func spacing(
    _ spacing: [Double], axes: Int, of family: String
  ) throws(FiltersmithError) {
    _ = try spacing.perAxis(
      axes, "the spacing of the \(family) filters", .positive, repeatsOne: false)
  }

  /// One positive number of taps for each of one to four axes, odd where filters need a centre.
  static func support(
    _ support: [Int], odd: Bool, filters: Int = 1, of family: String
  ) throws(FiltersmithError) {
    try dimensions(support.count, of: family)
    for taps in support {
      guard taps >= 1 else {
        throw FiltersmithError(
          .argument, "size \(support) of the \(family) filters has an axis of \(taps) taps")
      }
      guard !odd || taps % 2 == 1 else {
        throw FiltersmithError(
          .argument,
          "size \(support) of the \(family) filters must be odd along every axis, so that they have a centre"
        )
      }
    }
    guard
      (try? Shape(checking: [filters] + support)).map({ $0.elementCount <= largestSupport })
        ?? false
    else {
      throw FiltersmithError(
        .limit,
        "\(filters) \(family) filters of size \(support) are more than \(largestSupport) taps")
    }
  }

  /// A frequency inside (0, π) or (0, π].
  static func frequency(
    _ frequency: Double, _ name: String, of family: String, includingNyquist: Bool = false
  ) throws(FiltersmithError) {
    let inside = frequency > 0 && (frequency < .pi || includingNyquist && frequency == .pi)
    guard inside else {
      throw FiltersmithError(
        .argument,
        "\(name) \(frequency) of the \(family) filters must lie between 0 and π rad/sample (half a cycle per sample)"
      )
    }
  }

  /// At least one direction, each a unit vector of the same one to four axes.
  static func directions(_ directions: [[Double]], of family: String) throws(FiltersmithError) {
    guard let first = directions.first else {
      throw FiltersmithError(.argument, "\(family) filters need at least one direction")
    }
    try dimensions(first.count, of: family)
    for direction in directions {
      guard direction.count == first.count else {
        throw FiltersmithError(
          .argument, "directions \(first) and \(direction) of the \(family) filters differ in rank")
      }
      let norm = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard abs(norm - 1) < 1e-6 else {
        throw FiltersmithError(
          .argument,
          "direction \(direction) of the \(family) filters has length \(norm); directions are unit vectors"
        )
      }
    }
  }

  /// Derivative orders: at least one multi-index, none negative, one number per axis.
  static func orders(
    _ orders: [[Int]], dimensions: Int, atMost largest: Int, of family: String
  ) throws(FiltersmithError) {
    guard !orders.isEmpty else {
      throw FiltersmithError(.argument, "\(family) filters need at least one order")
    }
    for order in orders {
      _ = try order.perAxis(
        dimensions, "the order of the \(family) filters", .any, repeatsOne: false)
      guard order.allSatisfy({ $0 >= 0 && $0 <= largest }) else {
        throw FiltersmithError(
          .argument,
          "order \(order) of the \(family) filters must lie between 0 and \(largest) along every axis"
        )
      }
    }
  }
}
