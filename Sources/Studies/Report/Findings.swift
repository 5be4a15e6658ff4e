import Foundation

/// What the numbers of a study say, in sentences: every one computed, none written beforehand.
struct Findings {
  private(set) var sentences: [String] = []
  private let report: StudyReport

  init(_ report: StudyReport) {
    self.report = report
    sentences = []
    sentences += leaders()
    let learned = first { if case .learned = $0.first { true } else { false } }
    let handmade = first { arm in
      guard arm.head == .network, case .bank = arm.first else { return false }
      return true
    }
    let started = first { if case .started = $0.first { true } else { false } }
    let random = first { arm in
      guard arm.head == .network, case .random = arm.first else { return false }
      return true
    }
    let scattering = first { if case .scattering = $0.first { true } else { false } }
    sentences += comparison(handmade, learned)
    sentences += comparison(started, learned)
    sentences += comparison(handmade, random)
    sentences += comparison(scattering, learned)
    sentences += filters()
    sentences += robustness()
  }

  private func first(where isWanted: (Arm) -> Bool) -> Arm? {
    report.study.arms.first(where: isWanted)
  }

  static func percent(_ value: Double, digits: Int = 1) -> String {
    String(format: "%.\(digits)f\u{00A0}%%", 100 * value)
  }
  /// A difference of accuracies in points, without its sign.
  static func points(_ value: Double) -> String { String(format: "%.1f", abs(100 * value)) }

  static func probability(_ value: Double) -> String {
    value < 0.001 ? "p\u{00A0}<\u{00A0}0.001" : "p\u{00A0}=\u{00A0}" + String(format: "%.3f", value)
  }

  /// `100, 300 and 1000`.
  static func list(_ words: [String]) -> String {
    words.count < 2
      ? words.first ?? "" : words.dropLast().joined(separator: ", ") + " and " + (words.last ?? "")
  }

  private func title(_ arm: String) -> String { report.arm(arm)?.title ?? arm }

  /// Which arm leads at each number of images.
  private func leaders() -> [String] {
    report.study.sizes.compactMap { size in
      let ranked = report.study.arms.compactMap { report.cell($0.name, size) }
        .sorted { $0.accuracy.mean > $1.accuracy.mean }
      guard let best = ranked.first, ranked.count > 1 else { return nil }
      let equals = ranked.dropFirst().filter {
        !(report.test(best.arm, $0.arm, size)?.isSignificant ?? false)
      }
      let opening =
        "With \(size) images, “\(title(best.arm))” reaches "
        + "\(Self.percent(best.accuracy.mean)), the most of all"
      guard !equals.isEmpty else { return opening + "; every other arm is significantly behind." }
      guard equals.count < ranked.count - 1 else {
        return opening + "; no difference from any other arm is significant."
      }
      return opening + "; not significantly behind: "
        + Self.list(equals.map { "“\(title($0.arm))” (\(Self.percent($0.accuracy.mean)))" }) + "."
    }
  }

  /// One arm compared with another over all sizes.
  private func comparison(_ first: Arm?, _ second: Arm?) -> [String] {
    guard let first, let second else { return [] }
    let tests = report.study.sizes.compactMap { report.test(first.name, second.name, $0) }
    guard !tests.isEmpty else { return [] }
    func phrase(_ test: PairedTest) -> String {
      let range =
        test.difference.margin > 0
        ? " (±\u{00A0}\(Self.points(test.difference.margin)), \(Self.probability(test.probability)))"
        : " (\(Self.probability(test.probability)))"
      return "by \(Self.points(test.difference.mean)) points at \(test.size)\(range)"
    }
    let ahead = tests.filter { $0.isSignificant && $0.difference.mean > 0 }
    let behind = tests.filter { $0.isSignificant && $0.difference.mean < 0 }
    let even = tests.filter { !$0.isSignificant }
    var parts: [String] = []
    if !ahead.isEmpty { parts.append("leads " + Self.list(ahead.map(phrase))) }
    if !behind.isEmpty { parts.append("is behind " + Self.list(behind.map(phrase))) }
    if !even.isEmpty {
      let differences = even.map {
        "\($0.size) (\($0.difference.mean < 0 ? "−" : "+")\(Self.points($0.difference.mean)))"
      }
      parts.append("shows no significant difference at " + Self.list(differences))
    }
    return [
      "Compared with “\(second.title)”, “\(first.title)” " + parts.joined(separator: "; it ") + "."
    ]
  }

