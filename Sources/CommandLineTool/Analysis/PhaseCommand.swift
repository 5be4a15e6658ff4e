import ArgumentParser
import Filtersmith

/// `filtersmith phase`: local phase, its magnitude and direction.
struct PhaseCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "phase",
    abstract: "Measures local phase, the monogenic signal or phase congruency.",
    discussion: """
      quadrature  the phase of quadrature filters along the dominant direction
      monogenic   amplitude, phase and orientation of the monogenic signal
      congruency  how well the phases of all scales agree, at any contrast (Kovesi)

      The phase is 0 on bright lines, pi or -pi on dark ones, -pi/2 on edges that rise
      along the direction, pi/2 on those that fall. The result holds 'magnitude',
      'phase' and 'direction' ([axes, ...]); for congruency 'congruency', 'phase',
      'edges' and 'corners' (the largest and smallest moment) and 'direction'.

      EXAMPLES:
        filtersmith phase image.png -o phase.npz --picture phase.png
        filtersmith phase image.png --method congruency -o pc.npz --picture pc.png
        filtersmith phase volume.nii.gz --center pi/4 -o phase.npz
        filtersmith phase gaps.npy --mask finite -o phase.npz
      """)

  enum Method: String, ExpressibleByArgument, CaseIterable {
    case quadrature, monogenic, congruency
  }

  @OptionGroup var input: ImageInput
  @OptionGroup var certainty: CertaintyOption

  @Option(help: "The method: quadrature, monogenic or congruency.")
  var method = Method.quadrature

  @Option(
    help: ArgumentHelp(
      "The centre frequency in rad/sample of the finest axis, such as pi/3 (quadrature, monogenic).",
      valueName: "f"))
  var center = Number(.pi / 3, "pi/3")

  @Option(help: ArgumentHelp("The bandwidth in octaves.", valueName: "b"))
  var octaves = Number(2)

  @Option(
    help: ArgumentHelp("Taps of the quadrature filters along each axis, odd.", valueName: "n"))
  var size = 11

  @Option(help: ArgumentHelp("The number of scales (congruency).", valueName: "n"))
  var scales = 4

  @Option(
    help: ArgumentHelp(
      "The shortest wavelength in samples of the finest axis (congruency).", valueName: "samples"))
  var wavelength = Number(3)

  @Option(
    name: [.short, .long], help: ArgumentHelp("The arrays, an .npz file.", valueName: "out.npz"))
  var output: String

  @Option(help: ArgumentHelp("Draw phase and magnitude in colour.", valueName: "picture"))
  var picture: String?

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let files = try OutputFiles(main: output, pictures: [picture])
    let file = try input.read(allowsMissing: certainty.allowsMissing)
    try file.require(axes: 2...3, for: "local phase")
    let masked = try certainty.apply(to: file)
    let (arrays, shown) = try ProgressLine.during("measuring phase") { _ throws(FiltersmithError) in
      switch method {
      case .quadrature: try quadrature(file, masked)
      case .monogenic: try monogenic(file, masked)
      case .congruency: try congruency(file, masked)
      }
    }
    if let picture {
      let figure = try PhaseFigure(phase: shown.phase, magnitude: shown.magnitude)
      try files.draw(try figure.figure(), to: picture)
    }
    try files.finish { () throws(FiltersmithError) in try NPZFile.write(arrays, to: output) }
  }

  /// What is written, and what is drawn.
  private typealias Outcome = (
    arrays: [(name: String, array: DataArray)],
    shown: (phase: Tensor<Float>, magnitude: Tensor<Float>)
  )

  private func quadrature(
    _ file: ImageFile, _ masked: MaskedImage?
  ) throws(FiltersmithError) -> Outcome {
    let bank = try QuadratureDesign(
      support: Array(repeating: size, count: file.space.rank), centerFrequency: center.value,
      octaves: octaves.value,
      parameters: LeastSquaresParameters(imageSpacing: file.spacing)
    ).bank()
    let responses: Responses<Float>
    if let masked {
      responses = try bank.responses(to: masked).responses
    } else {
      responses = try bank.responses(to: file.image)
    }
    let phase = try responses.localPhase()
    return (
      [
        ("magnitude", .float32(phase.magnitude)), ("phase", .float32(phase.phase)),
        ("direction", .float32(phase.direction)),
      ], (phase.phase, phase.magnitude)
    )
  }

  private func monogenic(
    _ file: ImageFile, _ masked: MaskedImage?
  ) throws(FiltersmithError) -> Outcome {
    let signal: MonogenicSignal
    if let masked {
      signal = try MonogenicSignal.of(
        masked, centerFrequency: center.value, octaves: octaves.value, spacing: file.spacing
      ).signal
    } else {
      signal = try MonogenicSignal(
        of: file.image, centerFrequency: center.value, octaves: octaves.value,
        spacing: file.spacing)
    }
    let (amplitude, phase) = (signal.amplitude, signal.phase)
    return (
      [
        ("magnitude", .float32(amplitude)), ("phase", .float32(phase)),
        ("direction", .float32(signal.orientation)),
      ], (phase, amplitude)
    )
  }

  private func congruency(
    _ file: ImageFile, _ masked: MaskedImage?
  ) throws(FiltersmithError) -> Outcome {
    var measure = PhaseCongruency()
    measure.scales = scales
    measure.shortestWavelength = wavelength.value
    measure.octaves = octaves.value
    measure.spacing = file.spacing
    let result: PhaseCongruency.Result
    if let masked { result = try measure(masked) } else { result = try measure(file.image) }
    let eigen = result.orientation.eigensystem()
    let last = eigen.dimensions - 1
    return (
      [
        ("congruency", .float32(result.congruency)), ("phase", .float32(result.phase)),
        ("edges", .float32(try eigen.values.selected(axis: 0, at: 0))),
        ("corners", .float32(try eigen.values.selected(axis: 0, at: last))),
        ("direction", .float32(try eigen.vectors.selected(axis: 0, at: 0))),
      ], (result.phase, result.congruency)
    )
  }
}
