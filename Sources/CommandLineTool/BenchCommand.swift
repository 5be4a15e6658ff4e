import ArgumentParser
import BenchmarkWorkloads
import Filtersmith

/// `filtersmith bench`: times this package's side of the benchmarks.
struct BenchCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Times convolutions (filters, banks, volumes, layers), image analysis and networks.",
    discussion: """
      Every workload is planned with its kernel known, run once to warm up, and then
      timed in-process; the median is reported. scripts/bench runs the same workloads
      in other libraries beside it.

      Layers are named by input, filters and taps: layer-8x64x56x56-64-3x3-forward
      is the forward map from [8, 64, 56, 56] to 64 channels with 3 x 3 taps.
      With --networks whole networks are timed: training steps and inference. With
      --analysis operations of image analysis are timed.

      EXAMPLES:
        filtersmith bench --list
        filtersmith bench --workload filter-11 --workload bank-11 --json
        filtersmith bench --workload filter-11 --algorithm fourier --threads 1
        filtersmith bench --networks --workload train-lecture
        filtersmith bench --analysis --workload canny --json
      """)

  @Option(help: ArgumentHelp("What to time; may be repeated (default: all).", valueName: "name"))
  var workload: [String] = []

  @Flag(help: "Print the names of all workloads instead.")
  var list = false

  @Flag(help: "Time networks instead of convolutions.")
  var networks = false

  @Flag(help: "Time image analysis instead of convolutions.")
  var analysis = false

  @Flag(help: "Print the processor's arithmetic and memory limits instead.")
  var limits = false

  @Option(
    help: ArgumentHelp(
      "The number of timed runs (default: as many as fit half a second).", valueName: "n"))
  var rounds: Int?

  @Option(
    help: ArgumentHelp("The algorithm (default: the planner's choice).", valueName: "name"))
  var algorithm = "auto"

  @Option(
    help: ArgumentHelp(
      "Write each workload's arrays and description into this folder instead of timing it.",
      valueName: "folder"))
  var export: String?

  @Flag(help: "Print JSON: an array with one object per workload.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    if let rounds, rounds < 1 {
      throw FiltersmithError(.argument, "--rounds is \(rounds); at least 1 is needed")
    }
    guard !(networks && analysis) else {
      throw FiltersmithError(.argument, "--networks and --analysis cannot be given together")
    }
    if networks { return try timeNetworks() }
    if analysis { return try timeAnalysis() }
    let algorithm = try Algorithm(parsing: algorithm)
    var workloads: [Workload] = []
    for name in workload { workloads.append(try Workload.named(name)) }
    if workload.isEmpty { workloads = Workload.all }
    if list { return try printNames(workloads) }
    if limits { return try printLimits() }
    if let export {
      for workload in workloads { try workload.export(to: export, algorithm: algorithm) }
      return
    }
    var measurements: [Measurement] = []
    for workload in workloads {
      let measurement = try workload.measure(algorithm, rounds: rounds)
      measurements.append(measurement)
      if !json { try StandardOutput.write(line(measurement)) }
    }
    if json { try StandardOutput.write(JSONText.of(measurements)) }
  }

  private func timeNetworks() throws(FiltersmithError) {
    guard export == nil, !limits, algorithm == "auto" else {
      throw FiltersmithError(
        .argument, "--networks takes --workload, --list, --rounds and --json only")
    }
    var chosen: [NetworkWorkload] = []
    for name in workload {
      guard let found = NetworkWorkload.named(name) else {
        throw FiltersmithError(
          .argument, "there is no network workload '\(name)'; --networks --list prints the names")
      }
      chosen.append(found)
    }
    if chosen.isEmpty { chosen = NetworkWorkload.all }
    if list {
      if json { return try StandardOutput.write(JSONText.of(chosen.map(\.name))) }
      for network in chosen {
        try StandardOutput.write("\(network.name.padded(to: 24))  \(network.summary)\n")
      }
      return
    }
    var measurements: [NetworkWorkload.Measurement] = []
    for network in chosen {
      let measurement = try network.measure(rounds: rounds)
      measurements.append(measurement)
      guard !json else { continue }
      let time = (measurement.milliseconds * 100).rounded() / 100
      let rate = (measurement.samplesPerSecond * 10).rounded() / 10
      try StandardOutput.write(
        "\(network.name.padded(to: 24))  \(time) ms  \(rate) samples/s  "
          + "\(Int(measurement.gigaflops)) GFLOP/s\n")
    }
    if json { try StandardOutput.write(JSONText.of(measurements)) }
  }

  private func timeAnalysis() throws(FiltersmithError) {
    guard !limits, algorithm == "auto" else {
      throw FiltersmithError(
        .argument, "--analysis takes --workload, --list, --rounds, --export and --json only")
    }
    var chosen: [AnalysisWorkload] = []
    for name in workload {
      guard let found = AnalysisWorkload.named(name) else {
        throw FiltersmithError(
          .argument, "there is no analysis workload '\(name)'; --analysis --list prints the names")
      }
      chosen.append(found)
    }
    if chosen.isEmpty { chosen = AnalysisWorkload.all }
    if let export { return try AnalysisWorkload.export(to: export) }
    if list {
      if json { return try StandardOutput.write(JSONText.of(chosen.map(\.name))) }
      for workload in chosen {
        try StandardOutput.write("\(workload.name.padded(to: 20))  \(workload.summary)\n")
      }
      return
    }
    var measurements: [AnalysisWorkload.Measurement] = []
    for workload in chosen {
      let measurement = try workload.measure(rounds: rounds)
      measurements.append(measurement)
      guard !json else { continue }
      let time = (measurement.milliseconds * 100).rounded() / 100
      try StandardOutput.write("\(workload.name.padded(to: 20))  \(time) ms\n")
    }
    if json { try StandardOutput.write(JSONText.of(measurements)) }
  }

  private func printNames(_ workloads: [Workload]) throws(FiltersmithError) {
    if json { return try StandardOutput.write(JSONText.of(workloads.map(\.name))) }
    let width = workloads.map(\.name.count).max() ?? 0
    for workload in workloads {
      try StandardOutput.write(
        "\(workload.name.padded(to: width))  \(workload.summary)\n")
    }
  }

  private func printLimits() throws(FiltersmithError) {
    let limits = ProcessorLimits.measured()
    if json { return try StandardOutput.write(JSONText.of(limits)) }
    try StandardOutput.write(
      "\(Int(limits.gigaflops)) GFLOP/s of multiply-adds, \(Int(limits.gigabytesPerSecond)) GB/s "
        + "of memory, \(limits.threads) threads\n")
  }

  private func line(_ measurement: Measurement) -> String {
    let name = measurement.workload.padded(to: 48)
    let time = (measurement.milliseconds * 1000).rounded() / 1000
    let rate = (measurement.gigaflops * 10).rounded() / 10
    return "\(name)  \(time) ms  \(rate) GFLOP/s  \(measurement.algorithm)\n"
  }
}

extension String {
  /// The text followed by spaces up to a width.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(width - count, 0))
  }
}
