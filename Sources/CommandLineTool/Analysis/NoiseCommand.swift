import ArgumentParser
import Filtersmith

/// `filtersmith noise`: noise to test methods with.
struct NoiseCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "noise",
    abstract: "Adds noise of a known kind to an image or a volume.",
    discussion: """
      The amount is a standard deviation for gaussian, speckle and rician, the
      signal-to-noise ratio in decibels for snr, the counts per unit of value for
      poisson and the fraction of samples that change for salt-and-pepper. The same seed
      gives the same bits.

      EXAMPLES:
        filtersmith noise image.png --model gaussian --amount 0.1 -o noisy.png
        filtersmith noise image.png --model poisson --amount 50 --seed 3 -o noisy.png
        filtersmith noise brain.nii.gz --model snr --amount 20 -o noisy.nii.gz
      """)

  enum Model: String, ExpressibleByArgument, CaseIterable {
    case gaussian, snr, poisson, speckle, rician
    case saltAndPepper = "salt-and-pepper"
  }

  @OptionGroup var input: ImageInput
  @OptionGroup var output: ImageOutput

  @Option(help: "The kind of noise.")
  var model = Model.gaussian

  @Option(help: ArgumentHelp("The amount of noise.", valueName: "a"))
  var amount: Number

  @Option(help: ArgumentHelp("The seed of the random numbers.", valueName: "n"))
  var seed: UInt64 = 0

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let writer = try output.writer()
    let file = try input.read(colors: true)
    let noise: NoiseModel =
      switch model {
      case .gaussian: .gaussian(deviation: amount.value)
      case .snr: .signalToNoise(decibels: amount.value)
      case .poisson: .poisson(gain: amount.value)
      case .speckle: .speckle(deviation: amount.value)
      case .rician: .rician(deviation: amount.value)
      case .saltAndPepper: .saltAndPepper(fraction: amount.value)
      }
    var source = RandomSource(seed: seed)
    try writer.write(file.image.withNoise(noise, using: &source), like: file)
  }
}
