import ArgumentParser
import Filtersmith
import Numerics

/// The options of convolutions of whole arrays.
struct ArrayConvolutionOptions: ParsableArguments {
  @Flag(help: "Do not reflect the kernel.")
  var correlate = false

  @Option(help: Border.help)
  var border: String?

  @Option(
    help: ArgumentHelp(
      "The kernel's tap at the output position (default: n/2, rounded down).",
      valueName: "i[,i…]"))
  var center: IntegerList?

  /// Refuses the options of whole arrays for layers.
  func refuse() throws(FiltersmithError) {
    let given = [("--border", border != nil), ("--center", center != nil)]
    for (option, isGiven) in given where isGiven {
      throw FiltersmithError(
        .argument, "\(option) is for whole arrays; a layer (--channels) takes --padding")
    }
  }

  /// The convolution, complex where an array is.
  func run<Scalar: CommandScalar>(
    _ input: ImageFile, _ kernel: ImageFile, algorithm: Algorithm, tolerance: Double,
    as precision: Scalar.Type
  ) throws(FiltersmithError) -> DataArray {
    let (edge, center) = (try Border(option: border), center?.values)
    switch (input.data.isComplex, kernel.data.isComplex, correlate) {
    case (false, false, true):
      return Scalar.array(
        try input.real(precision).correlated(
          with: kernel.real(), border: edge, center: center, algorithm: algorithm,
          tolerance: tolerance))
    case (false, false, false):
      return Scalar.array(
        try input.real(precision).convolved(
          with: kernel.real(), border: edge, center: center, algorithm: algorithm,
          tolerance: tolerance))
    case (false, true, true):
      return Scalar.array(
        try input.real(precision).correlated(
          with: kernel.complex(), border: edge, center: center, algorithm: algorithm,
          tolerance: tolerance))
    case (false, true, false):
      return Scalar.array(
        try input.real(precision).convolved(
          with: kernel.complex(), border: edge, center: center, algorithm: algorithm,
          tolerance: tolerance))
    case (true, _, true):
      return Scalar.array(
        try input.complex(precision).correlated(
          with: kernel.complex(), border: edge, center: center, algorithm: algorithm,
          tolerance: tolerance))
    case (true, _, false):
      return Scalar.array(
        try input.complex(precision).convolved(
          with: kernel.complex(), border: edge, center: center, algorithm: algorithm,
          tolerance: tolerance))
    }
  }
}

extension Border {
  /// The help of the option.
  static let help = ArgumentHelp(
    """
    How the image continues: zero, constant:3, nearest (aaaa|abcd|dddd), mirror (dcb|abcd|cba), \
    symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc); valid and full change the size (default: mirror).
    """, valueName: "border")

  /// The border that an option names; `mirror` when it is not given.
  init(option text: String?) throws(FiltersmithError) {
    self = try text.map { text throws(FiltersmithError) in try Border(parsing: text) } ?? .mirror
  }
}
