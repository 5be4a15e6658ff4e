import ArgumentParser
import Filtersmith

/// `filtersmith design loggabor`.
struct LogGaborCommand: DesignSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "loggabor",
    abstract: "Log-Gabor filters: Gaussian in log frequency and in angle.",
    discussion: """
      EXAMPLES:
        filtersmith design loggabor --center pi/4 --octaves 1.5 --directions 6 \\
            --size 31 -o loggabor.npz
        filtersmith design loggabor --angular-deviation pi/8 -o loggabor.npz
      """,
    aliases: ["log-gabor"])

  @Option(
    help: ArgumentHelp("Center frequency, where the response is 1, rad/sample.", valueName: "u"))
  var center = Number(.pi / 4, "pi/4")

  @Option(help: ArgumentHelp("Bandwidth at half amplitude.", valueName: "b"))
  var octaves = Number(2)

  @Option(
    help: ArgumentHelp(
      "Standard deviation of the angle, in radians.", valueName: "a"))
  var angularDeviation = Number(.pi / 6, "pi/6")

  @OptionGroup var window: KernelWindowOption
  @OptionGroup var spacing: SpacingOption

  @OptionGroup(title: "Filter") var shape: ShapeOptions
  @OptionGroup(title: "Filter") var directions: DirectionOptions
  @OptionGroup(title: "Output") var outputs: DesignOutput
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func family() throws(FiltersmithError) -> LogGaborDesign {
    let axes = try shape.axes(implied: [directions.axes])
    return LogGaborDesign(
      directions: try directions.unitVectors(axes: axes), centerFrequency: center.value,
      octaves: octaves.value, angularDeviation: angularDeviation.value,
      support: try shape.support(axes: axes, otherwise: 21),
      window: try window.parsed(), spacing: try spacing.perAxis(axes))
  }
}
