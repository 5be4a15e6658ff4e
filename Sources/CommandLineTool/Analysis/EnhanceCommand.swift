import ArgumentParser
import Filtersmith

/// `filtersmith enhance`: noise reduction and sharpening.
struct EnhanceCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "enhance",
    abstract: "Removes noise from images and volumes, or sharpens them.",
    discussion: """
      adaptive   smooth along structures, sharp across them (Knutsson)
      bilateral  averages over neighbours near in space and in value
      diffusion  coherence-enhancing diffusion (Weickert)
      unsharp    unsharp masking
      gaussian   plain smoothing

      Widths are in units of the spacing. Samples that --mask leaves out are filled in.

      EXAMPLES:
        filtersmith enhance noisy.png -o clean.png
        filtersmith enhance noisy.png --threshold 2.5 --iterations 2 -o clean.png \\
            --control control.svg
        filtersmith enhance brain.nii.gz --noise 12 -o clean.nii.gz
        filtersmith enhance noisy.png --method bilateral --sigma 2 --range 0.2 -o clean.png
        filtersmith enhance fingerprint.png --method diffusion --time 20 -o closed.png
      """)

  enum Method: String, ExpressibleByArgument, CaseIterable {
    case adaptive, bilateral, diffusion, unsharp, gaussian
  }

  @OptionGroup var input: ImageInput
  @OptionGroup var output: ImageOutput
  @OptionGroup var certainty: CertaintyOption

  @Option(help: "The method: adaptive, bilateral, diffusion, unsharp or gaussian.")
  var method = Method.adaptive

  @Option(
    help: ArgumentHelp(
      "The width of bilateral, unsharp and gaussian smoothing (default: 2).", valueName: "s[,s…]"))
  var sigma: NumberList?

  @Option(
    help: ArgumentHelp(
      "The range of values averaged over (bilateral; default: 2.5 times the noise).",
      valueName: "r"))
  var range: Number?

  @Option(help: ArgumentHelp("How much is added (unsharp).", valueName: "a"))
  var amount = Number(1)

  @Option(help: ArgumentHelp("The diffusion time (diffusion).", valueName: "t"))
  var time = Number(10)

  @Option(
    help: ArgumentHelp(
      "The noise's standard deviation (adaptive, bilateral; default: estimated).", valueName: "s"))
  var noise: Number?

  @Option(
    help: ArgumentHelp(
      "Details pass above this multiple of the noise (adaptive).", valueName: "x"))
  var threshold = Number(2)

  @Option(help: ArgumentHelp("The slope of this threshold (adaptive).", valueName: "b"))
  var slope = Number(3)

  @Option(
    help: ArgumentHelp("How directional the filter is, from 0 to 1 (adaptive).", valueName: "a"))
  var anisotropy = Number(0.7)

  @Option(
    help: ArgumentHelp("The quadrature filters' centre frequency (adaptive).", valueName: "f"))
  var center = Number(.pi / 3, "pi/3")

  @Option(help: ArgumentHelp("The filters' taps along each axis, odd (adaptive).", valueName: "n"))
  var size = 9

  @Option(help: ArgumentHelp("The number of iterations (adaptive).", valueName: "n"))
  var iterations = 1

  @Option(help: ArgumentHelp("Draw the control functions (adaptive).", valueName: "picture"))
  var control: String?

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let writer = try output.writer()
    let files = try OutputFiles(main: output.output, pictures: [control])
    let functions = AdaptiveFilterControl(
      threshold: threshold.value, slope: slope.value, anisotropy: anisotropy.value)
    let file = try input.read(allowsMissing: certainty.allowsMissing)
    let masked = try certainty.apply(to: file)
    let result = try ProgressLine.during("enhancing") {
      progress throws(FiltersmithError) -> Tensor<Float> in
      switch method {
      case .adaptive:
        let filter = AdaptiveFilter(
          control: functions,
          reference: noise.map { .noise(deviation: $0.value) } ?? .estimatedNoise,
          centerFrequency: center.value, support: size, iterations: iterations,
          spacing: file.spacing)
        if let masked { return try filter(masked) }
        return try filter(file.image)
      case .bilateral:
        let image: MaskedImage
        if let masked { image = masked } else { image = try MaskedImage(file.image) }
        let filter = BilateralFilter(
          spatialSigma: widths(file), rangeSigma: try range(of: image), spacing: file.spacing)
        return try filter(image)
      case .diffusion:
        let unit = file.spacing.min() ?? 1
        let diffusion = CoherenceDiffusion(
          time: time.value * unit * unit, innerScale: 0.7 * (file.spacing.max() ?? 1),
          outerScale: 4 * (file.spacing.max() ?? 1), spacing: file.spacing)
        guard let masked else { return try diffusion(file.image, progress: progress) }
        return try diffusion(masked, progress: progress)
      case .unsharp:
        let mask = UnsharpMask(sigma: widths(file), amount: amount.value, spacing: file.spacing)
        guard let masked else { return try mask(file.image) }
        return try mask(masked)
      case .gaussian:
        let filter = GaussianSmoothing(sigma: widths(file), spacing: file.spacing)
        guard let masked else { return try filter(file.image) }
        return try filter(masked).values.map { $0.isNaN ? 0 : $0 }
      }
    }
    if let control { try files.draw(functions.figure(), to: control) }
    try files.finish { () throws(FiltersmithError) in try writer.write(result, like: file) }
  }

  private func widths(_ file: ImageFile) -> [Double] {
    sigma?.values ?? [2 * (file.spacing.max() ?? 1)]
  }

  private func range(of image: MaskedImage) throws(FiltersmithError) -> Double {
    if let range { return range.value }
    if let noise { return 2.5 * noise.value }
    let filled = try image.filled()
    let estimated = 2.5 * (try NoiseLevel.deviation(of: filled))
    guard estimated <= 0, let low = filled.min(), let high = filled.max() else { return estimated }
    // Without any noise only values that are all but equal are averaged.
    return high > low ? Double(high - low) / 100 : 1
  }
}
