import ArgumentParser
import Filtersmith

/// `filtersmith edges`: edge and line detection.
struct EdgesCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "edges",
    abstract: "Finds edges and lines: Canny's, Marr and Hildreth's, by quadrature filters.",
    discussion: """
      canny keeps the local maxima of the gradient along its direction and follows them
      down to the lower threshold (hysteresis). Thresholds are quantiles of the
      gradient's magnitude, 0 to 1, or with --absolute magnitudes per sample.

      marr-hildreth takes the zero crossings of the Laplacian of a Gaussian; its
      threshold is the least step there, as a fraction of the largest magnitude.

      quadrature takes the magnitude of quadrature filters where it is largest across
      the local orientation, in 2D and 3D; --feature looks for edges (the odd part of
      the local phase) or lines (the even part) alone. Thresholds are fractions of the
      largest strength.

      The result is 0 and 1, black and white in a PNG.

      EXAMPLES:
        filtersmith edges image.png -o edges.png
        filtersmith edges image.png --sigma 2 --thresholds 0.7,0.9 -o edges.png
        filtersmith edges image.npy --thresholds 0.02,0.05 --absolute -o edges.npy
        filtersmith edges image.png --method quadrature --feature lines -o lines.png
        filtersmith edges brain.nii.gz --method marr-hildreth --sigma 2 -o edges.nii.gz
      """)

  enum Method: String, ExpressibleByArgument, CaseIterable {
    case canny
    case marrHildreth = "marr-hildreth"
    case quadrature
  }

  @OptionGroup var input: ImageInput
  @OptionGroup var output: ImageOutput

  @Option(help: "The method: canny, marr-hildreth or quadrature.")
  var method = Method.canny

  @Option(
    help: ArgumentHelp(
      "The Gaussian's standard deviation, in units of the spacing for marr-hildreth, in samples for canny.",
      valueName: "s"))
  var sigma = Number(1.5)

  @Option(
    help: ArgumentHelp(
      "The lower and the upper threshold (default: 0.8,0.92 for canny, 0.1,0.25 for quadrature), or one (marr-hildreth, 0.1).",
      valueName: "low,high"))
  var thresholds: NumberList?

  @Flag(help: "Thresholds are gradient magnitudes per sample (canny).")
  var absolute = false

  @Option(
    help: "What is found: both, edges, lines, bright-lines or dark-lines (quadrature).")
  var feature = QuadratureEdges.Feature.both

  @Option(
    help: ArgumentHelp(
      "The filters' centre frequency in rad/sample of the finest axis (quadrature).",
      valueName: "f"))
  var center = Number(.pi / 3, "pi/3")

  @Option(
    help: ArgumentHelp("The filters' taps along each axis, odd (quadrature).", valueName: "n"))
  var size = 11

  @Option(
    help: ArgumentHelp(
      "Samples that are known: those that are not 0 (canny, quadrature).", valueName: "mask"))
  var mask: String?

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let writer = try output.writer()
    let defaults: [Double] =
      switch method {
      case .canny: [0.8, 0.92]
      case .marrHildreth: [0.1]
      case .quadrature: [0.1, 0.25]
      }
    let numbers = thresholds?.values ?? defaults
    guard numbers.count == defaults.count else {
      throw FiltersmithError(
        .argument,
        "--thresholds has \(numbers.count) values; \(defaults.count) were expected for "
          + method.rawValue)
    }
    guard method == .canny || !absolute else {
      throw FiltersmithError(.argument, "--absolute needs --method canny")
    }
    let file = try input.read(allowsMissing: mask != nil)
    let edges = try ProgressLine.during("finding edges") { _ throws(FiltersmithError) in
      switch method {
      case .canny:
        try file.require(axes: 2...2, for: "Canny's method")
        let known = try file.mask(mask)
        let thresholds: Canny.Thresholds =
          absolute
          ? .absolute(low: numbers[0], high: numbers[1])
          : .quantiles(low: numbers[0], high: numbers[1])
        var image = try file.image
        if let known { image = try image.zip(with: known) { $1 ? $0 : 0 } }
        return try Canny(sigma: sigma.value, thresholds: thresholds)(image, mask: known)
      case .marrHildreth:
        guard mask == nil else {
          throw FiltersmithError(.argument, "--mask needs --method canny or quadrature")
        }
        return try MarrHildreth(
          sigma: sigma.value, threshold: numbers[0], spacing: file.spacing)(file.image)
      case .quadrature:
        try file.require(axes: 2...3, for: "edges by quadrature filters")
        let detector = QuadratureEdges(
          feature, low: numbers[0], high: numbers[1], centerFrequency: center.value,
          support: size, spacing: file.spacing)
        guard let known = try file.mask(mask) else {
          return try detector(file.image)
        }
        return try detector(
          MaskedImage(file.image, certainty: known.map { $0 ? 1 : 0 }))
      }
    }
    try writer.write(edges, like: file)
  }
}

extension QuadratureEdges.Feature: ExpressibleByArgument {}
