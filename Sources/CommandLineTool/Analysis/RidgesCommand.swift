import ArgumentParser
import Filtersmith

/// `filtersmith ridges`: Frangi's filter.
struct RidgesCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "ridges",
    abstract: "Enhances ridges and vessels by Frangi's filter, in 2D and 3D.",
    discussion: """
      The result is from 0 to 1: the largest response over all scales. Scales are in units
      of the spacing; choose about half the width of the vessels.

      EXAMPLES:
        filtersmith ridges retina.png --polarity dark --sigmas 1,2,3 -o vessels.png
        filtersmith ridges angiography.nii.gz --sigmas 0.8,1.2,1.8 -o vessels.nii.gz
      """)

  @OptionGroup var input: ImageInput
  @OptionGroup var output: ImageOutput

  @Option(help: ArgumentHelp("The scales.", valueName: "s[,s…]"))
  var sigmas = NumberList([1, 2, 3])

  @Option(help: "Which ridges are enhanced: bright or dark.")
  var polarity = FrangiFilter.Polarity.bright

  @Option(
    help: ArgumentHelp("Frangi's alpha: how strongly plates are suppressed, in 3D.", valueName: "a")
  )
  var alpha = Number(0.5)

  @Option(help: ArgumentHelp("Frangi's beta: how strongly blobs are suppressed.", valueName: "b"))
  var beta = Number(0.5)

  @Option(
    help: ArgumentHelp(
      "Frangi's c: below this norm of the scale-normalised Hessian is noise (default: half the largest at each scale).",
      valueName: "c"))
  var structure: Number?

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let writer = try output.writer()
    let file = try input.read()
    try file.require(axes: 2...3, for: "Frangi's filter")
    let filter = FrangiFilter(
      sigmas: sigmas.values, polarity: polarity,
      plateness: alpha.value, blobness: beta.value, structure: structure?.value,
      spacing: file.spacing)
    let result = try ProgressLine.during("finding ridges") { _ throws(FiltersmithError) in
      try filter(file.image)
    }
    try writer.write(result, like: file)
  }
}

extension FrangiFilter.Polarity: ExpressibleByArgument {}
