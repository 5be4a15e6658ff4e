import ArgumentParser
import Filtersmith

/// `filtersmith design savitzky-golay`.
struct SavitzkyGolayCommand: DesignSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "savitzky-golay",
    abstract: "Smoothing and differentiation by a least-squares polynomial.",
    discussion: """
      EXAMPLES:
        filtersmith design savitzky-golay --size 7 --dimensions 1 -o sg.npz
        filtersmith design savitzky-golay --size 7 --orders 0,1 -o dx.npz
      """,
    aliases: ["savitzkygolay"])

  @OptionGroup(title: "Filter") var shape: ShapeOptions

  @Option(help: ArgumentHelp("The degree of the polynomial.", valueName: "n"))
  var degree = 2

  @Option(
    help: ArgumentHelp(
      "One filter's order of derivative along every axis; repeat for more (default: smooth).",
      valueName: "n,n…"))
  var orders: [IntegerList] = []

  @OptionGroup(title: "Output") var outputs: DesignOutput
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func family() throws(FiltersmithError) -> SavitzkyGolayDesign {
    let axes = try shape.axes(implied: [orders.first?.values.count])
    return SavitzkyGolayDesign(
      support: try shape.support(axes: axes, otherwise: 7), degree: degree,
      orders: orders.isEmpty ? nil : orders.map(\.values))
  }
}
