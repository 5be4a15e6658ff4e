import ArgumentParser
import Filtersmith

/// `filtersmith convolve`: whole arrays, or layers with `--channels`.
struct ConvolveCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "convolve",
    abstract: "Convolves arrays, as signal processing does or as a network's layer does.",
    discussion: """
      Without --channels the input and the kernel are whole arrays of equal rank,
      1 to 4, and the kernel is reflected (--correlate leaves it as it is). Its
      center is tap n/2, rounded down, of the kernel as written.

      With --channels it is a layer: correlation, input [batch, channels, ...],
      kernel [filters, channels/groups, ...], zeros around the input.

      float32 arrays give float32, float64 and whole numbers give float64;
      complex arrays give complex ones.

      EXAMPLES:
        filtersmith convolve image.npy kernel.npy -o out.npy
        filtersmith convolve image.npy kernel.npy -o out.npy --border constant:3
        filtersmith convolve image.npy template.npy -o out.npy --correlate \\
            --border valid --algorithm fourier
        filtersmith convolve x.npy w.npy --channels --bias b.npy --stride 2,2 \\
            --padding same -o y.npy
        filtersmith convolve x.npy w.npy --channels --transposed --stride 2,2 \\
            --output-padding 1,1 -o y.npy
      """)

  @Argument(help: ArgumentHelp("The array (.npy).", valueName: "input.npy"))
  var input: String

  @Argument(help: ArgumentHelp("The kernel (.npy).", valueName: "kernel.npy"))
  var kernel: String

  @Option(name: [.short, .long], help: ArgumentHelp("The result.", valueName: "out.npy"))
  var output: String

  @Option(help: .algorithm)
  var algorithm = "auto"

  @Option(help: .tolerance)
  var tolerance = Number(0)

  @OptionGroup(title: "Whole arrays") var arrays: ArrayConvolutionOptions
  @OptionGroup(title: "Layers") var layer: LayerConvolutionOptions
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  @Flag(help: "A network's layer: [batch, channels, ...], correlation.")
  var channels = false

  func execute() throws(FiltersmithError) {
    let algorithm = try Algorithm(parsing: algorithm)
    if channels { try arrays.refuse() } else { try layer.refuse() }
    let outputs = try OutputFiles(main: output)
    let input = try ImageFile(input)
    let kernel = try ImageFile(kernel)
    let bias = try layer.bias.map { path throws(FiltersmithError) in
      try ImageFile(path)
    }
    // Single precision where one array has it, and neither is double.
    let types = [input.data.elementType, kernel.data.elementType]
    let isSingle =
      types.contains { [.float16, .float32, .complex64].contains($0) }
      && !types.contains { [.float64, .complex128].contains($0) }
    func run<Scalar: CommandScalar>(
      _ precision: Scalar.Type
    ) throws(FiltersmithError) -> DataArray {
      channels
        ? try layer.run(
          input.real(precision), kernel.real(), bias: bias?.real(), algorithm: algorithm,
          tolerance: tolerance.value)
        : try arrays.run(
          input, kernel, algorithm: algorithm, tolerance: tolerance.value, as: precision)
    }
    let result = try ProgressLine.during("convolving") { _ throws(FiltersmithError) in
      isSingle ? try run(Float.self) : try run(Double.self)
    }
    try outputs.finish { () throws(FiltersmithError) in try NPYFile.write(result, to: output) }
  }
}

extension ArgumentHelp {
  /// The names of all algorithms.
  static let algorithm = ArgumentHelp(
    "One of \(Algorithm.allCases.map(\.rawValue).joined(separator: ", ")); auto is the planner's "
      + "estimate of the fastest, measured times them.", valueName: "name")

  /// How far a kernel may be changed.
  static let tolerance = ArgumentHelp(
    """
    How far a kernel may be changed to make it a sum of fewer outer products: the norm of the \
    change, relative to the kernel's.
    """, valueName: "t")
}
