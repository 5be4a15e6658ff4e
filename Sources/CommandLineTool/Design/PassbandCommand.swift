import ArgumentParser
import Filtersmith

/// `filtersmith design lowpass` and similar: windowed ideal filters.
struct PassbandCommand<Kind: PassbandKind>: DesignSubcommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: Kind.passband.rawValue,
      abstract: Kind.abstract,
      discussion: """
        The ideal filter's impulse response under a window; in 1D the numbers of
        SciPy's firwin.

        EXAMPLES:
          filtersmith design \(Kind.passband.rawValue) \(Kind.example) -o filter.npz
          filtersmith design \(Kind.passband.rawValue) \(Kind.example) \\
              --size 31 --window kaiser:8.6 --form radial -o filter.npz
        """)
  }

  @Option(
    help: ArgumentHelp(
      "The cut-off (half amplitude), rad/sample; two ascending numbers for a band.",
      valueName: "u[,u]"))
  var cutoff: NumberList?

  @OptionGroup(title: "Filter") var shape: ShapeOptions

  @Option(
    help: ArgumentHelp(
      "hann, hamming, blackman, rectangular, kaiser:BETA, gaussian:SIGMA and more.",
      valueName: "window"))
  var window = "hamming"

  @Option(
    help: ArgumentHelp(
      "separable: along each axis; radial: the same in all directions.", valueName: "name"))
  var form = WindowedSincDesign.Form.separable

  @Flag(help: "Do not scale the response to exactly 1 in the passband.")
  var unscaled = false

  @OptionGroup(title: "Output") var outputs: DesignOutput
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func family() throws(FiltersmithError) -> WindowedSincDesign {
    WindowedSincDesign(
      Kind.passband, cutoffs: cutoff?.values ?? Kind.defaultCutoffs,
      support: try shape.support(axes: try shape.axes(), otherwise: 15),
      window: try Window(parsing: window), form: form, scaled: !unscaled)
  }
}

/// What passes, as a subcommand's type parameter.
protocol PassbandKind {
  static var passband: WindowedSincDesign.Passband { get }
  static var abstract: String { get }
  /// The cut-offs unless given.
  static var defaultCutoffs: [Double] { get }
  /// The cut-offs of the examples.
  static var example: String { get }
}

enum Lowpass: PassbandKind {
  static let passband = WindowedSincDesign.Passband.lowpass
  static let abstract = "Passes the frequencies below a cut-off."
  static let defaultCutoffs = [Double.pi / 2]
  static let example = "--cutoff pi/4"
}

enum Highpass: PassbandKind {
  static let passband = WindowedSincDesign.Passband.highpass
  static let abstract = "Passes the frequencies above a cut-off."
  static let defaultCutoffs = [Double.pi / 2]
  static let example = "--cutoff pi/4"
}

enum Bandpass: PassbandKind {
  static let passband = WindowedSincDesign.Passband.bandpass
  static let abstract = "Passes the frequencies between two cut-offs."
  static let defaultCutoffs = [Double.pi / 4, 3 * Double.pi / 4]
  static let example = "--cutoff pi/4,pi/2"
}

enum Bandstop: PassbandKind {
  static let passband = WindowedSincDesign.Passband.bandstop
  static let abstract = "Passes the frequencies outside two cut-offs."
  static let defaultCutoffs = [Double.pi / 4, 3 * Double.pi / 4]
  static let example = "--cutoff pi/4,pi/2"
}

extension WindowedSincDesign.Form: ExpressibleByArgument {}
