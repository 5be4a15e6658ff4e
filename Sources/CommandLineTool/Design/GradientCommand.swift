import ArgumentParser
import Filtersmith

/// `filtersmith design sobel` and similar: first derivatives from small kernels.
struct GradientCommand<Kind: GradientKind>: DesignSubcommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: Kind.name,
      abstract: Kind.abstract,
      discussion: """
        One filter per \(Kind.operation == .roberts ? "diagonal" : "axis"). \
        Convolved with a rising ramp the response is positive.

        EXAMPLES:
          filtersmith design \(Kind.name) -o \(Kind.name).npz
          filtersmith design \(Kind.name) \\
              --normalization published -o \(Kind.name).npz
        """,
      aliases: Kind.name == Kind.operation.rawValue ? [] : [Kind.operation.rawValue])
  }

  @Option(
    help: ArgumentHelp("Taps per axis (default: the operator's usual number).", valueName: "n"))
  var size: Int?

  @Option(help: ArgumentHelp("Number of axes, 1 to 4.", valueName: "d"))
  var dimensions = 2

  @Option(help: DerivativeNormalization.help)
  var normalization = DerivativeNormalization.slope

  @OptionGroup(title: "Output") var outputs: DesignOutput
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func family() -> GradientDesign {
    GradientDesign(
      Kind.operation, dimensions: dimensions, taps: size, normalization: normalization)
  }
}

/// One of the difference operators, as a subcommand's type parameter: a subcommand's name belongs to
/// its type.
protocol GradientKind {
  static var operation: GradientDesign.Operator { get }
  static var name: String { get }
  static var abstract: String { get }
}

extension GradientKind {
  static var name: String { operation.rawValue }
}

enum CentralDifference: GradientKind {
  static let operation = GradientDesign.Operator.centralDifference
  static let name = "central-difference"
  static let abstract = "First derivatives, (1, 0, -1) along each axis."
}

enum Sobel: GradientKind {
  static let operation = GradientDesign.Operator.sobel
  static let abstract = "First derivatives, smoothed across by (1, 2, 1)."
}

enum Prewitt: GradientKind {
  static let operation = GradientDesign.Operator.prewitt
  static let abstract = "First derivatives, smoothed across by (1, 1, 1)."
}

enum Scharr: GradientKind {
  static let operation = GradientDesign.Operator.scharr
  static let abstract = "First derivatives, smoothed across by (3, 10, 3)."
}

enum Farid: GradientKind {
  static let operation = GradientDesign.Operator.farid
  static let abstract = "First derivatives by Farid and Simoncelli's matched rows of 3 or 5 taps."
}

enum Roberts: GradientKind {
  static let operation = GradientDesign.Operator.roberts
  static let abstract = "Differences along the two diagonals of a 2 x 2 square."
}

extension DerivativeNormalization: ExpressibleByArgument {
  /// The help of the option.
  static let help = ArgumentHelp(
    "slope: a ramp of slope 1 gives 1; published: the usual integers.", valueName: "name")
}
