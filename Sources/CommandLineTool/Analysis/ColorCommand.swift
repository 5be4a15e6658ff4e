import ArgumentParser
import Filtersmith

/// `filtersmith color`: conversions of colour spaces.
struct ColorCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "color",
    abstract: "Converts colours: to grey, to HSV or CIE L*a*b*, and back to RGB.",
    discussion: """
      Colours are a PNG, or an array [3, ...] of red, green and blue from 0 to 1 (sRGB).
      grey weights them by --weights; hsv is hue, saturation and value from 0 to 1; lab is
      L* from 0 to 100, a* and b* (D65). With --from the input is an array of hsv or lab.

      EXAMPLES:
        filtersmith color photo.png --to grey -o grey.png
        filtersmith color photo.png --to lab -o lab.npy
        filtersmith color lab.npy --from lab --to rgb -o photo.png
      """)

  enum Space: String, ExpressibleByArgument, CaseIterable {
    case rgb, hsv, lab, grey
  }

  @OptionGroup var input: ImageInput
  @OptionGroup var output: ImageOutput

  @Option(help: "The colour space of the input: rgb, hsv, lab or grey.")
  var from = Space.rgb

  @Option(help: "The colour space of the result: grey, hsv, lab or rgb.")
  var to = Space.grey

  @Option(help: "The weights of brightness: rec601 (OpenCV, MATLAB) or rec709.")
  var weights = LumaWeights.rec601

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let writer = try output.writer()
    guard to != .lab || !writer.path.hasSuffix(".png") else {
      throw FiltersmithError(
        .argument,
        "L*a*b* has negative numbers, which \(writer.path) cannot hold; write .npy or .npz")
    }
    let file = try input.read(colors: true)
    // A picture without colours is grey, whatever --from says.
    let from = file.kind == .png && file.channels == 0 ? .grey : self.from
    guard from == .grey || file.data.shape.rank >= 2 && file.data.shape[0] == 3 else {
      throw FiltersmithError(
        .shape, "colors are [3, …]; \(file.path) has shape \(file.data.shape)")
    }
    let image = try file.image
    let colors =
      switch from {
      case .rgb: image
      case .hsv: try image.rgbFromHSV()
      case .lab: try image.rgbFromLab()
      case .grey: try image.asGreyColors()
      }
    let result =
      switch to {
      case .rgb: colors
      case .hsv: try colors.hsvFromRGB()
      case .lab: try colors.labFromRGB()
      case .grey: from == .grey ? image : try colors.luma(weights)
      }
    try writer.write(result, like: file)
  }
}

extension LumaWeights: ExpressibleByArgument {}
