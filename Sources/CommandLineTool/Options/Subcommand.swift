import ArgumentParser
import Filtersmith

/// What every subcommand takes.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How many threads work at the same time (default: the number of processors).",
      valueName: "n"))
  var threads: Int?

  /// Sets the process up as asked.
  func apply() throws(FiltersmithError) {
    guard let threads else { return }
    guard threads >= 1 else {
      throw FiltersmithError(.argument, "--threads is \(threads); at least 1 is needed")
    }
    Threads.count = threads
  }
}

/// A subcommand: the options all share are applied before it starts, and it throws only errors that
/// are sentences already.
protocol Subcommand: ParsableCommand {
  /// The options every subcommand takes.
  var common: CommonOptions { get }
  /// Does the work.
  func execute() throws(FiltersmithError)
}

extension Subcommand {
  mutating func run() throws {
    try common.apply()
    try execute()
  }
}
