import ArgumentParser
import Filtersmith

/// `filtersmith equalize`: histogram equalization.
struct EqualizeCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "equalize",
    abstract: "Equalizes the histogram to 0 to 1, of the whole image or tile by tile.",
    discussion: """
      With --tiles every tile of the last two axes is equalized on its own, its contrast
      limited by --clip (CLAHE), and tiles are blended.

      EXAMPLES:
        filtersmith equalize image.png -o equal.png
        filtersmith equalize image.png --tiles 8,8 --clip 3 -o local.png
        filtersmith equalize brain.nii.gz --mask brain-mask.nii.gz -o equal.nii.gz
      """)

  @OptionGroup var input: ImageInput
  @OptionGroup var output: ImageOutput

  @Option(help: ArgumentHelp("The number of tiles along y and x.", valueName: "n,n"))
  var tiles: IntegerList?

  @Option(
    help: ArgumentHelp(
      "The largest slope of the grey-value map, as a multiple of the mean (default: 3).",
      valueName: "c"))
  var clip: Number?

  @Option(help: ArgumentHelp("The number of bins of the histogram.", valueName: "n"))
  var bins = 256

  @Option(help: ArgumentHelp("Samples that are counted: those that are not 0.", valueName: "mask"))
  var mask: String?

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let writer = try output.writer()
    guard tiles != nil ? mask == nil : clip == nil else {
      throw FiltersmithError(
        .argument, "--clip needs --tiles, and --mask cannot be given with --tiles")
    }
    let file = try input.read()
    let result: Tensor<Float>
    if let tiles {
      let numbers = try tiles.perAxis(2, option: "--tiles")
      result = try file.image.locallyEqualized(
        tiles: (numbers[0], numbers[1]), clipLimit: clip?.value ?? 3, bins: bins)
    } else {
      result = try file.image.equalized(bins: bins, mask: file.mask(mask))
    }
    try writer.write(result, like: file)
  }
}
