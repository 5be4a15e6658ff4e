import ArgumentParser
import Filtersmith

/// `filtersmith lines`: straight lines and circles, by Hough's votes.
struct LinesCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "lines",
    abstract: "Finds straight lines, or circles, by the votes of edges (Hough, 2D).",
    discussion: """
      The samples that vote are given by --from: canny (edges), quadrature (lines one
      sample wide, from the even part of quadrature filters), or samples (all that are
      not 0).

      Prints a line for each, most votes first: x cos(angle) + y sin(angle) = distance,
      or with --radii the centre and radius of circles and the fraction of their
      circumference that is present. With -o the lines are drawn over the darkened image.

      EXAMPLES:
        filtersmith lines brick.png --limit 5
        filtersmith lines brick.png --from quadrature --json -o lines.png
        filtersmith lines coins.png --radii 15,30 --least 0.4
      """)

  enum Source: String, ExpressibleByArgument, CaseIterable {
    case canny, quadrature, samples
  }

  @OptionGroup var input: ImageInput
  @OptionGroup var output: OptionalImageOutput

  @Option(help: "The samples that vote: canny, quadrature or samples.")
  var from = Source.canny

  @Option(help: ArgumentHelp("Canny's standard deviation, in samples.", valueName: "s"))
  var sigma = Number(1.5)

  @Option(
    help: ArgumentHelp("Find circles of radii from r to s, in samples.", valueName: "r,s"))
  var radii: IntegerList?

  @Option(help: ArgumentHelp("The largest number of lines or circles.", valueName: "n"))
  var limit = 10

  @Option(
    help: ArgumentHelp(
      "The least votes, as a fraction of the most; for circles the fraction of the circumference.",
      valueName: "p"))
  var least = Number(0.5)

  @Option(
    help: ArgumentHelp(
      "The least distance between two, in rows and columns of votes.", valueName: "n"))
  var distance = 9

  @Flag(help: "Print JSON: an array with one object per line or circle.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let writer = try output.writer()
    guard limit >= 0, (0...1).contains(least.value) else {
      throw FiltersmithError(
        .argument, "--limit \(limit) and --least \(least.value); 0 or more and 0 to 1 were expected"
      )
    }
    let file = try input.read()
    try file.require(axes: 2...2, for: "finding lines")
    let voters = try ProgressLine.during("finding edges") { _ throws(FiltersmithError) in
      switch from {
      case .canny: try Canny(sigma: sigma.value)(file.image)
      case .quadrature: try QuadratureEdges(.lines)(file.image)
      case .samples: try file.image.map { $0 != 0 }
      }
    }
    if let radii { return try circles(in: voters, radii.values, like: file, writer) }
    let lines = try HoughLines(voters).lines(limit: limit, least: least.value, distance: distance)
    if let writer {
      try draw(HoughLines.samples(on: lines, shape: file.data.shape), over: file, writer)
    }
    if json { return try StandardOutput.write(JSONText.of(lines)) }
    try StandardOutput.write(
      NumberTable(
        ["angle", "distance", "votes"], lines.map { [$0.angle, $0.distance, Double($0.votes)] }
      ).text)
  }

  private func circles(
    in voters: Tensor<Bool>, _ radii: [Int], like file: ImageFile, _ writer: ImageWriter?
  ) throws(FiltersmithError) {
    guard radii.count == 2, radii[0] >= 1, radii[1] >= radii[0] else {
      throw FiltersmithError(
        .argument, "--radii \(radii) are not two ascending numbers of samples from 1 up")
    }
    let circles = try HoughCircles.find(
      in: voters, radii: radii[0]...radii[1], least: least.value, distance: distance, limit: limit)
    if let writer {
      try draw(HoughCircles.samples(on: circles, shape: file.data.shape), over: file, writer)
    }
    if json { return try StandardOutput.write(JSONText.of(circles)) }
    try StandardOutput.write(
      NumberTable(
        ["y", "x", "radius", "support"],
        circles.map { $0.center.map(Double.init) + [Double($0.radius), $0.support] }
      ).text)
  }

  private func draw(
    _ drawn: Tensor<Bool>, over file: ImageFile, _ writer: ImageWriter
  ) throws(FiltersmithError) {
    let image = try file.image
    let (low, high) = (image.min() ?? 0, image.max() ?? 1)
    let scale = high > low ? 0.5 / (high - low) : 0
    try writer.write(image.zip(with: drawn) { $1 ? 1 : ($0 - low) * scale }, like: file)
  }
}
