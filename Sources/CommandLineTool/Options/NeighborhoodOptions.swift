import ArgumentParser
import Filtersmith

/// The neighbourhood of a sample: a box or a ball.
struct NeighborhoodOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A box of this many samples along each axis (default: 3).", valueName: "n[,n…]"))
  var size: IntegerList?

  @Option(help: ArgumentHelp("A ball of this radius.", valueName: "r"))
  var radius: Number?

  @Option(name: .customLong("border"), help: Border.help)
  var borderText: String?

  /// Checks the options before a file is read.
  func check() throws(FiltersmithError) {
    guard size == nil || radius == nil else {
      throw FiltersmithError(.argument, "--size and --radius cannot be given together")
    }
    _ = try border()
  }

  /// How the image continues; `symmetric` unless given.
  func border() throws(FiltersmithError) -> Border {
    guard let borderText else { return .symmetric }
    return try Border(parsing: borderText)
  }

  /// The neighbourhood for an image's axes and spacing.
  func element(for file: ImageFile) throws(FiltersmithError) -> StructuringElement {
    if let radius { return try .ball(radius: radius.value, spacing: file.spacing) }
    let axes = file.space.rank
    return try .box(try size?.perAxis(axes, option: "--size") ?? Array(repeating: 3, count: axes))
  }
}
