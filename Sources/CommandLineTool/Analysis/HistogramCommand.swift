import ArgumentParser
import Filtersmith

/// `filtersmith histogram`: how often values occur.
struct HistogramCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "histogram",
    abstract: "Counts the values of an image or a volume, and finds thresholds (Otsu).",
    discussion: """
      Prints a line for each bin: its centre and the number of samples in it. With
      --classes also the thresholds that split the values into classes with the largest
      variance between them.

      EXAMPLES:
        filtersmith histogram image.png --bins 64 --picture histogram.png
        filtersmith histogram brain.nii.gz --mask brain-mask.nii.gz --classes 3 --json
      """)

  @OptionGroup var input: ImageInput

  @Option(help: ArgumentHelp("The number of bins.", valueName: "n"))
  var bins = 256

  @Option(
    help: ArgumentHelp(
      "What the bins cover (default: the smallest to the largest value; of a PNG 0 to 1).",
      valueName: "low,high"))
  var range: NumberList?

  @Option(help: ArgumentHelp("Samples that are counted: those that are not 0.", valueName: "mask"))
  var mask: String?

  @Option(help: ArgumentHelp("Split the values into n classes, 2 to 8.", valueName: "n"))
  var classes: Int?

  @Option(help: ArgumentHelp("Draw the histogram.", valueName: "picture"))
  var picture: String?

  @Flag(help: "Print JSON: the counts, their range, the median and the thresholds.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  private struct Report: Encodable {
    let counts: [Int]
    let lower: Double
    let upper: Double
    let median: Double
    let thresholds: [Double]
  }

  func execute() throws(FiltersmithError) {
    let files = try OutputFiles(main: nil, pictures: [picture])
    let limits = range?.values
    guard limits.map({ $0.count == 2 && $0[0] <= $0[1] }) ?? true else {
      throw FiltersmithError(
        .argument, "--range \(limits ?? []): the smallest, then the largest value")
    }
    let file = try input.read(allowsMissing: true)
    let histogram = try Histogram(
      of: file.image, bins: bins,
      range: limits.map { $0[0]...$0[1] } ?? (file.kind == .png ? 0...1 : nil),
      mask: file.mask(mask))
    let thresholds =
      try classes.map { count throws(FiltersmithError) in
        try histogram.otsuThresholds(classes: count)
      } ?? []
    if let picture { try files.draw(histogram.figure(thresholds: thresholds), to: picture) }
    try files.finish()
    if json {
      return try StandardOutput.write(
        JSONText.of(
          Report(
            counts: histogram.counts, lower: histogram.lower, upper: histogram.upper,
            median: histogram.quantile(0.5), thresholds: thresholds)))
    }
    let cuts = thresholds.map(NumberTable.text).joined(separator: ", ")
    try StandardOutput.write(
      (cuts.isEmpty ? "" : "thresholds \(cuts)\n")
        + NumberTable(
          ["value", "samples"], zip(histogram.centers, histogram.counts).map { [$0, Double($1)] }
        ).text)
  }
}
