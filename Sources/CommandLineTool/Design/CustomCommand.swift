import ArgumentParser
import Filtersmith
import Numerics

/// `filtersmith design custom`: least squares with the user's own arrays.
struct CustomCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "custom",
    abstract: "Optimised filters for ideals and weights of your own, given as arrays.",
    discussion: """
      An ideal is a frequency response, real or complex, on the centred design grid:
      u = 0 in the centre, an odd number of frequencies along every axis. A frequency
      weight has the grid's shape, a spatial weight that of the kernel; they replace the
      default weights.

      EXAMPLES:
        filtersmith design custom --size 9 --ideal ideal.npy -o bank.npz --json
        filtersmith design custom --size 9 --ideal a.npy --ideal b.npy \\
            --frequency-weight fw.npy --spatial-weight fs.npy -o bank.npz
      """)

  @OptionGroup(title: "Filter") var shape: ShapeOptions

  @Option(help: ArgumentHelp("An ideal response; repeat for more filters.", valueName: "file.npy"))
  var ideal: [String]

  @Option(help: ArgumentHelp("The weight of each frequency.", valueName: "file.npy"))
  var frequencyWeight: String?

  @Option(help: ArgumentHelp("The weight of each tap.", valueName: "file.npy"))
  var spatialWeight: String?

  @OptionGroup(title: "Weights") var weights: LeastSquaresOptions
  @OptionGroup(title: "Output") var outputs: DesignOutput
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    var targets: [DesignTarget] = []
    var grid = Shape([])
    for path in ideal {
      let input = try ImageFile(path)
      grid = input.data.shape
      targets.append(
        DesignTarget(
          ideal: input.data.isComplex ? .complex(try input.complex()) : .real(try input.real()),
          name: path))
    }
    let axes = grid.rank
    var parameters = try weights.parameters(axes: axes)
    if parameters.grid == nil { parameters.grid = grid.dimensions }
    let defaults = try parameters.kernelDesign(
      support: try shape.support(axes: axes, otherwise: 9))
    func samples(_ path: String?) throws(FiltersmithError) -> Tensor<Double>? {
      guard let path else { return nil }
      return try ImageFile(path).real()
    }
    let design = try KernelDesign(
      support: defaults.support, grid: defaults.grid, spacing: defaults.spacing,
      frequencyWeight: try samples(frequencyWeight).map { .samples($0) }
        ?? defaults.frequencyWeight,
      spatialWeight: try samples(spatialWeight).map { .samples($0) } ?? defaults.spatialWeight)
    try outputs.write("designing filters") { progress throws(FiltersmithError) in
      let solution = try design.plan().solve(targets, progress: progress)
      return try FilterBank(kernels: .complex(solution.kernels), qualities: solution.qualities)
    }
  }
}
