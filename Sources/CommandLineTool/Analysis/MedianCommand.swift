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

  @Option(
    help: ArgumentHelp(
      "A box of so many samples along each axis (default: 3).", valueName: "n[,n…]"))
  var size: IntegerList?

  @Option(help: ArgumentHelp("A ball of this radius.", valueName: "r"))
  var radius: Number?

  @Option(
    help: ArgumentHelp("0 is the minimum, 100 the maximum (default: the median).", valueName: "p"))
  var percentile: Number?

  @Option(help: Border.help)
  var border: String?

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    guard size == nil || radius == nil else {
      throw FiltersmithError(.argument, "--size and --radius exclude each other")
    }
    let border =
      try border.map { text throws(FiltersmithError) in try Border(parsing: text) } ?? .symmetric
    let writer = try output.writer()
    let file = try input.read(colors: true)
    let axes = file.space.rank
    let element: StructuringElement
    if let radius {
      element = try .ball(radius: radius.value, spacing: file.spacing)
    } else {
      element = try .box(
        try size?.perAxis(axes, option: "--size") ?? Array(repeating: 3, count: axes))
    }
    let result = try ProgressLine.during("filtering") { _ throws(FiltersmithError) in
      if let percentile {
        return try file.image.percentile(percentile.value, over: element, border: border)
      }
      return try file.image.median(over: element, border: border)
    }
    try writer.write(result, like: file)
  }
}
