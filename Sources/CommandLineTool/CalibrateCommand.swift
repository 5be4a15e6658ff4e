import ArgumentParser
import BenchmarkWorkloads
import Filtersmith

/// `filtersmith calibrate`: fits the planner's costs to this machine.
struct CalibrateCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Fits the planner's costs to this machine, or checks how well they fit.",
    discussion: """
      Times every algorithm on a few hundred random convolutions (filters in one to
      four dimensions, layers of networks), fits the costs that the planner chooses
      by, and stores them in the user's cache folder, where every later run finds
      them. It takes a few minutes and needs the machine for itself.

      With --check nothing is stored: it reports for how many problems the planner's
      choice takes at most 1.25 times as long as the fastest algorithm, and how much
      slower all of them would be without each algorithm. The problems of a check
      differ from those of the fit; with --workloads they are those of bench.

      EXAMPLES:
        filtersmith calibrate
        filtersmith calibrate --check --json
        filtersmith calibrate --check --workloads
      """)

  @Flag(help: "Check the costs in use instead of fitting new ones.")
  var check = false

  @Flag(help: "With --check: time the workloads of bench instead of random problems.")
  var workloads = false

  @Option(help: ArgumentHelp("The number of random problems.", valueName: "n"))
  var problems = 300

  @Option(
    help: ArgumentHelp(
      "The seed of the random problems (default: 1 for a check, 2 for a fit).", valueName: "n"))
  var seed: Int?

  @Flag(help: "Print the fitted costs instead of storing them.")
  var dryRun = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    guard (1...10_000).contains(problems) else {
      throw FiltersmithError(.argument, "--problems is \(problems); 1 to 10000 can be timed")
    }
    guard let seed = UInt64(exactly: seed ?? (check ? 1 : 2)) else {
      throw FiltersmithError(.argument, "--seed must not be negative")
    }
    guard check || !workloads else {
      throw FiltersmithError(
        .argument, "--workloads goes with --check; costs are fitted to random problems")
    }
    // The costs are those of one thread; all algorithms share their work out alike.
    if !check, common.threads == nil { Threads.count = 1 }
    let cases =
      workloads
      ? try Workload.calibrationProblems : CalibrationProblem.random(count: problems, seed: seed)
    let calibration = try ProgressLine.during("timing \(cases.count) convolutions") {
      progress throws(FiltersmithError) in
      Calibration(cases, progress: progress)
    }
    if check { return try report(calibration, CostTable.current, name: "the costs in use") }
    let table = try ProgressLine.during("fitting") { progress throws(FiltersmithError) in
      calibration.fitted(progress: progress)
    }
    if dryRun {
      try StandardOutput.write(JSONText.of(table))
    } else {
      try table.store()
      if !json { try StandardOutput.write("stored in \(CostTable.file.path)\n") }
    }
    if !dryRun || !json {
      try report(calibration, table, name: "the fitted costs, on the problems they were fitted to")
    }
  }

  private func report(
    _ calibration: Calibration, _ table: CostTable, name: String
  ) throws(FiltersmithError) {
    let (agreeing, misses) = calibration.agreement(of: table)
    if json {
      return try StandardOutput.write(
        JSONText.of(
          CalibrationReport(
            problems: calibration.entries.count, within: agreeing,
            misses: misses.map(CalibrationReport.Miss.init),
            regrets: calibration.regrets.map(CalibrationReport.Regret.init))))
    }
    let percent = 100 * Double(agreeing) / Double(calibration.entries.count)
    try StandardOutput.write(
      "With \(name), the choice is within 1.25 times of the fastest on \(agreeing) of "
        + "\(calibration.entries.count) problems (\(Int(percent)) %).\n")
    for miss in misses.prefix(20) {
      let convolution = miss.problem.convolution
      try StandardOutput.write(
        "  \((miss.ratio * 100).rounded() / 100) times: \(miss.picked.rawValue), "
          + "\(miss.fastest.rawValue) is fastest: \(miss.problem.map.rawValue), "
          + "\(convolution.input) with \(convolution.kernel), border \(convolution.border), "
          + "stride \(convolution.stride)\n")
    }
    try StandardOutput.write("Without one algorithm, the fastest of the others would take:\n")
    for regret in calibration.regrets {
      let (mean, worst) = (
        (regret.mean * 1000).rounded() / 1000, (regret.worst * 10).rounded() / 10
      )
      try StandardOutput.write(
        "  without \(regret.algorithm.rawValue): \(mean) times on average, \(worst) at worst; "
          + "fastest on \(regret.wins)\n")
    }
  }
}

/// A check as JSON.
private struct CalibrationReport: Encodable {
  struct Miss: Encodable {
    let map: String
    let input: [Int]
    let kernel: [Int]
    let picked: String
    let fastest: String
    let ratio: Double
    let milliseconds: [String: Double]
    let expected: [String: Double]

    init(_ miss: Calibration.Miss) {
      func named(_ seconds: [Algorithm: Double]) -> [String: Double] {
        Dictionary(uniqueKeysWithValues: seconds.map { ($0.key.rawValue, 1000 * $0.value) })
      }
      milliseconds = named(miss.seconds)
      expected = named(miss.estimates)
      map = miss.problem.map.rawValue
      input = miss.problem.convolution.input.dimensions
      kernel = miss.problem.convolution.kernel.dimensions
      picked = miss.picked.rawValue
      fastest = miss.fastest.rawValue
      ratio = miss.ratio
    }
  }

  struct Regret: Encodable {
    let algorithm: String
    let wins: Int
    let mean: Double
    let worst: Double

    init(_ regret: AlgorithmRegret) {
      algorithm = regret.algorithm.rawValue
      (wins, mean, worst) = (regret.wins, regret.mean, regret.worst)
    }
  }

  let problems: Int
  let within: Int
  let misses: [Miss]
  let regrets: [Regret]
}
