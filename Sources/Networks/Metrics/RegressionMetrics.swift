/// How far predicted values are from their targets.
public struct RegressionMetrics: Sendable, Equatable, Codable {
  /// The number of values.
  public private(set) var count = 0
  private var absolute = 0.0
  private var squares = 0.0
  private var sum = 0.0
  private var sumOfSquares = 0.0

  /// No values yet.
  public init() {}

  /// Adds predicted values and their targets.
  public mutating func add(values: UnsafeBufferPointer<Float>, targets: some Sequence<Float>) {
    for (value, target) in zip(values, targets) {
      let difference = Double(value) - Double(target)
      count += 1
      absolute += abs(difference)
      squares += difference * difference
      sum += Double(target)
      sumOfSquares += Double(target) * Double(target)
    }
  }

  /// The mean absolute error.
  public var meanAbsoluteError: Double { count > 0 ? absolute / Double(count) : 0 }

  /// The root of the mean squared error.
  public var rootMeanSquaredError: Double {
    count > 0 ? (squares / Double(count)).squareRoot() : 0
  }

  /// R²: the fraction of the targets' variance that is explained.
  public var determination: Double {
    let variance = sumOfSquares - sum * sum / Double(max(count, 1))
    return variance > 0 ? 1 - squares / variance : 0
  }
}
