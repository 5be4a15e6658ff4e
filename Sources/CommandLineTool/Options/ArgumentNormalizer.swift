/// Lets values start with a minus sign.
///
/// The argument parser takes `-1` and `-1,0` for options, even after an option that takes a value.
/// No option of this command starts with a digit, so whatever looks like a negative number is
/// attached to the option before it: `--direction 0,1 -1,0` becomes `--direction 0,1 --direction=-1,0`.
enum ArgumentNormalizer {
  /// The arguments with negative values attached to their options.
  static func normalized(_ arguments: [String]) -> [String] {
    var result: [String] = []
    var option: String?
    for (position, argument) in arguments.enumerated() {
      if argument == "--" {
        return result + arguments[position...]
      }
      if isNegativeValue(argument), let option {
        if result.last == option { result.removeLast() }
        result.append("\(option)=\(argument)")
      } else {
        if argument.hasPrefix("-"), argument.count > 1 {
          option = argument.split(separator: "=", maxSplits: 1).first.map(String.init)
        }
        result.append(argument)
      }
    }
    return result
  }

  /// Whether an argument is a minus sign and then a number, `pi` or a square root.
  private static func isNegativeValue(_ argument: String) -> Bool {
    guard argument.first == "-" else { return false }
    let rest = argument.dropFirst()
    guard let first = rest.first else { return false }
    return first.isNumber || first == "." || first == "π" || first == "√"
      || rest.hasPrefix("pi") || rest.hasPrefix("sqrt(") || rest.hasPrefix("inf")
  }
}
