import ArgumentParser
import Filtersmith

/// `filtersmith hog`: histograms of oriented gradients.
struct HogCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "hog",
    abstract: "Histograms of oriented gradients as features (Dalal and Triggs, 2D).",
    discussion: """
      The result is [block y, block x, cell y, cell x, orientation], as of scikit-image's
      hog with feature_vector=False; with --cells it is the histograms of cells before
      block normalisation, [cell y, cell x, orientation].

      EXAMPLES:
        filtersmith hog image.png -o features.npy
        filtersmith hog image.png --cell 16 --orientations 12 --cells -o cells.npy
        filtersmith hog image.png -o features.npy --picture glyphs.png --json
      """)

  struct Outcome: Encodable {
    let shape: [Int]
    let features: Int
  }

  @OptionGroup var input: ImageInput

  @Option(
    name: [.short, .long], help: ArgumentHelp("The features, an .npy file.", valueName: "out.npy"))
  var output: String

  @Option(help: ArgumentHelp("The number of orientation bins from 0 to π.", valueName: "n"))
  var orientations = 9

  @Option(
    help: ArgumentHelp(
      "The size of a cell in samples, along y and x (default: 8).", valueName: "n[,n]"))
  var cell: IntegerList?

  @Option(
    help: ArgumentHelp(
      "The size of a block in cells, along y and x (default: 2).", valueName: "n[,n]"))
  var block: IntegerList?

  @Flag(help: "Write the histograms of cells, without block normalisation.")
  var cells = false

  @Option(
    help: ArgumentHelp("Draw the cells' histograms as lines, a .png file.", valueName: "picture"))
  var picture: String?

  @Flag(help: "Print the shape and number of features as JSON.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    guard output.hasSuffix(".npy") else {
      throw FiltersmithError(.argument, "cannot write \(output): its name should end in .npy")
    }
    if let picture, !picture.hasSuffix(".png") {
      throw FiltersmithError(.argument, "cannot draw \(picture): its name should end in .png")
    }
    let file = try input.read()
    try file.require(axes: 2...2, for: "histograms of oriented gradients")
    let gradients = OrientedGradients(
      orientations: orientations, cell: try cell?.perAxis(2, option: "--cell") ?? [8, 8],
      block: try block?.perAxis(2, option: "--block") ?? [2, 2])
    let features: Tensor<Float>
    if cells {
      features = try gradients.cells(of: file.image)
    } else {
      features = try gradients(file.image)
    }
    if let picture {
      let glyphs = try gradients.glyphs(of: file.image, magnification: 2)
      try ImageWriter(picture).write(glyphs, like: file)
    }
    try NPYFile.write(.float32(features), to: output)
    if json {
      try StandardOutput.write(
        JSONText.of(Outcome(shape: features.shape.dimensions, features: features.count)))
    }
  }
}
