import ArgumentParser
import Filtersmith

/// `filtersmith morphology`: flat structuring elements.
struct MorphologyCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "morphology",
    abstract: "Morphology: erosion, dilation, opening, closing and more.",
    discussion: """
      Operations: erode, dilate, open, close, gradient, top-hat, black-top-hat,
      open-by-reconstruction (removes bright detail that does not survive erosion, and
      keeps the shape of the rest) and fill (fills basins that do not reach the edge).

      The element is a box of --size samples, or with --radius a ball in units of the
      spacing.

      EXAMPLES:
        filtersmith morphology open image.png --size 5 -o open.png
        filtersmith morphology top-hat image.png --radius 10 -o detail.png
        filtersmith morphology close mask.nii.gz --radius 3 -o closed.nii.gz
      """)

  enum Operation: String, ExpressibleByArgument, CaseIterable {
    case erode, dilate, open, close, gradient
    case topHat = "top-hat"
    case blackTopHat = "black-top-hat"
    case openByReconstruction = "open-by-reconstruction"
    case fill
  }

  @Argument(help: "The operation.")
  var operation: Operation

  @OptionGroup var input: ImageInput
  @OptionGroup var output: ImageOutput

  @OptionGroup var neighborhood: NeighborhoodOptions

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    try neighborhood.check()
    let writer = try output.writer()
    let file = try input.read(colors: true)
    let (element, border) = (
      try neighborhood.element(for: file), try neighborhood.border()
    )
    let result = try file.mapChannels { image throws(FiltersmithError) in
      switch operation {
      case .erode: try image.eroded(by: element, border: border)
      case .dilate: try image.dilated(by: element, border: border)
      case .open: try image.opened(by: element, border: border)
      case .close: try image.closed(by: element, border: border)
      case .gradient: try image.morphologicalGradient(by: element, border: border)
      case .topHat: try image.topHat(by: element, border: border)
      case .blackTopHat: try image.blackTopHat(by: element, border: border)
      case .openByReconstruction:
        try image.eroded(by: element, border: border).zip(with: image) { min($0, $1) }
          .reconstructed(under: image)
      case .fill: try image.basinsFilled()
      }
    }
    try writer.write(result, like: file)
  }
}
