import ArgumentParser
import Filtersmith

/// What every design subcommand writes.
struct DesignOutput: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The bank: NumPy's .npz with kernels, directions and design.", valueName: "bank.npz"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "Also draw the bank, as PNG, SVG or PDF by the name's ending.", valueName: "file"))
  var picture: String?

  @Flag(help: "Print each filter's direction and quality figures as JSON.")
  var json = false
}
