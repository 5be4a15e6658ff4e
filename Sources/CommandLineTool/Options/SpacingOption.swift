import ArgumentParser
import Filtersmith

/// The distances between the samples that filters are designed for.
struct SpacingOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Distance between samples, one per axis; frequencies are then per unit (default: 1).",
      valueName: "s,s…"))
  var spacing: NumberList?

  /// The number of axes that the distances imply.
  var axes: Int? { spacing?.values.count }

  /// One distance per axis; `nil` where none are given.
  func perAxis(_ axes: Int) throws(FiltersmithError) -> [Double]? {
    try spacing?.perAxis(axes, option: "--spacing")
  }
}

/// How a kernel that is given by its spectrum is cut off.
struct KernelWindowOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("How the kernel fades out: rectangular, hann and more.", valueName: "window")
  )
  var window = "rectangular"

  /// The window.
  func parsed() throws(FiltersmithError) -> Window { try Window(parsing: window) }
}
