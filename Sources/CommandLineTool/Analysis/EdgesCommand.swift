import ArgumentParser
import Filtersmith

/// `filtersmith edges`: where an image changes abruptly.
struct EdgesCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "edges",
    abstract: "Finds edges: Canny's (2D), or Marr and Hildreth's in any number of axes.",
    discussion: """
      canny keeps the largest slopes along their direction and follows them down to
      the lower threshold. Thresholds are parts of all slopes from 0 to 1, or with
      --absolute slopes in units of value per sample.

      marr-hildreth takes the sign changes of the Laplacian of a Gaussian; its
      threshold is the least step there, as a part of the largest magnitude.

      The result is 0 and 1, black and white in a PNG.

      EXAMPLES:
        filtersmith edges image.png -o edges.png
        filtersmith edges image.png --sigma 2 --thresholds 0.7,0.9 -o edges.png
        filtersmith edges image.npy --thresholds 0.02,0.05 --absolute -o edges.npy
        filtersmith edges brain.nii.gz --method marr-hildreth --sigma 2 -o edges.nii.gz
      """)

  enum Method: String, ExpressibleByArgument, CaseIterable {
    case canny
    case marrHildreth = "marr-hildreth"
  }

  @OptionGroup var input: ImageInput
  @OptionGroup var output: ImageOutput

  @Option(help: "How edges are found.")
  var method = Method.canny

  @Option(
    help: ArgumentHelp(
      "The Gaussian's standard deviation, in units of the spacing for marr-hildreth, in samples for canny.",
      valueName: "s"))
  var sigma = Number(1.5)

  @Option(
    help: ArgumentHelp(
      "The lower and the upper threshold (canny, default: 0.8,0.92), or one (marr-hildreth, 0.1).",
      valueName: "low,high"))
  var thresholds: NumberList?

  @Flag(help: "Thresholds are slopes in units of value per sample (canny).")
  var absolute = false

  @Option(help: ArgumentHelp("Samples that are known, not 0 (canny).", valueName: "mask"))
  var mask: String?

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let writer = try output.writer()
    let numbers = thresholds?.values ?? (method == .canny ? [0.8, 0.92] : [0.1])
    guard numbers.count == (method == .canny ? 2 : 1) else {
      throw FiltersmithError(
        .argument,
        "--thresholds has \(numbers.count) values; \(method == .canny ? "2" : "1") expected for "
          + method.rawValue)
    }
    let file = try input.read(allowsMissing: mask != nil)
    let edges = try ProgressLine.during("finding edges") { _ throws(FiltersmithError) in
      switch method {
      case .canny:
        try file.require(axes: 2...2, for: "Canny's method")
        let known = try MaskFile.read(mask, for: file)
        let thresholds: Canny.Thresholds =
          absolute
          ? .absolute(low: numbers[0], high: numbers[1])
          : .quantiles(low: numbers[0], high: numbers[1])
        var image = file.image
        if let known { image = try image.zip(with: known) { $1 ? $0 : 0 } }
        return try Canny(sigma: sigma.value, thresholds: thresholds)(image, mask: known)
      case .marrHildreth:
        guard mask == nil, !absolute else {
          throw FiltersmithError(.argument, "--mask and --absolute go with --method canny")
        }
        return try MarrHildreth(
          sigma: sigma.value, threshold: numbers[0], spacing: file.spacing)(file.image)
      }
    }
    try writer.write(edges, like: file)
  }
}
