import ArgumentParser
import Filtersmith

/// `filtersmith pyramid`: Gaussian and Laplacian pyramids.
struct PyramidCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "pyramid",
    abstract: "Gaussian and Laplacian pyramids, and images from them (Burt and Adelson).",
    discussion: """
      gaussian   the image, repeatedly smoothed and halved
      laplacian  the differences of consecutive levels, and the coarsest level
      collapse   the image of a Laplacian pyramid

      A pyramid is an .npz file of the arrays 'level0', the finest, 'level1' ...

      EXAMPLES:
        filtersmith pyramid gaussian image.png --levels 4 -o levels.npz --picture levels.png
        filtersmith pyramid laplacian volume.nii.gz -o levels.npz
        filtersmith pyramid collapse levels.npz -o image.png
      """)

  enum Operation: String, ExpressibleByArgument, CaseIterable {
    case gaussian, laplacian, collapse
  }

  @Argument(help: "The operation: gaussian, laplacian or collapse.")
  var operation: Operation

  @Argument(
    help: ArgumentHelp(
      "The image or volume; for collapse the pyramid, an .npz file.", valueName: "input"))
  var input: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The levels, an .npz file; for collapse the image.", valueName: "out"))
  var output: String

  @Option(
    help: ArgumentHelp("The number of levels, with the image itself (default: 4).", valueName: "n"))
  var levels: Int?

  @Option(help: Border.help)
  var border: String?

  @Option(help: ArgumentHelp("Draw the levels.", valueName: "picture"))
  var picture: String?

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    if operation == .collapse { return try collapse() }
    guard output.hasSuffix(".npz") else {
      throw FiltersmithError(.argument, "cannot write \(output): its name should end in .npz")
    }
    let files = try OutputFiles(main: output, pictures: [picture])
    let border = try Border(option: border)
    let image = try ImageFile(input).image
    let pyramid =
      operation == .gaussian
      ? try image.gaussianPyramid(levels: levels ?? 4, border: border)
      : try image.laplacianPyramid(levels: levels ?? 4, border: border)
    if let picture {
      let figure = try PyramidFigure(
        pyramid, isLaplacian: operation == .laplacian,
        title: operation == .laplacian ? "Laplacian pyramid" : "Gaussian pyramid")
      try files.draw(try figure.figure(), to: picture)
    }
    try files.finish { () throws(FiltersmithError) in
      try NPZFile.write(
        pyramid.enumerated().map { ("level\($0.offset)", .float32($0.element)) }, to: output)
    }
  }

  private func collapse() throws(FiltersmithError) {
    guard levels == nil, border == nil, picture == nil else {
      throw FiltersmithError(
        .argument, "--levels, --border and --picture are for making a pyramid, not for collapse")
    }
    let writer = try ImageWriter(output)
    _ = try OutputFiles(main: output)
    let archive = try NPZFile(contentsOf: input)
    let count = archive.names.count
    guard count > 0, Set(archive.names) == Set((0..<count).map { "level\($0)" }) else {
      throw FiltersmithError(
        .format,
        "\(input) holds the arrays \(archive.names.joined(separator: ", ")); a pyramid has level0, "
          + "level1 and so on")
    }
    var pyramid: [Tensor<Float>] = []
    for level in 0..<count {
      let array = try archive.array("level\(level)")
      try array.requireFinite("\(input)#level\(level)")
      pyramid.append(try array.asFloat())
    }
    try writer.write(try Tensor(laplacianPyramid: pyramid), like: nil)
  }
}
