import ArgumentParser
import Filtersmith

/// `filtersmith measure`: how similar two images are.
struct MeasureCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "measure",
    abstract: "Compares two images: mean squared error, PSNR and SSIM.",
    discussion: """
      --range is the difference of the largest and smallest value that samples can have
      (default: 1 for pictures, else that of the first image). Structural similarity
      uses windows of 7 samples along every axis and is left out where an axis is
      shorter.

      EXAMPLES:
        filtersmith measure original.png restored.png
        filtersmith measure a.npy b.npy --range 255 --json
        filtersmith measure a.nii.gz b.nii.gz --mask brain.nii.gz
      """)

  @Argument(help: ArgumentHelp("One image or volume.", valueName: "first"))
  var first: String

  @Argument(help: ArgumentHelp("The other.", valueName: "second"))
  var second: String

  @Option(help: ArgumentHelp("The range of values.", valueName: "r"))
  var range: Number?

  @Option(help: ArgumentHelp("Samples that count: those that are not 0.", valueName: "mask"))
  var mask: String?

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  private struct Report: Encodable {
    let meanSquaredError: Double
    /// Absent for equal images.
    let peakSignalToNoise: Double?
    /// Absent where an axis is too short.
    let structuralSimilarity: Double?
    let range: Double
  }

  func execute() throws(FiltersmithError) {
    let file = try ImageFile(first)
    let other = try ImageFile(second)
    guard file.data.shape == other.data.shape else {
      throw FiltersmithError(
        .shape, "\(first) has shape \(file.data.shape); \(second) has \(other.data.shape)")
    }
    let known = try file.mask(mask)
    let image = try file.image
    let found = (image.max() ?? 1) - (image.min() ?? 0)
    let range = range?.value ?? (file.kind == .png ? 1 : Double(found))
    let (a, b) = (Tensor<Double>(image), Tensor<Double>(try other.image))
    let error = try ImageComparison.meanSquaredError(a, b, mask: known)
    let ratio = try ImageComparison.peakSignalToNoise(a, b, range: range, mask: known)
    let isLarge = a.shape.dimensions.allSatisfy { $0 >= 7 }
    let similarity =
      isLarge
      ? try ImageComparison.structuralSimilarity(a, b, range: range, mask: known) : nil
    if json {
      return try StandardOutput.write(
        JSONText.of(
          Report(
            meanSquaredError: error, peakSignalToNoise: ratio.isFinite ? ratio : nil,
            structuralSimilarity: similarity, range: range)))
    }
    var text = "mean squared error     \(NumberTable.text(error))\n"
    text +=
      "PSNR                   \(ratio.isFinite ? NumberTable.text(ratio) + " dB" : "infinite")\n"
    if let similarity { text += "structural similarity  \(NumberTable.text(similarity))\n" }
    try StandardOutput.write(text)
  }
}
