import ArgumentParser
import Filtersmith

/// `filtersmith blobs`: blobs and their sizes.
struct BlobsCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "blobs",
    abstract: "Finds bright or dark blobs and their sizes, in images and volumes.",
    discussion: """
      Scales grow by equal ratios; sizes are in units of the spacing. Prints a line for
      each blob, the strongest first: its position along every axis in fractions of
      samples, its scale sigma, its radius and its response.

      EXAMPLES:
        filtersmith blobs image.png --scales 2,10 --threshold 0.1 --picture blobs.png
        filtersmith blobs image.png --measure doh --polarity dark --json
        filtersmith blobs brain.nii.gz --scales 2,6 --count 6 --threshold 50
      """)

  @OptionGroup var input: ImageInput

  @Option(help: "The blob measure: log, dog or doh.")
  var measure = BlobDetector.Measure.laplacian

  @Option(help: "Which blobs are found: bright or dark.")
  var polarity = BlobDetector.Polarity.bright

  @Option(help: ArgumentHelp("The smallest and the largest sigma.", valueName: "from,to"))
  var scales = NumberList([2, 10])

  @Option(help: ArgumentHelp("The number of scales.", valueName: "n"))
  var count = 10

  @Option(help: ArgumentHelp("The least response, in units of the samples.", valueName: "t"))
  var threshold = Number(0.1)

  @Option(help: ArgumentHelp("The largest overlap of two blobs, 0 to 1.", valueName: "p"))
  var overlap = Number(0.5)

  @Option(help: ArgumentHelp("Where blobs may lie: samples that are not 0.", valueName: "mask"))
  var mask: String?

  @Option(
    help: ArgumentHelp(
      "Draw the blobs over the image, or over a volume projected along z.", valueName: "picture"))
  var picture: String?

  @Flag(help: "Print JSON: an array with one object per blob.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let range = scales.values
    guard range.count == 2, range[0] > 0, range[0] <= range[1], (1...1000).contains(count) else {
      throw FiltersmithError(
        .argument,
        "--scales is \(range) and --count \(count); two ascending numbers and 1 to 1000 were expected"
      )
    }
    let files = try OutputFiles(main: nil, pictures: [picture])
    let file = try input.read()
    try file.require(axes: 1...3, for: "finding blobs")
    let detector = BlobDetector(
      measure,
      sigmas: range[0] == range[1]
        ? [range[0]] : BlobDetector.scales(from: range[0], to: range[1], count: count),
      polarity: polarity, threshold: threshold.value,
      overlap: overlap.value, spacing: file.spacing)
    let known = try file.mask(mask)
    let image = try file.image
    let blobs = try ProgressLine.during("finding blobs") { _ throws(FiltersmithError) in
      try detector.blobs(in: image, mask: known)
    }
    if let picture {
      let (spacing, axes) = (file.spacing.suffix(2), file.space.rank)
      let circles = blobs.map { blob in
        MarksFigure.Mark.ellipse(
          y: blob.position[max(axes - 2, 0)], x: blob.position[axes - 1],
          radiusY: blob.radius / (spacing.first ?? 1), radiusX: blob.radius / (spacing.last ?? 1))
      }
      let figure = try MarksFigure(circles, on: image, title: "\(blobs.count) blobs")
      try files.draw(try figure.figure(), to: picture)
    }
    try files.finish()
    if json { return try StandardOutput.write(JSONText.of(blobs)) }
    let axes = AxisNames.of(file.space.rank)
    try StandardOutput.write(
      NumberTable(
        axes + ["sigma", "radius", "response"],
        blobs.map { $0.position + [$0.sigma, $0.radius, Double($0.response)] }
      ).text)
  }
}

extension BlobDetector.Measure: ExpressibleByArgument {}
extension BlobDetector.Polarity: ExpressibleByArgument {}
