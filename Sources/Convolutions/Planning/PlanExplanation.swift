import Tensors

/// Why a plan takes the algorithms it takes.
public struct PlanExplanation: Sendable, Hashable, CustomStringConvertible {
  /// One algorithm that was considered.
  public struct Candidate: Sendable, Hashable {
    /// Its name.
    public let algorithm: Algorithm
    /// What it would cost, or why it declined.
    public let assessment: Assessment
    /// The seconds it took, where the plan was made by measuring and it had a chance.
    public var measured: Double?
    /// What the kernel was found to be, for algorithms that depend on it.
    var outerProducts: OuterProductSummary?

    init(_ algorithm: Algorithm, _ assessment: Assessment) {
      self.algorithm = algorithm
      self.assessment = assessment
    }

    /// What else is worth knowing, such as what the kernel was found to be.
    public var note: String? { outerProducts?.description }

    /// Measured seconds, or else estimated ones; infinite where the algorithm declined.
    var seconds: Double {
      if let measured { return measured }
      if case .estimate(let seconds, _) = assessment { return seconds }
      return .infinity
    }
  }

  /// What was decided for one map, or for one part of an input gradient.
  public struct Choice: Sendable, Hashable {
    /// The map.
    public internal(set) var map: LinearMap
    /// Which part of the map it is, where the map is computed in several.
    public internal(set) var part: String?
    /// The algorithm taken.
    public let algorithm: Algorithm
    /// All algorithms that were considered.
    public let assessments: [Candidate]
  }

  /// The convolution.
  public let convolution: Convolution
  /// One choice per map; of an input gradient one per part.
  public let choices: [Choice]

  /// A table: one line per map and algorithm, the one taken marked by an arrow.
  public var description: String {
    var lines = [
      "input \(convolution.input), kernel \(convolution.kernel) → output \(convolution.output)",
      "border \(convolution.border), stride \(convolution.stride), dilation "
        + "\(convolution.dilation), groups \(convolution.groups)",
    ]
    for choice in choices {
      lines.append(choice.map.rawValue + (choice.part.map { ", \($0)" } ?? "") + ":")
      for candidate in choice.assessments {
        let mark = candidate.algorithm == choice.algorithm ? "→" : " "
        let name = candidate.algorithm.rawValue
        let padding = String(repeating: " ", count: max(14 - name.count, 1))
        switch candidate.assessment {
        case .estimate(let seconds, let scratch):
          let mebibytes = Double(scratch) / 1_048_576
          let measured =
            candidate.measured.map {
              "\(rounded($0 * 1000)) ms measured, "
            } ?? ""
          lines.append(
            "\(mark) \(name)\(padding)\(measured)\(rounded(seconds * 1000)) ms estimated, "
              + "\(rounded(mebibytes)) MiB scratch" + (candidate.note.map { "; \($0)" } ?? ""))
        case .declined(let reason):
          lines.append("\(mark) \(name)\(padding)declined: \(reason)")
        }
      }
    }
    return lines.joined(separator: "\n")
  }

  /// Three significant digits are plenty for an estimate.
  private func rounded(_ value: Double) -> String {
    guard value > 0 else { return "0" }
    var (scaled, digits) = (value, 0)
    while scaled < 100, digits < 6 {
      scaled *= 10
      digits += 1
    }
    let whole = scaled.rounded()
    return digits == 0
      ? "\(Int(whole))" : "\(whole / Double((0..<digits).reduce(1) { n, _ in n * 10 }))"
  }
}
