import ArgumentParser
import Filtersmith
import Foundation
import LinearAlgebra

/// The process: parses, runs, and turns an error into one sentence and an exit code.
///
/// Exit codes: 0 success, 1 failure, 2 bad usage (an unknown option or a parameter outside its
/// range).
@main
enum EntryPoint {
  static func main() {
    BLASThreads.end()
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      if let unknown = UnknownSubcommand(arguments) {
        StandardError.write("filtersmith: \(unknown.sentence)\nTry '\(unknown.help)'.\n")
        exit(2)
      }
      var command = try RootCommand.parseAsRoot(ArgumentNormalizer.normalized(arguments))
      try command.run()
    } catch {
      exit(report(error))
    }
  }

  /// Says what went wrong and returns the exit code; help and version requests arrive here too.
  private static func report(_ error: any Error) -> Int32 {
    if let error = error as? FiltersmithError {
      StandardError.write("filtersmith: \(error.message)\n")
      return error.kind == .argument ? 2 : 1
    }
    if RootCommand.exitCode(for: error).isSuccess {
      do {
        try StandardOutput.write(RootCommand.fullMessage(for: error) + "\n")
        return 0
      } catch {
        return report(error)
      }
    }
    StandardError.write("filtersmith: \(sentence(RootCommand.message(for: error)))\n")
    if let help = helpCommand(in: RootCommand.fullMessage(for: error)) {
      StandardError.write("Try '\(help)'.\n")
    }
    return 2
  }

  /// The parser's messages start with a capital and some end without a full stop; ours are clauses
  /// after `filtersmith:`.
  private static func sentence(_ message: String) -> String {
    let line = message.split(separator: "\n").joined(separator: " ")
    guard let first = line.first else { return "the arguments are not understood" }
    return first.lowercased() + line.dropFirst()
  }

  /// The command that prints the help of the subcommand that failed: the parser names it in quotes
  /// on the last line of its full message.
  private static func helpCommand(in message: String) -> String? {
    guard let line = message.split(separator: "\n").last(where: { $0.contains("See '") }) else {
      return nil
    }
    let quoted = line.split(separator: "'", omittingEmptySubsequences: false)
    return quoted.count >= 3 ? String(quoted[1]) : nil
  }
}
