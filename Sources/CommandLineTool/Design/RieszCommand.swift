import ArgumentParser
import Filtersmith

/// `filtersmith design riesz`.
struct RieszCommand: DesignSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "riesz",
    abstract: "Riesz transforms of a band-pass: the Hilbert transform in N dimensions.",
    discussion: """
      Without --orders there are all transforms up to the total order: of order 1 the
      band-pass and one filter per axis, which make the monogenic signal.

      EXAMPLES:
        filtersmith design riesz --center pi/4 --octaves 2 --size 21 -o riesz.npz
        filtersmith design riesz --order 2 --dimensions 3 --size 11 -o riesz.npz
      """)

  @Option(
    help: ArgumentHelp("Center frequency, where the band-pass is 1, rad/sample.", valueName: "u"))
  var center = Number(.pi / 4, "pi/4")

  @Option(help: ArgumentHelp("Bandwidth at half amplitude.", valueName: "b"))
  var octaves = Number(2)

  @Option(help: ArgumentHelp("The highest total order.", valueName: "n"))
  var order = 1

  @Option(
    help: ArgumentHelp(
      "One filter's order along every axis; repeat for more.", valueName: "n,n…"))
  var orders: [IntegerList] = []

  @OptionGroup var window: KernelWindowOption
  @OptionGroup var spacing: SpacingOption

  @OptionGroup(title: "Filter") var shape: ShapeOptions
  @OptionGroup(title: "Output") var outputs: DesignOutput
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func family() throws(FiltersmithError) -> RieszDesign {
    let axes = try shape.axes(implied: [orders.first?.values.count])
    let support = try shape.support(axes: axes, otherwise: 15)
    let window = try window.parsed()
    let spacing = try spacing.perAxis(axes)
    return orders.isEmpty
      ? RieszDesign(
        upToOrder: order, centerFrequency: center.value, octaves: octaves.value, support: support,
        window: window, spacing: spacing)
      : RieszDesign(
        orders: orders.map(\.values), centerFrequency: center.value, octaves: octaves.value,
        support: support, window: window, spacing: spacing)
  }
}
