import ArgumentParser
import Filtersmith

/// `filtersmith design log`.
struct LaplacianOfGaussianCommand: DesignSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "The Laplacian of a Gaussian, negative at the centre.",
    discussion: """
      EXAMPLES:
        filtersmith design log --sigma 2 -o log.npz
        filtersmith design log --sigma 2 --dimensions 3 --exact-moments -o log.npz
      """,
    aliases: ["laplacian-of-gaussian"])

  @OptionGroup(title: "Filter") var gaussian: GaussianOptions
  @OptionGroup(title: "Filter") var shape: ShapeOptions

  @Flag(help: "Differentiate polynomials exactly, so that no DC is left (default: as SciPy).")
  var exactMoments = false

  @OptionGroup(title: "Output") var outputs: DesignOutput
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func family() throws(FiltersmithError) -> LaplacianOfGaussianDesign {
    let sigma = try gaussian.sigma(shape)
    return LaplacianOfGaussianDesign(
      sigma: sigma, truncation: try gaussian.truncation(sigma, shape),
      discretization: exactMoments ? .exactMoments : .sampled)
  }
}
