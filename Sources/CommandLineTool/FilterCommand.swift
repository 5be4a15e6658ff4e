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

  @Option(help: .algorithm)
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
    let file = try ImageFile(image)
    if file.isDouble {
      try run(bank, file.real(Double.self), border: border, algorithm: algorithm, files: files)
    } else {
      try run(bank, file.real(Float.self), border: border, algorithm: algorithm, files: files)
    }
  }

  private func run<Scalar: CommandScalar>(
    _ bank: FilterBank, _ image: Tensor<Scalar>, border: Border, algorithm: Algorithm,
    files: OutputFiles
  ) throws(FiltersmithError) {
    // Magnitudes alone are computed without keeping the responses.
    let needsResponses = !onlyMagnitude || orientation != nil || !bank.isComplex
    var responses: Responses<Scalar>?
    var magnitudes: Tensor<Scalar>?
    try ProgressLine.during("filtering") { _ throws(FiltersmithError) in
      if needsResponses {
        responses = try bank.responses(to: image, border: border, algorithm: algorithm)
        if onlyMagnitude || magnitude != nil { magnitudes = responses?.magnitude() }
      } else {
        magnitudes = try bank.magnitudes(of: image, border: border, algorithm: algorithm)
      }
    }
    // The pictures show the image too where it has the responses' size.
    func shown(_ shape: Shape) -> Tensor<Float>? {
      shape == image.shape ? Tensor<Float>(image) : nil
    }
    if let magnitude, let magnitudes {
      let figure = try ResponseFigure(
        image: shown(magnitudes.shape.removing(axis: 0)), magnitudes: Tensor<Float>(magnitudes),
        labels: bank.labels, title: "Magnitude of the responses")
      try files.draw(try figure.figure(), to: magnitude)
    }
    if let orientation, let responses {
      var tensor = try responses.orientationTensor()
      if let orientationSigma { tensor = try tensor.smoothed(sigma: orientationSigma.value) }
      let figure = try ResponseFigure(
        image: shown(responses.shape), orientation: tensor, title: "Local orientation")
      try files.draw(try figure.figure(), to: orientation)
    }
    try files.finish { () throws(FiltersmithError) in
      var arrays: [(name: String, array: DataArray)] = []
      if onlyMagnitude, let magnitudes {
        arrays.append(("magnitude", Scalar.array(magnitudes)))
      } else if let responses {
        let isComplex = responses.isComplex
        arrays.append(
          ("responses", isComplex ? Scalar.array(responses.values) : Scalar.array(responses.even)))
      }
      arrays += try bank.arrays().filter { ["directions", "labels", "design"].contains($0.name) }
      try NPZFile.write(arrays, to: output)
    }
  }
}
