import ArgumentParser
import Filtersmith

/// `filtersmith explain`: how a convolution would be computed, and why.
struct ExplainCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Shows how a convolution would be computed, and why.",
    discussion: """
      Lists every algorithm with the time the planner expects on one thread and the
      memory it takes besides its result, or why it declines; an arrow marks the one
      that is taken. An input gradient is listed part by part. Shapes are
      [batch, channels, ...] and [filters, channels/groups, ...].

      EXAMPLES:
        filtersmith explain --input 1,1,2048,2048 --kernel 8,1,11,11
        filtersmith explain --input 8,64,56,56 --kernel 64,64,3,3 --padding same
        filtersmith explain --input 1,1,512,512 --kernel-file gaussian.npy
        filtersmith explain --input 1,1,512,512 --kernel 1,1,9,9 --algorithm measured
      """)

  @Option(help: ArgumentHelp("The input's shape.", valueName: "n,c,…"))
  var input: IntegerList

  @Option(help: ArgumentHelp("The kernel's shape.", valueName: "f,c,…"))
  var kernel: IntegerList?

  @Option(
    help: ArgumentHelp(
      "The kernel itself (.npy); its coefficients may allow faster algorithms.",
      valueName: "k.npy"))
  var kernelFile: String?

  @Option(help: ArgumentHelp("The border of the input (default: mirror).", valueName: "border"))
  var border: String?

  @Option(
    help: ArgumentHelp(
      "Zeros around the input instead of a border, as in a layer: same, valid, 1,1 or 1,1:0,2.",
      valueName: "padding"))
  var padding: String?

  @Option(help: ArgumentHelp("The step between outputs (default: 1).", valueName: "n[,n…]"))
  var stride: IntegerList?

  @Option(help: ArgumentHelp("The distance between taps (default: 1).", valueName: "n[,n…]"))
  var dilation: IntegerList?

  @Option(help: ArgumentHelp("Independent groups of channels (default: 1).", valueName: "g"))
  var groups = 1

  @Option(help: .algorithm)
  var algorithm = "auto"

  @Option(help: .tolerance)
  var tolerance = Number(0)

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let coefficients = try coefficients()
    let shape: Shape
    if let coefficients {
      shape = coefficients.shape
    } else if let kernel {
      shape = try Shape(checking: kernel.values)
    } else {
      throw FiltersmithError(.argument, "--kernel (a shape) or --kernel-file is needed")
    }
    let convolution = try convolution(kernel: shape)
    let plan = try convolution.plan(
      try Algorithm(parsing: algorithm), for: LinearMap.allCases, kernel: coefficients,
      tolerance: tolerance.value,
      as: Float.self)
    if json {
      try StandardOutput.write(JSONText.of(ExplanationReport(plan.explanation)))
    } else {
      try StandardOutput.write("\(plan.explanation)\n")
    }
  }

  private func coefficients() throws(FiltersmithError) -> Tensor<Float>? {
    guard let kernelFile else { return nil }
    let tensor: Tensor<Float> = try ImageFile(kernelFile).real()
    // A single kernel without filters and channels, as design writes them.
    return tensor.rank == input.values.count - 2
      ? try tensor.reshaped(to: Shape([1, 1]) + tensor.shape) : tensor
  }

  private func convolution(kernel: Shape) throws(FiltersmithError) -> Convolution {
    let input = try Shape(checking: input.values)
    guard let padding else {
      return try Convolution(
        input: input, kernel: kernel, border: try Border(parsing: border ?? "mirror"),
        stride: stride?.values, dilation: dilation?.values, groups: groups)
    }
    guard border == nil else {
      throw FiltersmithError(.argument, "--border and --padding cannot be given together")
    }
    return try Convolution(
      input: input, kernel: kernel, padding: try Padding(parsing: padding),
      stride: stride?.values, dilation: dilation?.values, groups: groups)
  }
}

/// An explanation as JSON.
private struct ExplanationReport: Encodable {
  struct Candidate: Encodable {
    let algorithm: String
    var milliseconds: Double?
    var measuredMilliseconds: Double?
    var scratchBytes: Int?
    var note: String?
    var declined: String?
  }

  struct Choice: Encodable {
    let map: String
    let part: String?
    let algorithm: String
    let candidates: [Candidate]
  }

  let input: [Int]
  let kernel: [Int]
  let output: [Int]
  let processor: String
  let choices: [Choice]

  init(_ explanation: PlanExplanation) {
    input = explanation.convolution.input.dimensions
    kernel = explanation.convolution.kernel.dimensions
    output = explanation.convolution.output.dimensions
    processor = CostTable.current.processor
    choices = explanation.choices.map { choice in
      Choice(
        map: choice.map.rawValue, part: choice.part, algorithm: choice.algorithm.rawValue,
        candidates: choice.assessments.map { candidate in
          var report = Candidate(algorithm: candidate.algorithm.rawValue)
          report.note = candidate.note
          report.measuredMilliseconds = candidate.measured.map { $0 * 1000 }
          switch candidate.assessment {
          case .estimate(let seconds, let scratch):
            report.milliseconds = seconds * 1000
            report.scratchBytes = scratch
          case .declined(let reason): report.declined = reason
          }
          return report
        })
    }
  }
}
