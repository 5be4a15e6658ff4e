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

  /// Makes a bank and writes what was asked for: all of it or nothing.
  ///
  /// - Parameters:
  ///   - activity: What is being done, for the progress line.
  ///   - design: Makes the bank; runs after the outputs' paths were tried.
  func write(
    _ activity: String,
    design: (@escaping ProgressHandler) throws(FiltersmithError) -> FilterBank
  ) throws(FiltersmithError) {
    let files = try OutputFiles(main: output, pictures: [picture])
    let bank = try ProgressLine.during(activity, design)
    if let picture {
      try files.draw(try BankFigure(bank).figure(), to: picture)
    }
    if json { try StandardOutput.write(try FilterReport.json(of: bank)) }
    try files.finish { () throws(FiltersmithError) in try bank.write(to: output) }
  }
}
