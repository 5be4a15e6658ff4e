import ArgumentParser
import Filtersmith

/// `filtersmith smooth`: a Gaussian of any width.
struct SmoothCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "smooth",
    abstract: "Smooths by a Gaussian of any width, recursively.",
    discussion: """
      The time taken does not depend on the width. The response differs from the
      sampled Gaussian by at most 0.00001 of its peak; for a sigma of a few samples
      'design gaussian' and 'convolve' are as fast, and exact.

      The last axes are smoothed, as many as --sigma has numbers; one number stands
      for all axes. 0 leaves an axis as it is.

      EXAMPLES:
        filtersmith smooth image.npy --sigma 25 -o smooth.npy
        filtersmith smooth volume.npy --sigma 4,10,10 --border nearest -o smooth.npy
      """)

  @Argument(help: ArgumentHelp("The array (.npy).", valueName: "input.npy"))
  var input: String

  @Option(
    help: ArgumentHelp(
      "Standard deviations in samples, one for all axes or one for each of the last.",
      valueName: "s[,s…]"))
  var sigma: NumberList

  @Option(
    help: ArgumentHelp(
      """
      How the image continues: zero, constant:3, nearest (aaaa|abcd|dddd), mirror (dcb|abcd|cba), \
      symmetric (cba|abcd|dcb) or wrap (bcd|abcd|abc) (default: mirror).
      """, valueName: "border"))
  var border: String?

  @Option(name: [.short, .long], help: ArgumentHelp("The result.", valueName: "out.npy"))
  var output: String

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let border = try Border(option: border)
    let outputs = try OutputFiles(main: output)
    let input = try InputArray(contentsOf: input)
    func run<Scalar: CommandScalar>(
      _ precision: Scalar.Type
    ) throws(FiltersmithError) -> DataArray {
      let image = try input.real(precision)
      let sigma =
        sigma.values.count == 1 ? try sigma.perAxis(image.rank, option: "--sigma") : sigma.values
      return Scalar.array(try RecursiveGaussian(sigma: sigma, border: border).smooth(image))
    }
    let result = try ProgressLine.during("smoothing") { _ throws(FiltersmithError) in
      input.runsInSinglePrecision(with: input) ? try run(Float.self) : try run(Double.self)
    }
    try outputs.finish { () throws(FiltersmithError) in try NPYFile.write(result, to: output) }
  }
}
