import ArgumentParser
import Filtersmith

/// `filtersmith filter`: a bank applied to an image or a volume.
struct FilterCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "filter",
    abstract: "Applies a bank to an image or a volume.",
    discussion: """
      A PNG is read as brightness from 0 to 1; an array or a volume as it is, with as
      many axes as the filters. responses.npz holds 'responses', [filters, ...],
      complex for a complex bank, and the bank's 'directions', 'labels', 'design';
      with --only-magnitude it holds 'magnitude', [filters, ...], instead.

      EXAMPLES:
        filtersmith filter image.png --bank bank.npz -o responses.npz
        filtersmith filter image.png --bank bank.npz --border mirror \\
            -o responses.npz --magnitude magnitude.png \\
            --orientation orientation.png
        filtersmith filter brain.nii.gz --bank bank-3d.npz -o responses.npz
      """)

  @Argument(
    help: ArgumentHelp(
      "The image or volume: PNG, .npy, .npz, .nii or .nii.gz.", valueName: "image"))
  var image: String

  @Option(help: ArgumentHelp("The bank: .npz, or .npy with kernels only.", valueName: "bank.npz"))
  var bank: String

  @Option(help: Border.help)
  var border: String?

  @Option(
    help: ArgumentHelp(
      "How it is computed: auto, direct, separable or fourier.", valueName: "name"))
  var algorithm = "auto"

  @Option(
    name: [.short, .long], help: ArgumentHelp("The responses.", valueName: "responses.npz"))
  var output: String

  @Option(
    help: ArgumentHelp("Draw the magnitude of each filter's response.", valueName: "picture"))
  var magnitude: String?

  @Option(help: ArgumentHelp("Draw the local orientation in colour.", valueName: "picture"))
  var orientation: String?

  @Option(
    help: ArgumentHelp(
      "Average the orientation over a Gaussian of this many samples (default: not at all).",
      valueName: "s"))
  var orientationSigma: Number?

  @Flag(help: "Write the magnitudes of the responses instead of the responses.")
  var onlyMagnitude = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let border = try Border(option: border)
    let algorithm = try Algorithm(parsing: algorithm)
    let files = try OutputFiles(main: output, pictures: [magnitude, orientation])
    let bank = try FilterBank(contentsOf: bank)
    let input = try InputImage(contentsOf: image)
    switch input {
    case .single(let image):
      try run(bank, image, border: border, algorithm: algorithm, files: files)
    case .double(let image):
      try run(bank, image, border: border, algorithm: algorithm, files: files)
    }
  }

  private func run<Scalar: CommandScalar>(
    _ bank: FilterBank, _ image: Tensor<Scalar>, border: Border, algorithm: Algorithm,
    files: OutputFiles
  ) throws(FiltersmithError) {
    let responses = try ProgressLine.during("filtering") { _ throws(FiltersmithError) in
      try bank.responses(to: image, border: border, algorithm: algorithm)
    }
    if magnitude != nil || orientation != nil {
      let magnitudes = Tensor<Float>(responses.magnitude())
      // The picture shows the image too where it has the responses' size.
      let shown = responses.shape == image.shape ? Tensor<Float>(image) : nil
      if let magnitude {
        let figure = try ResponseFigure(
          image: shown, magnitudes: magnitudes, labels: bank.labels,
          title: "Magnitude of the responses")
        try files.draw(try figure.figure(), to: magnitude)
      }
      if let orientation {
        var tensor = try responses.orientationTensor()
        if let orientationSigma { tensor = try tensor.smoothed(sigma: orientationSigma.value) }
        let figure = try ResponseFigure(
          image: shown, orientation: tensor, title: "Local orientation")
        try files.draw(try figure.figure(), to: orientation)
      }
    }
    try files.finish { () throws(FiltersmithError) in
      let array =
        onlyMagnitude
        ? Scalar.array(responses.magnitude())
        : responses.isComplex ? Scalar.array(responses.values) : Scalar.array(responses.even)
      try NPZFile.write(
        [(onlyMagnitude ? "magnitude" : "responses", array)]
          + bank.arrays().filter { ["directions", "labels", "design"].contains($0.name) },
        to: output)
    }
  }
}
