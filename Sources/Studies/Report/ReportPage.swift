import Figures
import Foundation
import Tensors

/// The report as one self-contained page: no scripts, no fonts, no other files.
struct ReportPage {
  private let report: StudyReport
  private let records: [RunRecord]
  private let figures: [(entry: ReportFigures.Entry, data: [UInt8])]

  /// - Parameter figures: The figures and their files, PNG of pictures and SVG of diagrams.
  init(
    _ report: StudyReport, _ records: [RunRecord],
    figures: [(entry: ReportFigures.Entry, data: [UInt8])]
  ) {
    self.report = report
    self.records = records
    self.figures = figures
  }

  /// The page's text.
  var html: String {
    let title = "Hand-made against learned features: \(report.images.name)"
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(escaped(title))</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      <main>
      <header>
      <h1>\(escaped(title))</h1>
      <p class="lead">\(escaped(introduction))</p>
      </header>
      <section>
      <h2>What it shows</h2>
      <ul>
      \(report.findings.map { "<li>\(escaped($0))</li>" }.joined(separator: "\n"))
      </ul>
      </section>
      \(section("Accuracy", figure("accuracy") + accuracyTable + testTable))
      \(section("What the arms are", armTable + protocolText))
      \(section("Training", figure("training")))
      \(section("First-layer filters", figure("filters") + figure("fits") + filterTable))
      \(section("Sensitivity", figure("sensitivity")))
      \(section("Errors", figure("confusions") + figure("mistakes")))
      \(section("How to repeat it", repetition))
      </main>
      </body>
      </html>

      """
  }

  private var introduction: String {
    let images = report.images
    let shape = images.shape.dropFirst().map { "\($0)" }.joined(separator: " × ")
    return
      "\(report.arms.count) ways of classifying images of \(shape) pixels"
      + (images.shape[0] == 1 ? "" : " and \(images.shape[0]) channels")
      + " into \(images.classNames.count) classes, each trained on "
      + Findings.list(report.study.sizes.map { "\($0)" }) + " images with "
      + "\(report.study.seeds) seed\(report.study.seeds == 1 ? "" : "s"), and tested on the same "
      + "\(images.test) images. Guessing the most frequent class reaches "
      + "\(Findings.percent(images.chance))."
  }

  private func section(_ title: String, _ content: String) -> String {
    content.isEmpty ? "" : "<section>\n<h2>\(escaped(title))</h2>\n\(content)\n</section>"
  }

  private func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;")
      .replacingOccurrences(of: "<", with: "&lt;").replacingOccurrences(of: ">", with: "&gt;")
      .replacingOccurrences(of: "\"", with: "&quot;")
  }

  private func figure(_ name: String) -> String {
    guard let (entry, data) = figures.first(where: { $0.entry.name == name }) else { return "" }
    let kind = entry.isPicture ? "png" : "svg+xml"
    let encoded = Data(data).base64EncodedString()
    return """
      <figure>
      <img alt="\(escaped(entry.figure.title))" src="data:image/\(kind);base64,\(encoded)">
      <figcaption>\(escaped(entry.caption))</figcaption>
      </figure>

      """
  }

  // MARK: Tables

  private func table(_ header: [String], _ rows: [[String]], caption: String) -> String {
    let head = header.map { "<th scope=\"col\">\(escaped($0))</th>" }.joined()
    let body = rows.map { row in
      "<tr><th scope=\"row\">\(escaped(row[0]))</th>"
        + row.dropFirst().map { "<td>\(escaped($0))</td>" }.joined() + "</tr>"
    }.joined(separator: "\n")
    return """
      <div class="table">
      <table>
      <caption>\(escaped(caption))</caption>
      <thead><tr>\(head)</tr></thead>
      <tbody>
      \(body)
      </tbody>
      </table>
      </div>

      """
  }

  private var accuracyTable: String {
    let rows = report.study.arms.map { arm in
      [arm.title]
        + report.study.sizes.map { size in
          guard let cell = report.cell(arm.name, size) else { return "–" }
          let mean = String(format: "%.2f", 100 * cell.accuracy.mean)
          guard report.study.seeds > 1 else { return mean }
          return mean + String(format: " ± %.2f", 100 * cell.accuracy.margin)
        }
    }
    return table(
      ["Arm"] + report.study.sizes.map { "\($0) images" }, rows,
      caption: "Test accuracy in per cent, mean over the seeds"
        + (report.study.seeds > 1 ? " and half the width of its 95 % confidence interval." : "."))
  }

  private var testTable: String {
    guard report.study.arms.count > 1 else { return "" }
    let rows = report.tests.map { test in
      let sign = test.difference.mean < 0 ? "−" : "+"
      return [
        "\(test.first) − \(test.second)", "\(test.size)",
        sign + String(format: "%.2f", abs(100 * test.difference.mean)),
        test.seedProbability.map { short($0) } ?? "–", short(test.imageProbability),
        short(test.probability) + (test.isSignificant ? " *" : ""),
      ]
    }
    return "<details>\n<summary>All pairs of arms, tested</summary>\n"
      + table(
        ["Pair", "Images", "Points", "p (seeds)", "p (images)", "p (Holm)"], rows,
        caption:
          "Differences of accuracy in points. p (seeds): paired t-test between seeds, its error "
          + "that of all arms (randomised blocks); p (images): McNemar's exact test between test images, "
          + "each counting for the arm in which more seeds classify it correctly; p (Holm): the larger of the "
          + "two, corrected for all pairs of a size; * below 0.05.")
      + "</details>\n"
  }

  private func short(_ probability: Double) -> String {
    probability < 0.0001 ? "< 0.0001" : String(format: "%.4f", probability)
  }

  private var armTable: String {
    let largest = report.study.sizes.last ?? 0
    let rows = report.arms.map { facts in
      let runs = records.filter { $0.arm == facts.arm.name && $0.size == largest }
      let seconds = runs.reduce(0) { $0 + $1.seconds } / Double(max(runs.count, 1))
      return [
        facts.arm.title, "\(facts.firstChannels)", grouped(facts.firstParameters),
        grouped(facts.headParameters), grouped(facts.fixedMultiplyAdds),
        grouped(facts.multiplyAdds), String(format: seconds < 10 ? "%.1f" : "%.0f", seconds),
      ]
    }
    return table(
      [
        "Arm", "First-stage channels", "First-stage parameters", "Head parameters",
        "Fixed multiply-adds", "All multiply-adds", "Seconds",
      ], rows,
      caption:
        "Learned parameters, multiply-adds per image, and the mean time to train on \(largest) images "
        + "(without fixed features, which are computed once).")
  }

  private func grouped(_ number: Int) -> String {
    var digits = String(number)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return ([digits] + groups).joined(separator: " ")
  }

  /// What all arms share, and how that is verified.
  private var protocolText: String {
    let (study, images) = (report.study, report.images)
    let epochs = study.sizes.map { "\(study.budget.epochs(size: $0)) (\($0) images)" }
    var sentences = [
      "All arms are trained on the same images for the same seed, smaller sets being subsets of larger ones; "
        + "\(images.training) images can be drawn from, \(images.validation) others serve for choices "
        + "(of these a fifth as many as are trained on, at least 100), and \(images.test) for the test, "
        + "which is not used for any choice.",
      "Every image is normalised to standard deviation 1, with a mean of 0 along the border.",
      "Networks: Adam, one cycle with a largest learning rate of \(study.budget.learningRate), batches of "
        + "\(study.budget.batch), epochs: \(Findings.list(epochs)); the epoch with the best accuracy on the "
        + "validation images is kept."
        + (study.budget.augmentation.map {
          " In training, images are changed at random (\($0)), for all of them alike."
        } ?? "")
        + (study.budget.averaging.map {
          " An average of the weights is kept, of which \($0) remains in every step."
        } ?? ""),
      "Linear heads: ridge regression on ±1 per class, features scaled to standard deviation 1, the penalty out of "
        + "\(RidgeClassifier.penalties.count) by accuracy on the validation images; they see "
        + "the filters' responses as averages over "
        + (study.windows == 1
          ? "the whole image except its border."
          : "at most about \(study.windows) windows along each axis."),
    ]
    for head in Arm.Head.allCases {
      let arms = report.arms.filter { $0.arm.head == head }
      guard !arms.isEmpty else { continue }
      let kinds = Set(arms.map { Self.kinds(of: $0.head) })
      let channels = Set(arms.map(\.firstChannels))
      sentences.append(
        "Head “\(head.rawValue)”: \(kinds.sorted().joined(separator: "; or ")), the same layers for "
          + Findings.list(arms.map { "“\($0.arm.title)”" })
          + (channels.count == 1
            ? "; all pass it \(channels.first ?? 0) channels."
            : "; they pass it "
              + Findings.list(arms.map { "\($0.firstChannels)" }) + " channels."))
    }
    return sentences.map { "<p>\(escaped($0))</p>" }.joined(separator: "\n") + "\n"
  }

  /// The layers' kinds without their extents.
  private static func kinds(of head: String) -> String {
    head.components(separatedBy: "], ").map { $0.prefix { $0 != " " } }.joined(separator: " → ")
  }

  private var filterTable: String {
    let sets = report.filters + [report.randomFilters].compactMap { $0 }
    guard !sets.isEmpty else { return "" }
    let rows = sets.map { set in
      func mean(_ value: (FilterAnalysis.Kernel) -> Double) -> String {
        String(
          format: "%.2f",
          set.kernels.reduce(0) { $0 + value($1) } / Double(max(set.kernels.count, 1)))
      }
      return [
        report.arm(set.arm)?.title ?? set.arm, String(format: "%.2f", set.meanResidual),
        mean(\.match), mean(\.evenShare), mean(\.dc), "\(set.pairs.count)",
        "\(set.ownPairs.count { $0 > 0.8 }) of \(set.ownPairs.count)",
        String(format: "%.2f", set.sharedSubspace),
        set.change.isEmpty ? "–" : String(format: "%.2f", set.meanChange),
      ]
    }
    return table(
      [
        "Layer", "Residual", "Match", "Even share", "DC", "Pairs", "Own pairs", "Subspace",
        "Change",
      ], rows,
      caption:
        "Means over the kernels. Residual: energy that the nearest quadrature filter leaves; match: "
        + "largest cosine with a designed pair of any phase; DC: |Σf| / Σ|f|; pairs: kernels that form "
        + "quadrature pairs (one-sidedness above 0.8), anywhere in the layer and as the layer pairs them; "
        + "subspace: mean squared cosine of the principal angles with the designed filters; change: "
        + "relative to the start.")
  }

  private var repetition: String {
    """
    <p>The study lies beside this page in <code>study.json</code>; give it, and the same images, to
    <code>filtersmith compare --study study.json</code>. All numbers of this page but the seconds are in
    <code>report.json</code>, accuracies in <code>accuracy.csv</code>, runs in <code>runs.csv</code>, tests in
    <code>tests.csv</code>, training in <code>training.csv</code>, figures in <code>figures/</code>, filters in
    <code>banks/</code>, and the models, learned from the most images with the first seed, in
    <code>models/</code>.</p>

    """
  }

  private static let style = """
    :root { --ink: #1a1a1a; --paper: #ffffff; --soft: #f4f4f2; --line: #d9d9d6; --accent: #00527f; }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #e6e6e3; --paper: #16181b; --soft: #20242a; --line: #3a3f47; --accent: #7cc4f0; }
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--paper); color: var(--ink);
      font: 16px/1.55 Georgia, "Times New Roman", serif; }
    main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
    h1, h2, th, caption, summary, .table { font-family: "Helvetica Neue", Arial, sans-serif; }
    h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .6rem; }
    h2 { font-size: 1.25rem; margin: 2.4rem 0 .8rem; padding-top: .8rem; border-top: 1px solid var(--line); }
    .lead { font-size: 1.1rem; margin: 0; }
    li { margin-bottom: .35rem; }
    figure { margin: 1.2rem 0; }
    figure img { display: block; max-width: 100%; height: auto; margin: 0 auto; background: #fff;
      border: 1px solid var(--line); border-radius: 4px; padding: 4px; }
    figcaption { font-size: .9rem; margin-top: .5rem; opacity: .85; }
    .table { overflow-x: auto; margin: 1.2rem 0; }
    table { border-collapse: collapse; font-size: .86rem; font-variant-numeric: tabular-nums; width: 100%; }
    caption { caption-side: bottom; text-align: left; font-size: .82rem; padding-top: .5rem; opacity: .85; }
    th, td { padding: .32rem .6rem; border-bottom: 1px solid var(--line); text-align: right; }
    td { white-space: nowrap; }
    th[scope="row"], th[scope="col"]:first-child { text-align: left; font-weight: 500; }
    thead th { border-bottom: 2px solid var(--ink); vertical-align: bottom; }
    details { margin: 1rem 0; }
    summary { cursor: pointer; color: var(--accent); }
    code { font-size: .9em; background: var(--soft); padding: .05em .3em; border-radius: 3px; }
    @media print {
      body { font-size: 10.5pt; } main { max-width: none; padding: 0; }
      h2 { break-after: avoid; } figure, tr { break-inside: avoid; }
      figure img { max-height: 21cm; width: auto; }
    }
    """
}
