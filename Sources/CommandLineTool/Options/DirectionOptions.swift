import ArgumentParser
import Filtersmith

/// The directions of a bank: how many of the isotropic set, or which.
struct DirectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The number of evenly distributed directions (default: 1, 4, 6 and 12 in 1D to 4D).",
      valueName: "k"))
  var directions: Int?

  @Option(
    name: .customLong("direction"), parsing: .upToNextOption,
    help: ArgumentHelp(
      "A direction in axis order (y,x), of any length; repeat for more.", valueName: "n,n…"))
  var vectors: [NumberList] = []

  /// The number of axes that the directions imply.
  var axes: Int? { vectors.first?.values.count }

  /// One unit vector per filter.
  ///
  /// - Throws: ``FiltersmithError`` for a number without such a set, or an invalid direction.
  func unitVectors(axes: Int) throws(FiltersmithError) -> [[Double]] {
    guard !vectors.isEmpty else {
      return try DirectionSets.isotropic(dimensions: axes, count: directions)
    }
    guard directions == nil else {
      throw FiltersmithError(
        .argument, "--directions and --direction cannot be given together")
    }
    return try DirectionSets.normalized(vectors.map(\.values), dimensions: axes)
  }
}
