import ArgumentParser
import Filtersmith

/// `filtersmith design`: one subcommand for each family of filters.
struct DesignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "design",
    abstract: "Designs a bank of filters.",
    discussion: """
      All parameters have defaults; --json prints each
      filter's quality figures, --picture draws the bank.

      EXAMPLES:
        filtersmith design quadrature --size 11 --center pi/3 --octaves 2 \\
            --directions 4 -o bank.npz --picture bank.png
        filtersmith design sobel -o sobel.npz
        filtersmith design gabor --center pi/4 --directions 8 -o gabor.npz --json
        filtersmith design lowpass --cutoff pi/4 --size 31 -o smooth.npz
      """,
    subcommands: [],
    groupedSubcommands: [
      CommandGroup(
        name: "OPTIMISED",
        subcommands: [QuadratureCommand.self, MonomialCommand.self, CustomCommand.self]),
      CommandGroup(
        name: "SMOOTHING",
        subcommands: [GaussianCommand.self, BoxCommand.self, SavitzkyGolayCommand.self]),
      CommandGroup(
        name: "DERIVATIVES",
        subcommands: [
          DerivativeCommand.self, GradientCommand<CentralDifference>.self,
          GradientCommand<Sobel>.self, GradientCommand<Prewitt>.self,
          GradientCommand<Scharr>.self, GradientCommand<Farid>.self,
          GradientCommand<Roberts>.self, LaplacianCommand.self, LaplacianOfGaussianCommand.self,
          DifferenceOfGaussiansCommand.self,
        ]),
      CommandGroup(
        name: "ORIENTED AND BAND-PASS",
        subcommands: [
          GaborCommand.self, LogGaborCommand.self, RieszCommand.self,
          PassbandCommand<Lowpass>.self, PassbandCommand<Highpass>.self,
          PassbandCommand<Bandpass>.self, PassbandCommand<Bandstop>.self,
        ]),
    ])
}
