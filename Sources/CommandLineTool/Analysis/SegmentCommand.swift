import ArgumentParser
import Filtersmith

/// `filtersmith segment`: regions by a threshold, and their measures.
struct SegmentCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "segment",
    abstract: "Segments an image by a threshold and measures the connected regions.",
    discussion: """
      The threshold is Otsu's unless given. Prints a line for each region: its number,
      size in units of the spacing, centroid in samples, longest and shortest axis, mean
      value. With -o the labels of the regions are written, 0 outside.

      EXAMPLES:
        filtersmith segment coins.png -o labels.png
        filtersmith segment coins.png --below --minimum-size 20 --fill --json
        filtersmith segment brain.nii.gz --threshold 4000 --connectivity 3 -o labels.nii.gz
      """)

  @OptionGroup var input: ImageInput
  @OptionGroup var output: OptionalImageOutput

  @Option(help: ArgumentHelp("Regions are brighter than this (default: Otsu's).", valueName: "t"))
  var threshold: Number?

  @Flag(help: "Regions are darker than the threshold, or equal to it.")
  var below = false

  @Option(
    help: ArgumentHelp(
      "Along how many axes neighbours may differ: 1 for faces, 2 for edges too … (default: all).",
      valueName: "n"))
  var connectivity: Int?

  @Option(help: ArgumentHelp("The least size of a region, in samples.", valueName: "n"))
  var minimumSize = 1

  @Flag(help: "Fill holes first.")
  var fill = false

  @Option(help: ArgumentHelp("Samples that count: those that are not 0.", valueName: "mask"))
  var mask: String?

  @Flag(help: "Print JSON: the threshold and an array with one object per region.")
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
    let regions = try ConnectedComponents(
      of: inside, connectivity: connectivity ?? file.space.rank
    ).filtered { $0 >= least }
    if let writer { try writer.write(regions.labels, like: file) }
    let properties = try regions.properties(spacing: file.spacing, intensities: image)
    if json {
      return try StandardOutput.write(
        JSONText.of(Report(threshold: limit, parts: properties)))
    }
    let axes = AxisNames.of(file.space.rank)
    try StandardOutput.write("threshold \(NumberTable.text(limit)), \(regions.count) regions\n")
    try StandardOutput.write(
      NumberTable(
        ["region", "size"] + axes + ["longest", "shortest", "mean"],
        properties.map { region in
          [Double(region.label), region.size] + region.centroid
            + [
              region.axisLengths.first ?? 0, region.axisLengths.last ?? 0,
              region.meanIntensity ?? 0,
            ]
        }
      ).text)
  }
}
