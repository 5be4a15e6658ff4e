import ArgumentParser
import Filtersmith

/// `filtersmith design monomial`.
struct MonomialCommand: DesignSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "monomial",
    abstract: "Optimised monomial filters: R(r) times products of the components of u/r.",
    discussion: """
      EXAMPLES:
        filtersmith design monomial --size 11 --center pi/3 -o monomial.npz --json
        filtersmith design monomial --size 7 --dimensions 3 --center pi*sqrt(2)/3 \\
            --orders 1,2 -o monomial.npz
      """)

  @OptionGroup(title: "Filter") var shape: ShapeOptions
  @OptionGroup(title: "Filter") var band: BandOptions

  @Option(help: ArgumentHelp("The orders of the monomials (default: 0,1,2).", valueName: "n,n…"))
  var orders: IntegerList?

  @OptionGroup(title: "Weights") var weights: LeastSquaresOptions
  @OptionGroup(title: "Output") var outputs: DesignOutput
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func family() throws(FiltersmithError) -> MonomialDesign {
    let axes = try shape.axes(implied: [weights.spacing.axes])
    return MonomialDesign(
      support: try shape.support(axes: axes, otherwise: 9), centerFrequency: band.center.value,
      octaves: band.octaves.value, orders: orders?.values ?? [0, 1, 2],
      radialProfile: band.radialProfile, parameters: try weights.parameters(axes: axes))
  }
}
