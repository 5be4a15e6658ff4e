import ArgumentParser

/// A word where a subcommand was expected.
///
/// The argument parser would go on to the options after it and complain of those.
struct UnknownSubcommand {
  /// The message, with the likely intended name.
  let sentence: String
  /// The command that prints the names there are.
  let help: String

  /// The first word of the arguments that names no subcommand; `nil` when there is none.
  init?(_ arguments: [String]) {
    var command: any ParsableCommand.Type = RootCommand.self
    var path = ["filtersmith"]
    for word in arguments {
      let subcommands = command.configuration.subcommands
      guard !subcommands.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
      func names(_ command: any ParsableCommand.Type) -> [String] {
        [command.configuration.commandName ?? ""] + command.configuration.aliases
      }
      guard let next = subcommands.first(where: { names($0).contains(word) }) else {
        let candidates = subcommands.flatMap(names)
        let nearest = candidates.min { Self.distance(word, $0) < Self.distance(word, $1) }
        let hint = nearest.map { Self.distance(word, $0) <= 2 ? "; did you mean '\($0)'?" : "" }
        sentence =
          "there is no subcommand '\(word)' of '\(path.joined(separator: " "))'\(hint ?? "")"
        help = path.joined(separator: " ") + " --help"
        return
      }
      command = next
      path.append(word)
    }
    return nil
  }

  /// How many letters must be added, removed, replaced or swapped with their neighbour (Damerau).
  static func distance(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first), Array(second))
    var rows = [Array(0...second.count)]
    for (row, letter) in first.enumerated() {
      var next = [row + 1]
      for (column, other) in second.enumerated() {
        var best = min(
          rows[row][column] + (letter == other ? 0 : 1), rows[row][column + 1] + 1,
          next[column] + 1)
        if row > 0, column > 0, letter == second[column - 1], other == first[row - 1] {
          best = min(best, rows[row - 1][column - 1] + 1)
        }
        next.append(best)
      }
      rows.append(next)
    }
    return rows[first.count][second.count]
  }
}
