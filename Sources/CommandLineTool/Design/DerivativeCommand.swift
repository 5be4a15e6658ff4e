import ArgumentParser
import Filtersmith

/// `filtersmith design derivative`.
struct DerivativeCommand: DesignSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "derivative",
    abstract: "Derivatives of a Gaussian, of any order along each axis.",
    discussion: """
      Convolved with a rising ramp, order 1 gives a positive response. Without
      --orders there is one filter for each derivative of the total order.

      EXAMPLES:
        filtersmith design derivative --sigma 2 -o gradient.npz
        filtersmith design derivative --sigma 2 --order 2 -o hessian.npz
        filtersmith design derivative --sigma 1 --orders 0,1 --orders 1,0 -o xy.npz
      """)

  @OptionGroup(title: "Filter") var gaussian: GaussianOptions
  @OptionGroup(title: "Filter") var shape: ShapeOptions

  @Option(help: ArgumentHelp("The total order of the derivatives.", valueName: "n"))
  var order = 1

  @Option(
    help: ArgumentHelp("One filter's order along every axis; repeat for more.", valueName: "n,n…"))
  var orders: [IntegerList] = []

  @Flag(help: "Differentiate polynomials exactly for any sigma (default: sampled, as in SciPy).")
  var exactMoments = false

  @OptionGroup(title: "Output") var outputs: DesignOutput
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func family() throws(FiltersmithError) -> GaussianDerivativeDesign {
    let sigma = try gaussian.sigma(shape, implied: [orders.first?.values.count])
    let truncation = try gaussian.truncation(sigma, shape)
    let discretization: DerivativeDiscretization = exactMoments ? .exactMoments : .sampled
    return orders.isEmpty
      ? GaussianDerivativeDesign(
        sigma: sigma, totalOrder: order, truncation: truncation, discretization: discretization)
      : GaussianDerivativeDesign(
        sigma: sigma, orders: orders.map(\.values), truncation: truncation,
        discretization: discretization)
  }
}
