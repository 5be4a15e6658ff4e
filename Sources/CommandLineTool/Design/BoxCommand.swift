import ArgumentParser
import Filtersmith

/// `filtersmith design box`.
struct BoxCommand: DesignSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "box",
    abstract: "The mean over a box.",
    discussion: """
      EXAMPLES:
        filtersmith design box --size 5 -o box.npz
        filtersmith design box --size 1,5,5 -o box.npz
      """)

  @OptionGroup(title: "Filter") var shape: ShapeOptions
  @OptionGroup(title: "Output") var outputs: DesignOutput
  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func family() throws(FiltersmithError) -> BoxDesign {
    BoxDesign(support: try shape.support(axes: try shape.axes(), otherwise: 3))
  }
}
