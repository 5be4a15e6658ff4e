import ArgumentParser
import Filtersmith

/// A number written as an expression such as `pi/3`.
struct Number: ExpressibleByArgument {
  let value: Double
  /// How it is written in the help.
  let defaultValueDescription: String

  /// A number, and how it is written when not as digits.
  init(_ value: Double, _ text: String? = nil) {
    self.value = value
    defaultValueDescription =
      text ?? (value == value.rounded() && abs(value) < 1e9 ? String(Int(value)) : String(value))
  }

  init?(argument: String) {
    guard let value = try? NumberExpression.value(of: argument) else { return nil }
    self.init(value, argument)
  }
}

/// Numbers separated by commas, such as a direction `0,1`.
struct NumberList: ExpressibleByArgument {
  let values: [Double]

  /// How it is written in the help.
  var defaultValueDescription: String {
    values.map { Number($0).defaultValueDescription }.joined(separator: ",")
  }

  /// The numbers themselves.
  init(_ values: [Double]) { self.values = values }

  init?(argument: String) {
    guard let values = try? NumberExpression.list(of: argument) else { return nil }
    self.values = values
  }

  /// One value per axis.
  ///
  /// - Throws: ``FiltersmithError`` when the number of values is neither 1 nor that of the axes.
  func perAxis(_ axes: Int, option: String) throws(FiltersmithError) -> [Double] {
    try values.perAxis(axes, option)
  }
}

/// Whole numbers separated by commas: one for every axis, or a single one for all of them.
struct IntegerList: ExpressibleByArgument {
  let values: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let values = parts.compactMap { Int($0) }
    guard values.count == parts.count else { return nil }
    self.values = values
  }

  /// One value per axis.
  ///
  /// - Throws: ``FiltersmithError`` when the number of values is neither 1 nor that of the axes.
  func perAxis(_ axes: Int, option: String) throws(FiltersmithError) -> [Int] {
    try values.perAxis(axes, option)
  }
}
