import ArgumentParser
import Filtersmith

/// The weights of least-squares designs; all have defaults.
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
    help: ArgumentHelp(
      "Amplitude of the spatial weight, which keeps kernels local.", valueName: "a"))
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

  @OptionGroup var spacing: SpacingOption

  /// The parameters for filters of a number of axes.
  func parameters(axes: Int) throws(FiltersmithError) -> LeastSquaresParameters {
    LeastSquaresParameters(
      grid: try grid?.perAxis(axes, option: "--grid"), signalToNoise: snr.value,
      dcWeight: dcWeight.value, locality: locality.value,
      frequencyExponent: frequencyExponent.value, cosineExponent: cosineExponent.value,
      spatialExponent: spatialExponent.value,
      spacing: try spacing.perAxis(axes))
  }
}

/// The pass-band along the radius.
struct BandOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Center frequency, rad/sample, as 1.05, pi/3 or pi*sqrt(2)/3.", valueName: "u"))
  var center = Number(.pi / 3, "pi/3")

  @Option(
    help: ArgumentHelp("Bandwidth in octaves, at half amplitude.", valueName: "b"))
  var octaves = Number(2)

  @Option(
    help: ArgumentHelp(
      "Shape along the radius; log-erf has a flat top.", valueName: "name"))
  var profile = RadialProfileName.logNormal

  /// The library's value of the profile.
  var radialProfile: QuadratureDesign.RadialProfile {
    switch profile {
    case .logNormal: .logNormal
    case .logErf: .logErf
    }
  }
}

/// The names of radial profiles on the command line.
enum RadialProfileName: String, ExpressibleByArgument, CaseIterable {
  case logNormal = "log-normal"
  case logErf = "log-erf"
}
