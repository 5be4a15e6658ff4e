import ArgumentParser
import Filtersmith

/// The weights of least-squares designs; all have customary values.
struct LeastSquaresOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Frequencies per axis of the design grid, odd (default: 2n + 1).", valueName: "n[,n…]"))
  var grid: IntegerList?

  @Option(
    help: ArgumentHelp("Signal-to-noise ratio of the frequency weight.", valueName: "dB"))
  var snr = Number(30)

  @Option(
    help: ArgumentHelp("Frequency weight of frequency 0.", valueName: "w"))
  var dcWeight = Number(1000)

  @Option(
    help: ArgumentHelp("Spatial weight: how strongly kernels are kept local.", valueName: "a"))
  var locality = Number(30)

  @Option(
    help: ArgumentHelp("Exponent a of the frequency weight's factor r^a.", valueName: "a"))
  var frequencyExponent = Number(-1)

  @Option(
    help: ArgumentHelp(
      "Exponent b of the frequency weight's factors cos^b(u/2).", valueName: "b"))
  var cosineExponent = Number(1)

  @Option(
    help: ArgumentHelp("Exponent p of the spatial weight r^p.", valueName: "p"))
  var spatialExponent = Number(2)

  @Option(
    help: ArgumentHelp(
      "Distance between samples, one per axis; frequencies are then per unit (default: 1).",
      valueName: "s,s…"))
  var spacing: NumberList?

  /// The parameters for filters of a number of axes.
  func parameters(axes: Int) throws(FiltersmithError) -> LeastSquaresParameters {
    LeastSquaresParameters(
      grid: try grid?.perAxis(axes, option: "--grid"), signalToNoise: snr.value,
      dcWeight: dcWeight.value, locality: locality.value,
      frequencyExponent: frequencyExponent.value, cosineExponent: cosineExponent.value,
      spatialExponent: spatialExponent.value,
      spacing: try spacing?.perAxis(axes, option: "--spacing"))
  }
}

/// The pass-band along the radius.
struct BandOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Center frequency, rad/sample: 1.05, pi/3, pi*sqrt(2)/3 (default: pi/3).", valueName: "u"))
  var center = Number(.pi / 3)

  @Option(
    help: ArgumentHelp("Relative bandwidth: full width at half amplitude, in octaves.", valueName: "b"))
  var octaves = Number(2)

  @Option(
    help: ArgumentHelp(
      "Shape along the radius: log-normal, or log-erf with a flat top.", valueName: "name"))
  var profile = QuadratureDesign.RadialProfile.logNormal
}

extension QuadratureDesign.RadialProfile: ExpressibleByArgument {
  /// `log-normal` or `log-erf`.
  public init?(argument: String) {
    switch argument {
    case "log-normal": self = .logNormal
    case "log-erf": self = .logErf
    default: return nil
    }
  }

  /// The name on the command line.
  public var defaultValueDescription: String {
    switch self {
    case .logNormal: "log-normal"
    case .logErf: "log-erf"
    }
  }

  /// Both names.
  public static var allValueStrings: [String] { allCases.map(\.defaultValueDescription) }
}
