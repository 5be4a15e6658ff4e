import ArgumentParser
import Filtersmith

/// `filtersmith distance`: the distance transform.
struct DistanceCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "distance",
    abstract: "The distance of every sample from the nearest one that is 0, exactly.",
    discussion: """
      Distances are in units of the spacing. Samples above --threshold are inside;
      --outside measures outside them instead. In a PNG the largest distance is white.

      EXAMPLES:
        filtersmith distance mask.png -o distance.npy
        filtersmith distance mask.nii.gz -o millimetres.nii.gz
        filtersmith distance mask.npy --metric taxicab --outside -o distance.npy
      """)

  @OptionGroup var input: ImageInput
  @OptionGroup var output: ImageOutput

  @Option(help: "The metric: euclidean, taxicab or chessboard.")
  var metric = DistanceMetric.euclidean

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
    let result = try inside.distances(metric, spacing: file.spacing)
    try writer.write(result, like: file, range: .stretched)
  }
}

extension DistanceMetric: ExpressibleByArgument {}
