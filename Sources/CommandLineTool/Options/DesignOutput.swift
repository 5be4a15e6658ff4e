import ArgumentParser
import Filtersmith

/// What every design subcommand writes.
struct DesignOutput: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The bank: a NumPy .npz file with kernels, directions and design.", valueName: "bank.npz"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "Also draw the bank; the ending gives the format: .png, .svg or .pdf.", valueName: "file"))
  var picture: String?

  @Flag(help: "Print each filter's direction and quality figures as JSON.")
  var json = false

  /// Designs a bank and writes the outputs: all of them or none.
  ///
  /// - Parameters:
  ///   - activity: What is being done, for the progress line.
  ///   - design: Makes the bank; runs after the outputs' paths were checked.
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
