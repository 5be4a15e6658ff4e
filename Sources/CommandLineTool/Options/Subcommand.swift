import ArgumentParser
import Filtersmith

/// What every subcommand takes.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The number of threads (default: the number of processors).",
      valueName: "n"))
  var threads: Int?

  /// Applies the options to the process.
  func apply() throws(FiltersmithError) {
    guard let threads else { return }
    guard threads >= 1 else {
      throw FiltersmithError(.argument, "--threads is \(threads); at least 1 is needed")
    }
    Threads.count = threads
  }
}

/// A subcommand: the common options are applied before it starts, and it throws only
/// `FiltersmithError`.
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
