import ArgumentParser
import Filtersmith

/// `filtersmith design quadrature`.
struct QuadratureCommand: DesignSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "quadrature",
    abstract: "Optimised quadrature filters: local phase and orientation, in 1D to 4D.",
    discussion: """
      Each filter passes one half of the spectrum, R(r) (u.n)^2. Its real part is
      even and responds to lines, its imaginary part is odd and responds to edges.

      EXAMPLES:
        filtersmith design quadrature --size 11 --center pi/3 --octaves 2 \\
            --directions 4 -o bank.npz --picture bank.png
        filtersmith design quadrature --size 9 --dimensions 3 -o volume.npz
        filtersmith design quadrature --direction 0,1 --direction -1,2 \\
            --direction 1,2 -o three.npz --json
        filtersmith design quadrature --size 5,9,9 --spacing 2,1,1 -o voxels.npz
      """)

  @OptionGroup(title: "Filter") var shape: ShapeOptions
  @OptionGroup(title: "Filter") var band: BandOptions
  @OptionGroup(title: "Filter") var directions: DirectionOptions

  @OptionGroup(title: "Filter") var angle: AngleOptions
  @OptionGroup(title: "Weights") var weights: LeastSquaresOptions
  @OptionGroup(title: "Output") var outputs: DesignOutput
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func family() throws(FiltersmithError) -> QuadratureDesign {
    let axes = try shape.axes(implied: [directions.axes, weights.spacing.axes])
    let design = QuadratureDesign(
      support: try shape.support(axes: axes, otherwise: 9), centerFrequency: band.center.value,
      octaves: band.octaves.value, directions: try directions.unitVectors(axes: axes),
      angularExponent: angle.angularExponent.value, radialProfile: band.radialProfile,
      parameters: try weights.parameters(axes: axes))
    // One filter is wanted for itself; several, for what they tell together.
    guard angle.anyDirections || design.directions.count == 1 || design.directionsSpan else {
      throw FiltersmithError(
        .argument,
        "the \(design.directions.count) directions do not span: orientation in \(axes)D needs at "
          + "least \(axes * (axes + 1) / 2) that spread evenly (--any-directions takes them as they are)"
      )
    }
    return design
  }
}

/// What is particular to filters of one half of the spectrum.
struct AngleOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Exponent of the angular profile.", valueName: "a"))
  var angularExponent = Number(2)

  @Flag(help: "Take several directions that orientation tensors cannot be computed from.")
  var anyDirections = false
}
