import ArgumentParser
import Filtersmith

/// `filtersmith pad`: samples added around an image.
struct PadCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "pad",
    abstract: "Adds samples around an image or a volume; the position in space is kept.",
    discussion: """
      EXAMPLES:
        filtersmith pad image.png --before 16 -o wide.png
        filtersmith pad image.png --before 0,10 --after 0,20 --border mirror -o wide.png
        filtersmith pad brain.nii.gz --before 0 --after 3,6,6 --border nearest -o wide.nii.gz
      """)

  @OptionGroup var input: ImageInput
  @OptionGroup var output: ImageOutput

  @Option(
    help: ArgumentHelp(
      "Samples added before the first, one number for all axes or one for each.",
      valueName: "n[,n…]"))
  var before: IntegerList

  @Option(
    help: ArgumentHelp(
      "Samples added after the last (default: as many as before).", valueName: "n[,n…]"))
  var after: IntegerList?

  @Option(
    help: ArgumentHelp(
      "Their values: zero, constant:3, nearest, mirror, symmetric or wrap (default: zero).",
      valueName: "border"))
  var border: String?

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let writer = try output.writer()
    let border = try border.map { text throws(FiltersmithError) in try Border(parsing: text) }
    let file = try input.read(colors: true)
    let axes = file.space.rank
    let first = try before.perAxis(axes, option: "--before")
    let last = try after?.perAxis(axes, option: "--after") ?? first
    let padded = try file.mapChannels { channel throws(FiltersmithError) in
      try channel.padded(before: first, after: last, border: border ?? .zero)
    }
    try writer.write(padded, like: file, transform: .translation(first.map { -Double($0) }))
  }
}