  /// What the learned layers have become.
  private func filters() -> [String] {
    report.filters.flatMap { analysis -> [String] in
      let count = analysis.kernels.count
      var sentence =
        "The \(count) first-layer kernels of “\(title(analysis.arm))” are explained by single "
        + "quadrature filters to \(Self.percent(1 - analysis.meanResidual, digits: 0)) of their energy"
      if let random = report.randomFilters {
        sentence += " (random kernels: \(Self.percent(1 - random.meanResidual, digits: 0)))"
      }
      sentence +=
        analysis.pairs.isEmpty
        ? "; no two of them are in quadrature"
        : "; \(2 * analysis.pairs.count) of them form \(analysis.pairs.count) pairs in quadrature"
      if let random = report.randomFilters { sentence += " (random: \(random.pairs.count) pairs)" }
      sentence +=
        ", and their best match with the designed bank is "
        + String(format: "%.2f", analysis.meanMatch) + " on average"
      if let random = report.randomFilters {
        sentence += String(format: " (random: %.2f)", random.meanMatch)
      }
      var result = [sentence + "."]
      if !analysis.change.isEmpty {
        let kept = analysis.ownPairs.count { $0 > 0.8 }
        result.append(
          "Started from the bank, the kernels of “\(title(analysis.arm))” moved by "
            + "\(Self.percent(analysis.meanChange, digits: 0)) of their norm on average, and \(kept) of "
            + "\(analysis.ownPairs.count) pairs are still in quadrature.")
      }
      return result
    }
  }

  /// Which arm is best on changed images, and which loses most.
  private func robustness() -> [String] {
    Sensitivity.Change.allCases.compactMap { change in
      guard let amount = change.probed else { return nil }
      func accuracy(_ arm: String, _ amount: Double) -> Double? {
        report.sensitivity.first {
          $0.arm == arm && $0.change == change && $0.amount == amount
        }?.accuracy.mean
      }
      let arms = report.study.arms.compactMap {
        arm -> (name: String, after: Double, loss: Double)? in
        guard let before = accuracy(arm.name, change.amounts[0]),
          let after = accuracy(arm.name, amount)
        else { return nil }
        return (arm.name, after, before - after)
      }
      guard let best = arms.max(by: { $0.after < $1.after }), arms.count > 1,
        let most = arms.max(by: { $0.loss < $1.loss })
      else { return nil }
      return
        "\(change.phrase(amount)), “\(title(best.name))” is best with \(Self.percent(best.after)) "
        + "(it \(best.loss < 0 ? "gains" : "loses") \(Self.points(best.loss)) points)"
        + (most.loss > 0
          ? "; “\(title(most.name))” loses most, \(Self.points(most.loss)) points." : ".")
    }
  }
}

extension Sensitivity.Change {
  /// The amount that the sentences mention.
  var probed: Double? {
    switch self {
    case .rotation: 20
    case .noise: 0.4
    case .contrast: 0.5
    }
  }

  /// `When images are rotated by 20°`.
  func phrase(_ amount: Double) -> String {
    switch self {
    case .rotation: "When test images are rotated by \(Int(amount))°"
    case .noise: "With noise of \(amount) of the images' standard deviation"
    case .contrast: "With contrast reduced to \(Int(100 * amount)) %"
    }
  }

  /// The label of a plot's axis.
  var axisLabel: String {
    switch self {
    case .rotation: "rotation / °"
    case .noise: "noise / standard deviation of the images"
    case .contrast: "contrast"
    }
  }
}
