import ArgumentParser
import Filtersmith

/// The options of a network's convolution layer.
struct LayerConvolutionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("One number per filter, added to its output.", valueName: "b.npy"))
  var bias: String?

  @Option(help: ArgumentHelp("The step between outputs (default: 1).", valueName: "n[,n…]"))
  var stride: IntegerList?

  @Option(help: ArgumentHelp("The distance between taps (default: 1).", valueName: "n[,n…]"))
  var dilation: IntegerList?

  @Option(
    help: ArgumentHelp(
      "Zeros around the input: same, valid, 1,1 or before:after as 1,1:0,2 (default: valid).",
      valueName: "padding"))
  var padding: String?

  @Option(help: ArgumentHelp("Independent groups of channels (default: 1).", valueName: "g"))
  var groups: Int?

  @Flag(help: "The transposed convolution; the kernel is [channels, filters/groups, ...].")
  var transposed = false

  @Option(
    help: ArgumentHelp(
      "Extra samples at the end of the transposed result (default: 0).", valueName: "n[,n…]"))
  var outputPadding: IntegerList?

  /// Refuses the options of layers for whole arrays.
  func refuse() throws(FiltersmithError) {
    let given = [
      ("--bias", bias != nil), ("--stride", stride != nil), ("--dilation", dilation != nil),
      ("--padding", padding != nil), ("--groups", groups != nil), ("--transposed", transposed),
      ("--output-padding", outputPadding != nil),
    ]
    for (option, isGiven) in given where isGiven {
      throw FiltersmithError(.argument, "\(option) is for layers; add --channels")
    }
  }

  /// The layer's output; without the batch axis where the input has none.
  func run<Scalar: CommandScalar>(
    _ input: Tensor<Scalar>, _ kernel: Tensor<Scalar>, bias: Tensor<Scalar>?, algorithm: Algorithm,
    tolerance: Double
  ) throws(FiltersmithError) -> DataArray {
    let padding =
      try padding.map { text throws(FiltersmithError) in try Padding(parsing: text) } ?? .valid
    var output: Tensor<Scalar>
    if transposed {
      let convolution = try Convolution(
        transposing: input.shape, kernel: kernel.shape, padding: padding, stride: stride?.values,
        dilation: dilation?.values, outputPadding: outputPadding?.values, groups: groups ?? 1)
      output = try convolution.plan(
        algorithm, for: [.inputGradient], kernel: kernel, tolerance: tolerance
      ).inputGradient(input)
    } else {
      guard outputPadding == nil else {
        throw FiltersmithError(.argument, "--output-padding needs --transposed")
      }
      let convolution = try Convolution(
        input: input.shape, kernel: kernel.shape, padding: padding, stride: stride?.values,
        dilation: dilation?.values, groups: groups ?? 1)
      output = try convolution.plan(
        algorithm, kernel: kernel, tolerance: tolerance
      ).forward(input)
    }
    if let bias { output = try output.adding(bias: bias) }
    return Scalar.array(
      input.rank == output.rank ? output : try output.selected(axis: 0, at: 0))
  }
}
