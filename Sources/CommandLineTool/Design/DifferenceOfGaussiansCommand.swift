import ArgumentParser
import Filtersmith

/// `filtersmith design dog`.
struct DifferenceOfGaussiansCommand: DesignSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "dog",
    abstract: "A narrow Gaussian minus a wide one: a band-pass, positive at the centre.",
    discussion: """
      The wide sigma is 1.6 times the narrow one unless given.

      EXAMPLES:
        filtersmith design dog --sigma 1 --wide-sigma 3 -o dog.npz
        filtersmith design dog --sigma 1 --dimensions 3 -o dog.npz
      """,
    aliases: ["difference-of-gaussians"])

  @OptionGroup(title: "Filter") var gaussian: GaussianOptions
  @OptionGroup(title: "Filter") var shape: ShapeOptions

  @Option(
    help: ArgumentHelp(
      "Standard deviation of the wide Gaussian, in samples.", valueName: "s[,s…]"))
  var wideSigma: NumberList?

  @OptionGroup(title: "Output") var outputs: DesignOutput
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func family() throws(FiltersmithError) -> DifferenceOfGaussiansDesign {
    let narrow = try gaussian.sigma(shape, implied: [wideSigma?.values.count])
    let wide =
      try wideSigma?.perAxis(narrow.count, option: "--wide-sigma") ?? narrow.map { 1.6 * $0 }
    return DifferenceOfGaussiansDesign(
      narrowSigma: narrow, wideSigma: wide, truncation: try gaussian.truncation(wide, shape))
  }
}
