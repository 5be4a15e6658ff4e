import ArgumentParser
import Filtersmith

/// `filtersmith show`: the picture of a stored bank.
struct ShowCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Draws a bank: even and odd parts, spectra, ideals and quality figures.",
    discussion: """
      EXAMPLES:
        filtersmith show bank.npz -o bank.png
        filtersmith show bank.npz -o bank.pdf --columns 2
        filtersmith show bank.npz -o large.png --resolution 300
      """)

  @Argument(
    help: ArgumentHelp("The bank: .npz, or .npy with kernels only.", valueName: "bank.npz"))
  var bank: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The picture: .png, .svg or .pdf.", valueName: "file"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "The number of columns (default: by the number of filters).", valueName: "n"))
  var columns: Int?

  @Option(help: ArgumentHelp("Pixels per inch of a PNG.", valueName: "ppi"))
  var resolution = Number(144)

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    if let columns, columns < 1 {
      throw FiltersmithError(.argument, "--columns is \(columns); at least 1 is needed")
    }
    _ = try FigureFormat(path: output)
    let outputs = try OutputFiles(main: output)
    let figure = BankFigure(try FilterBank(contentsOf: bank), columns: columns)
    try outputs.finish { () throws(FiltersmithError) in
      try figure.write(to: output, pixelsPerInch: resolution.value)
    }
  }
}
