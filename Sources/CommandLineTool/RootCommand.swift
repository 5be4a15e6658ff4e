import ArgumentParser

/// `filtersmith` itself: it has subcommands and does nothing on its own.
struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "filtersmith",
    abstract:
      "Designs, shows, applies and learns image filters, and compares designed with learned ones.",
    discussion: """
      EXAMPLES:
        filtersmith design quadrature --size 11 --center pi/3 --octaves 2 -o bank.npz
        filtersmith show bank.npz -o bank.png
        filtersmith filter image.png --bank bank.npz -o responses.npz
        filtersmith convolve image.npy kernel.npy --border mirror -o smooth.npy
        filtersmith train --data fashion-mnist --model lenet5 -o run
        filtersmith compare -o report

      Exit codes: 0 success, 1 failure, 2 bad usage. Every subcommand has its own help:
      'filtersmith design quadrature --help'.
      """,
    version: "0.1.0",
    subcommands: [
      DesignCommand.self, ShowCommand.self, FilterCommand.self, ConvolveCommand.self,
      SmoothCommand.self,
      // Image analysis
      PhaseCommand.self, OrientCommand.self, EnhanceCommand.self, RegisterCommand.self,
      EdgesCommand.self, LinesCommand.self, CornersCommand.self, BlobsCommand.self,
      RidgesCommand.self, HogCommand.self,
      SegmentCommand.self, MorphologyCommand.self, DistanceCommand.self, MedianCommand.self,
      ResizeCommand.self, WarpCommand.self, PadCommand.self, PyramidCommand.self,
      ColorCommand.self, HistogramCommand.self, EqualizeCommand.self, MeasureCommand.self,
      NoiseCommand.self, SliceCommand.self, ProjectCommand.self, StackCommand.self,
      // Networks and studies
      SummaryCommand.self, ModelsCommand.self, TrainCommand.self, EvaluateCommand.self,
      PredictCommand.self, CompareCommand.self,
      // The engine
      ExplainCommand.self, CalibrateCommand.self, BenchCommand.self,
    ])
}
