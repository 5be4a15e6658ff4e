import ArgumentParser
import Filtersmith

/// `filtersmith median`: medians and other ranks.
struct MedianCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "median",
    abstract: "The median, or another percentile, of every sample's neighbourhood.",
    discussion: """
      The neighbourhood is a box of --size samples, or with --radius a ball in units
      of the spacing.

      EXAMPLES:
        filtersmith median image.png --size 5 -o median.png
        filtersmith median image.png --size 3 --percentile 90 -o ninth-decile.png
        filtersmith median brain.nii.gz --radius 2 -o median.nii.gz
      """)

  @OptionGroup var input: ImageInput
  @OptionGroup var output: ImageOutput

  @OptionGroup var neighborhood: NeighborhoodOptions

  @Option(
    help: ArgumentHelp("0 is the minimum, 100 the maximum (default: the median).", valueName: "p"))
  var percentile: Number?

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    try neighborhood.check()
    let writer = try output.writer()
    let file = try input.read(colors: true)
    let (element, border) = (
      try neighborhood.element(for: file), try neighborhood.border()
    )
    let result = try ProgressLine.during("filtering") { _ throws(FiltersmithError) in
      if let percentile {
        return try file.image.percentile(percentile.value, over: element, border: border)
      }
      return try file.image.median(over: element, border: border)
    }
    try writer.write(result, like: file)
  }
}
