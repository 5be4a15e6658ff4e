import ArgumentParser
import Filtersmith

/// `filtersmith design gaussian`.
struct GaussianCommand: DesignSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "gaussian",
    abstract: "A Gaussian low-pass filter; its taps add up to 1.",
    discussion: """
      EXAMPLES:
        filtersmith design gaussian --sigma 1.5 -o gaussian.npz
        filtersmith design gaussian --sigma 1,2,2 --truncation 3 -o gaussian.npz
      """)

  @OptionGroup(title: "Filter") var gaussian: GaussianOptions
  @OptionGroup(title: "Filter") var shape: ShapeOptions
  @OptionGroup(title: "Output") var outputs: DesignOutput
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func family() throws(FiltersmithError) -> GaussianDesign {
    let sigma = try gaussian.sigma(shape)
    return GaussianDesign(sigma: sigma, truncation: try gaussian.truncation(sigma, shape))
  }
}
