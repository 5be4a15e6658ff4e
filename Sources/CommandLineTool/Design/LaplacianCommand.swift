import ArgumentParser
import Filtersmith

/// `filtersmith design laplacian`.
struct LaplacianCommand: DesignSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "laplacian",
    abstract: "The sum of the second derivatives, from the nearest neighbours.",
    discussion: """
      EXAMPLES:
        filtersmith design laplacian -o laplacian.npz
        filtersmith design laplacian --neighborhood all -o laplacian.npz
      """)

  @Option(help: ArgumentHelp("Number of axes, 1 to 4.", valueName: "d"))
  var dimensions = 2

  @Option(
    help: ArgumentHelp(
      "Which neighbours count: faces (4 in 2D) or all (8 in 2D).", valueName: "name"))
  var neighborhood = LaplacianDesign.Neighborhood.faces

  @Option(help: DerivativeNormalization.help)
  var normalization = DerivativeNormalization.slope

  @OptionGroup(title: "Output") var outputs: DesignOutput
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func family() -> LaplacianDesign {
    LaplacianDesign(
      dimensions: dimensions, neighborhood: neighborhood, normalization: normalization)
  }
}

extension LaplacianDesign.Neighborhood: ExpressibleByArgument {}
