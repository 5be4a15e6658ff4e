import ArgumentParser
import Filtersmith

/// `filtersmith smooth`: a Gaussian of any width.
struct SmoothCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "smooth",
    abstract: "Smooths with a Gaussian of any width, by a recursive filter.",
    discussion: """
      The time taken does not depend on the width. The response differs from the
      sampled Gaussian by at most 0.00001 of its peak; for a sigma of a few samples
      'design gaussian' and 'convolve' are as fast, and exact.

      Widths are in units of the spacing: millimetres in a volume, samples without
      spacing. The last axes are smoothed, as many as --sigma has numbers; one number
      is for all axes except the time of a NIfTI sequence. 0 leaves an axis unchanged.

      EXAMPLES:
        filtersmith smooth image.npy --sigma 25 -o smooth.npy
        filtersmith smooth image.png --sigma 8 -o smooth.png
        filtersmith smooth brain.nii.gz --sigma 6 --border nearest -o smooth.nii.gz
      """)

  @OptionGroup var input: ImageInput
  @OptionGroup var output: ImageOutput

  @Option(
    help: ArgumentHelp(
      "Standard deviations, one for all axes or one for each of the last.",
      valueName: "s[,s…]"))
  var sigma: NumberList

  @Option(
    help: ArgumentHelp(
      """
      How the image continues: zero, constant:3, nearest (aaaa|abcd|dddd), mirror (dcb|abcd|cba), \
      symmetric (cba|abcd|dcb) or wrap (bcd|abcd|abc) (default: mirror).
      """, valueName: "border"))
  var border: String?

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let border = try Border(option: border)
    let writer = try output.writer()
    let file = try input.read(colors: true)
    // Arrays keep their precision and may have any number of axes.
    if file.kind == .npy, output.output.hasSuffix(".npy") {
      let result = try ProgressLine.during("smoothing") { _ throws(FiltersmithError) in
        file.isDouble
          ? Double.array(try smoothed(file.real(), border))
          : Float.array(try smoothed(file.real(), border))
      }
      return try NPYFile.write(result, to: output.output)
    }
    let isSequence = file.volume != nil && file.space.rank == 4
    let result = try ProgressLine.during("smoothing") { _ throws(FiltersmithError) in
      try file.mapChannels { channel throws(FiltersmithError) in
        try smoothed(channel, border, spacing: file.spacing, axes: isSequence ? 3 : nil)
      }
    }
    try writer.write(result, like: file)
  }

  private func smoothed<Scalar: ConvolutionScalar>(
    _ image: Tensor<Scalar>, _ border: Border, spacing: [Double]? = nil, axes: Int? = nil
  ) throws(FiltersmithError) -> Tensor<Scalar> {
    let widths =
      sigma.values.count == 1
      ? try sigma.perAxis(axes ?? image.rank, option: "--sigma") : sigma.values
    let given = try input.spacing?.perAxis(image.rank, option: "--spacing")
    guard let spacing = spacing ?? given else {
      return try RecursiveGaussian(sigma: widths, border: border).smooth(image)
    }
    let last = spacing.suffix(widths.count)
    guard last.count == widths.count, last.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw FiltersmithError(
        .argument,
        "--sigma has \(widths.count) numbers and the spacing is \(spacing); at most one width per axis "
          + "and positive distances were expected")
    }
    return try RecursiveGaussian(sigma: zip(widths, last).map { $0 / $1 }, border: border)
      .smooth(image)
  }
}
