import ArgumentParser
import Filtersmith

/// `filtersmith corners`: corner detection.
struct CornersCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "corners",
    abstract: "Finds corners by Harris, Shi and Tomasi, or Förstner (2D).",
    discussion: """
      Prints a line for each corner, the strongest first: its position y and x in
      fractions of samples, and the response there. With -o the response is written too,
      with --picture the corners are drawn over the image.

      EXAMPLES:
        filtersmith corners image.png
        filtersmith corners image.png --measure shi-tomasi --limit 50 --picture corners.png
        filtersmith corners image.png --sigma 2 --threshold 0.05 -o response.npy
      """)

  enum Measure: String, ExpressibleByArgument, CaseIterable {
    case harris
    case shiTomasi = "shi-tomasi"
    case foerstner
  }

  @OptionGroup var input: ImageInput
  @OptionGroup var output: OptionalImageOutput

  @Option(help: "The corner measure: harris, shi-tomasi or foerstner.")
  var measure = Measure.harris

  @Option(
    help: ArgumentHelp("Standard deviation of the neighbourhood, in samples.", valueName: "s"))
  var sigma = Number(1.5)

  @Option(
    help: ArgumentHelp(
      "Standard deviation of the gradient's Gaussian (default: Sobel's operator).", valueName: "s"))
  var gradientSigma: Number?

  @Option(help: ArgumentHelp("Harris' k.", valueName: "k"))
  var k = Number(0.05)

  @Option(help: ArgumentHelp("Förstner's least roundness, 0 to 1.", valueName: "q"))
  var roundness = Number(0.5)

  @Option(help: ArgumentHelp("The least response, as a fraction of the largest.", valueName: "t"))
  var threshold = Number(0.01)

  @Option(help: ArgumentHelp("The least distance between corners, in samples.", valueName: "n"))
  var distance = 3

  @Option(help: ArgumentHelp("The largest number of corners (default: all).", valueName: "n"))
  var limit: Int?

  @Option(help: ArgumentHelp("Where corners may lie: samples that are not 0.", valueName: "mask"))
  var mask: String?

  @Option(help: ArgumentHelp("Draw the corners over the image.", valueName: "picture"))
  var picture: String?

  @Flag(help: "Print JSON: an array with one object per corner.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    guard limit ?? 0 >= 0 else {
      throw FiltersmithError(.argument, "--limit \(limit ?? 0); 0 or more were expected")
    }
    let writer = try output.writer()
    let files = try OutputFiles(main: output.output, pictures: [picture])
    let file = try input.read()
    try file.require(axes: 2...2, for: "finding corners")
    let kind: CornerDetector.Measure =
      switch measure {
      case .harris: .harris(k: k.value)
      case .shiTomasi: .shiTomasi
      case .foerstner: .foerstner(roundness: roundness.value)
      }
    let detector = CornerDetector(
      kind, sigma: sigma.value, gradientSigma: gradientSigma?.value)
    let image = try file.image
    let corners = try detector.corners(
      in: image, distance: distance, threshold: threshold.value, limit: limit,
      mask: file.mask(mask))
    if let picture {
      let figure = try MarksFigure(
        corners.map { .cross(y: $0.position[0], x: $0.position[1]) }, on: image,
        title: "\(corners.count) corners")
      try files.draw(try figure.figure(), to: picture)
    }
    try files.finish { () throws(FiltersmithError) in
      try writer?.write(detector.response(image), like: file, range: .stretched)
    }
    if json { return try StandardOutput.write(JSONText.of(corners)) }
    try StandardOutput.write(
      NumberTable(
        ["y", "x", "response"], corners.map { $0.position + [Double($0.value)] }
      ).text)
  }
}
