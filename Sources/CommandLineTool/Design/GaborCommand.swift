import ArgumentParser
import Filtersmith

/// `filtersmith design gabor`.
struct GaborCommand: DesignSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "gabor",
    abstract: "Gabor filters: complex waves under a Gaussian, one for each direction.",
    discussion: """
      The width comes from --octaves, or from --sigma and --sigma-across. All
      directions share one size.

      EXAMPLES:
        filtersmith design gabor --octaves 1 --directions 8 -o gabor.npz
        filtersmith design gabor --center pi/4 --sigma 4 --direction 0,1 \\
            -o gabor.npz
      """)

  @Option(help: ArgumentHelp("Frequency of the wave, rad/sample.", valueName: "u"))
  var center = Number(.pi / 4, "pi/4")

  @Option(help: ArgumentHelp("Bandwidth at half amplitude (default: 1).", valueName: "b"))
  var octaves: Number?

  @Option(
    help: ArgumentHelp("Standard deviation along the direction, in samples.", valueName: "s"))
  var sigma: Number?

  @Option(
    help: ArgumentHelp(
      "Standard deviation across the direction (default: as along it).", valueName: "s"))
  var sigmaAcross: Number?

  @Flag(help: "Leave the response to a constant as it is (default: remove it).")
  var keepDc = false

  @Option(
    help: ArgumentHelp(
      "peak: 1 at the center frequency; envelope: scikit-image's numbers.", valueName: "name"))
  var normalization = GaborDesign.Normalization.peak

  @Option(
    help: ArgumentHelp(
      "Where to cut off when no size is given, in standard deviations.", valueName: "t"))
  var truncation = Number(3)

  @OptionGroup(title: "Filter") var shape: ShapeOptions
  @OptionGroup(title: "Filter") var directions: DirectionOptions
  @OptionGroup(title: "Output") var outputs: DesignOutput
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func family() throws(FiltersmithError) -> GaborDesign {
    let axes = try shape.axes(implied: [directions.axes])
    let vectors = try directions.unitVectors(axes: axes)
    let support = try shape.size?.perAxis(axes, option: "--size")
    if let sigma {
      guard octaves == nil else {
        throw FiltersmithError(.argument, "--octaves and --sigma cannot be given together")
      }
      return GaborDesign(
        directions: vectors, centerFrequency: center.value, sigmaAlong: sigma.value,
        sigmaAcross: sigmaAcross?.value ?? sigma.value, support: support,
        truncation: truncation.value, removesDC: !keepDc, normalization: normalization)
    }
    let octaves = octaves?.value ?? 1
    guard octaves > 0 else {
      throw FiltersmithError(.argument, "bandwidth \(octaves) octaves must be positive")
    }
    var design = GaborDesign(
      directions: vectors, centerFrequency: center.value, octaves: octaves, support: support,
      truncation: truncation.value, removesDC: !keepDc, normalization: normalization)
    if let sigmaAcross { design.sigmaAcross = sigmaAcross.value }
    return design
  }
}

extension GaborDesign.Normalization: ExpressibleByArgument {}
