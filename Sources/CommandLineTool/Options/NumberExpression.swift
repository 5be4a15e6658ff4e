import Filtersmith

/// A number as people write frequencies: `1.48`, `pi/3`, `2pi/3`, `pi*sqrt(2)/3`.
///
/// Products (also by writing side by side), quotients, sums, signs, parentheses, `pi` or `π`, and
/// `sqrt(…)` or `√…`.
struct NumberExpression {
  /// The value of an expression.
  ///
  /// - Throws: ``FiltersmithError`` that quotes what is not understood.
  static func value(of text: String) throws(FiltersmithError) -> Double {
    // Nesting is the only thing that grows the stack, and no number needs a longer text.
    guard text.utf8.count <= 200 else {
      throw FiltersmithError(.argument, "a number of \(text.utf8.count) characters is too long")
    }
    var parser = NumberExpression(rest: Substring(text), text: text)
    let value = try parser.sum()
    guard parser.peek() == nil else { throw parser.failure() }
    guard value.isFinite else {
      throw FiltersmithError(.argument, "'\(text)' is not a finite number")
    }
    return value
  }

  /// The values of expressions separated by commas.
  static func list(of text: String) throws(FiltersmithError) -> [Double] {
    var values: [Double] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      values.append(try value(of: String(part)))
    }
    return values
  }

  private var rest: Substring
  private let text: String

  private mutating func peek() -> Character? {
    rest = rest.drop(while: \.isWhitespace)
    return rest.first
  }

  private mutating func take(_ word: String) -> Bool {
    _ = peek()
    guard rest.hasPrefix(word) else { return false }
    rest = rest.dropFirst(word.count)
    return true
  }

  private func failure() -> FiltersmithError {
    FiltersmithError(
      .argument, "'\(text)' is not a number; numbers are written like 1.48, pi/3 or pi*sqrt(2)/3")
  }

  private mutating func sum() throws(FiltersmithError) -> Double {
    var value = try product()
    while true {
      if take("+") {
        value += try product()
      } else if take("-") || take("−") {
        value -= try product()
      } else {
        return value
      }
    }
  }

  private mutating func product() throws(FiltersmithError) -> Double {
    var value = try factor()
    while let next = peek() {
      if take("*") || take("·") {
        value *= try factor()
      } else if take("/") {
        value /= try factor()
      } else if next.isLetter || next == "√" || next == "(" {
        value *= try factor()
      } else {
        break
      }
    }
    return value
  }

  private mutating func factor() throws(FiltersmithError) -> Double {
    if take("-") || take("−") { return -(try factor()) }
    if take("+") { return try factor() }
    if take("pi") || take("π") { return .pi }
    if take("sqrt(") { return try parenthesized().squareRoot() }
    if take("√") { return try factor().squareRoot() }
    if take("(") { return try parenthesized() }
    return try literal()
  }

  private mutating func parenthesized() throws(FiltersmithError) -> Double {
    let value = try sum()
    guard take(")") else { throw failure() }
    return value
  }

  private mutating func literal() throws(FiltersmithError) -> Double {
    _ = peek()
    var end = rest.startIndex
    func skipDigits() {
      while end < rest.endIndex, rest[end].isASCII, rest[end].isNumber {
        end = rest.index(after: end)
      }
    }
    skipDigits()
    if end < rest.endIndex, rest[end] == "." {
      end = rest.index(after: end)
      skipDigits()
    }
    if end < rest.endIndex, rest[end] == "e" || rest[end] == "E" {
      let mantissaEnd = end
      end = rest.index(after: end)
      if end < rest.endIndex, rest[end] == "-" || rest[end] == "+" { end = rest.index(after: end) }
      let digits = end
      skipDigits()
      if end == digits { end = mantissaEnd }
    }
    guard let value = Double(rest[..<end]) else { throw failure() }
    rest = rest[end...]
    return value
  }
}
