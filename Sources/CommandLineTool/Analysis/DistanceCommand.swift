import ArgumentParser
import Filtersmith

/// `filtersmith distance`: the distance transform.
struct DistanceCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "distance",
    abstract: "The distance of every sample from the nearest one that is 0, exactly.",
    discussion: """
      Distances are in units of the spacing. Samples above --threshold are inside;
      --outside measures outside them instead. A PNG is stretched to its range.

      EXAMPLES:
        filtersmith distance mask.png -o distance.npy
        filtersmith distance mask.nii.gz -o millimetres.nii.gz
        filtersmith distance mask.npy --metric taxicab --outside -o distance.npy
      """)

  enum Metric: String, ExpressibleByArgument, CaseIterable {
    case euclidean, taxicab, chessboard
  }

  @OptionGroup var input: ImageInput
  @OptionGroup var output: ImageOutput

  @Option(help: "How distances are measured.")
  var metric = Metric.euclidean

  @Option(help: ArgumentHelp("Samples above this are inside.", valueName: "t"))
  var threshold = Number(0)

  @Flag(help: "The distance of samples outside from those inside.")
  var outside = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let writer = try output.writer()
    let file = try input.read()
    let (limit, isOutside) = (Float(threshold.value), outside)
    let inside = try file.image.map { ($0 > limit) != isOutside }
    guard inside.elements.contains(false) else {
      throw FiltersmithError(
        .argument, "\(file.path) has no sample to measure distances from; see --threshold")
    }
    let metrics: [Metric: DistanceMetric] = [
      .euclidean: .euclidean, .taxicab: .taxicab, .chessboard: .chessboard,
    ]
    let result = try inside.distances(metrics[metric] ?? .euclidean, spacing: file.spacing)
    try writer.write(result, like: file, range: .stretched)
  }
}
