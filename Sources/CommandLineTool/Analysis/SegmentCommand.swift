import ArgumentParser
import Filtersmith

/// `filtersmith segment`: threshold, parts, and what is measured of them.
struct SegmentCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "segment",
    abstract: "Parts an image by a threshold and measures the connected parts.",
    discussion: """
      The threshold is Otsu's unless given. Prints a line for each part: its number,
      size in units of the spacing, middle in samples, longest and shortest axis, mean
      value. With -o the numbers of the parts are written, 0 outside.

      EXAMPLES:
        filtersmith segment coins.png -o parts.png
        filtersmith segment coins.png --below --minimum-size 20 --fill --json
        filtersmith segment brain.nii.gz --threshold 4000 --connectivity 3 -o parts.nii.gz
      """)

  @OptionGroup var input: ImageInput
  @OptionGroup var output: OptionalImageOutput

  @Option(help: ArgumentHelp("Parts are brighter than this (default: Otsu's).", valueName: "t"))
  var threshold: Number?

  @Flag(help: "Parts are darker than the threshold, or equal to it.")
  var below = false

  @Option(
    help: ArgumentHelp(
      "Along how many axes neighbours differ: 1 over faces, 2 over edges too … (default: all).",
      valueName: "n"))
  var connectivity: Int?

  @Option(help: ArgumentHelp("Smaller parts are left out, in samples.", valueName: "n"))
  var minimumSize = 1

  @Flag(help: "Fill holes first.")
  var fill = false

  @Option(help: ArgumentHelp("Samples that take part: those that are not 0.", valueName: "mask"))
  var mask: String?

  @Flag(help: "Print JSON: the threshold and an array with one object per part.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  private struct Report: Encodable {
    let threshold: Double
    let parts: [RegionProperties]
  }

  func execute() throws(FiltersmithError) {
    let writer = try output.writer()
    let file = try input.read()
    let image = try file.image
    let known = try file.mask(mask)
    let limit: Double
    if let threshold {
      limit = threshold.value
    } else {
      limit = try Histogram(of: image, mask: known).otsuThreshold()
    }
    let isBelow = below
    var inside = image.map { (Double($0) > limit) != isBelow }
    if let known { inside = try inside.zip(with: known) { $0 && $1 } }
    if fill { inside = try inside.holesFilled() }
    let least = minimumSize
    let parts = try ConnectedComponents(
      of: inside, connectivity: connectivity ?? file.space.rank
    ).filtered { $0 >= least }
    if let writer { try writer.write(parts.labels, like: file) }
    let properties = try parts.properties(spacing: file.spacing, intensities: image)
    if json {
      return try StandardOutput.write(
        JSONText.of(Report(threshold: limit, parts: properties)))
    }
    let axes = AxisNames.of(file.space.rank)
    try StandardOutput.write("threshold \(NumberTable.text(limit)), \(parts.count) parts\n")
    try StandardOutput.write(
      NumberTable(
        ["part", "size"] + axes + ["longest", "shortest", "mean"],
        properties.map { part in
          [Double(part.label), part.size] + part.centroid
            + [part.axisLengths.first ?? 0, part.axisLengths.last ?? 0, part.meanIntensity ?? 0]
        }
      ).text)
  }
}
