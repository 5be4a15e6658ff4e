import Figures
import Foundation
import Networks
import Tensors

/// The figures of a study's report.
struct ReportFigures {
  private let report: StudyReport
  private let records: [RunRecord]
  private let data: StudyData
  private let folder: StudyFolder

  init(_ report: StudyReport, _ records: [RunRecord], _ runner: StudyRunner) {
    self.report = report
    self.records = records
    data = runner.data
    folder = runner.folder
  }

  /// A figure, its file name and its caption.
  struct Entry {
    let name: String
    let figure: Figure
    let caption: String
    /// Whether it is mostly pixels, which a page embeds as PNG.
    let isPicture: Bool
  }

  /// The figures by the section of the report they belong to.
  ///
  /// - Throws: ``FiltersmithError`` when an image or a model cannot be read.
  func all() throws(FiltersmithError) -> [Entry] {
    var entries = [accuracy]
    if let curves { entries.append(curves) }
    if !report.filters.isEmpty { entries.append(try filters()) }
    if let fits { entries.append(fits) }
    entries.append(sensitivity)
    entries.append(try confusions())
    if let mistakes = try mistakes() { entries.append(mistakes) }
    return entries
  }

  // MARK: Diagrams

  private static let palette =
    Color.lines + [Color(hex: 0x5D3A9B), Color.ink, Color(hex: 0x8B6F3E), Color.axis]

  private func color(_ arm: String) -> Color {
    let index = report.study.arms.firstIndex { $0.name == arm } ?? 0
    return Self.palette[index % Self.palette.count]
  }

  private func series(
    _ arm: Arm, x: [Double], y: [Double], deviation: [Double] = [], hasDots: Bool = true
  ) -> Axes.Series {
    let isNetwork = arm.head == .network
    var series = Axes.Series(
      x: x, y: y, deviation: deviation,
      mark: isNetwork ? (hasDots ? .dots : .line) : (hasDots ? .dashedDots : .dashed),
      color: color(arm.name), label: arm.title)
    series.bandOpacity = report.study.arms.count > 3 ? 0.09 : 0.2
    return series
  }

  /// Names of all arms, two per row so that they fit the page.
  private func names(_ arms: [Arm]) -> [Legend] {
    stride(from: 0, to: arms.count, by: 2).map { start in
      Legend.names(arms[start..<min(start + 2, arms.count)].map { series($0, x: [], y: []) })
    }
  }

  private var accuracy: Entry {
    let sizes = report.study.sizes
    let lines = report.study.arms.map { arm in
      let cells = sizes.compactMap { report.cell(arm.name, $0) }
      return series(
        arm, x: sizes.map { log10(Double($0)) }, y: cells.map { 100 * $0.accuracy.mean },
        deviation: cells.map { 100 * $0.accuracy.margin })
    }
    // Bands of few seeds may be wide; the axis spans the means.
    let values = lines.flatMap(\.y)
    let (low, high) = (values.min() ?? 0, values.max() ?? 100)
    let room = max(0.06 * (high - low), 0.5)
    let ticks = Ticks(positions: sizes.map { log10(Double($0)) }, labels: sizes.map { "\($0)" })
    let span = (ticks.positions.first ?? 0)...(ticks.positions.last ?? 1)
    let axes = Axes(
      lines, xLabel: "training images", yLabel: "test accuracy / %",
      xRange: span.lowerBound < span.upperBound
        ? span : span.lowerBound - 0.5...span.upperBound + 0.5,
      yRange: max(0, low - room)...min(100, high + room), xTicks: ticks,
      yTicks: Ticks(in: max(0, low - room)...min(100, high + room), atMost: 9))
    return Entry(
      name: "accuracy",
      figure: Figure(
        title: "Accuracy against training-set size",
        groups: [Figure.Group(rows: [[Panel("", .axes(axes), size: Size(470, 290))]])],
        legends: names(report.study.arms)),
      caption: "Test accuracy, mean over \(report.study.seeds) seeds"
        + (report.study.seeds > 1 ? " with 95 % confidence bands by Student's t" : "")
        + ". Broken lines: linear heads.",
      isPicture: false)
  }

  private var curves: Entry? {
    let largest = report.study.sizes.last ?? 0
    let arms = report.study.arms.filter { $0.head == .network }
    let runs = arms.compactMap { arm in
      records.first { $0.arm == arm.name && $0.size == largest && $0.seed == 0 }
    }
    guard !runs.isEmpty else { return nil }
    func panel(_ title: String, _ label: String, _ value: (RunRecord.Epoch) -> Double) -> Panel {
      let lines = zip(arms, runs).map { arm, run in
        series(
          arm, x: run.history.indices.map { Double($0 + 1) }, y: run.history.map(value),
          hasDots: false)
      }
      return Panel(
        title, .axes(Axes(lines, xLabel: "epoch", yLabel: label)), size: Size(215, 150))
    }
    return Entry(
      name: "training",
      figure: Figure(
        title: "Training with \(largest) images",
        groups: [
          Figure.Group(rows: [
            [
              panel("Learned from", "loss") { $0.loss },
              panel("Chosen with", "loss") { $0.validationLoss },
            ],
            [
              panel("Learned from", "accuracy / %") { 100 * $0.accuracy },
              panel("Chosen with", "accuracy / %") { 100 * $0.validationAccuracy },
            ],
          ])
        ], legends: names(arms)),
      caption:
        "Loss and accuracy epoch by epoch, first seed. The epoch with the best accuracy on the "
        + "validation images is kept.",
      isPicture: false)
  }

  private var sensitivity: Entry {
    let panels = Sensitivity.Change.allCases.map { change in
      let lines = report.study.arms.map { arm in
        let cells = report.sensitivity.filter { $0.arm == arm.name && $0.change == change }
          .sorted { $0.amount < $1.amount }
        return series(
          arm, x: cells.map(\.amount), y: cells.map { 100 * $0.accuracy.mean },
          deviation: cells.map { 100 * $0.accuracy.margin })
      }
      let values = lines.flatMap(\.y)
      let (low, high) = (values.min() ?? 0, values.max() ?? 100)
      return Panel(
        change.rawValue,
        .axes(
          Axes(
            lines, xLabel: change.axisLabel, yLabel: "accuracy / %",
            yRange: max(0, low - 2)...min(100, high + 2))),
        size: Size(165, 165))
    }
    return Entry(
      name: "sensitivity",
      figure: Figure(
        title: "Sensitivity to changes after training",
        groups: [Figure.Group(rows: [panels])], legends: names(report.study.arms)),
      caption:
        "Accuracy on changed test images of arms trained on \(report.study.sizes.last ?? 0) "
        + "unchanged ones.",
      isPicture: false)
  }

  /// How the kernels of each learned layer are distributed over frequency and phase.
  private var fits: Entry? {
    guard !report.filters.isEmpty else { return nil }
    let sets = report.filters + [report.randomFilters].compactMap { $0 }
    func sorted(_ values: [Double]) -> (x: [Double], y: [Double]) {
      let ordered = values.sorted()
      return (
        ordered.indices.map { 100 * (Double($0) + 0.5) / Double(ordered.count) }, ordered
      )
    }
    func panel(
      _ title: String, _ label: String, _ value: (FilterAnalysis.Kernel) -> Double
    ) -> Panel {
      let lines = sets.map { set in
        let points = sorted(set.kernels.map(value))
        let arm = report.arm(set.arm)
        return Axes.Series(
          x: points.x, y: points.y, mark: arm == nil ? .dashed : .line,
          color: arm.map { color($0.name) } ?? .axis, label: arm?.title ?? set.arm)
      }
      return Panel(
        title,
        .axes(Axes(lines, xLabel: "kernels / %", yLabel: label, xRange: 0...100)),
        size: Size(165, 150))
    }
    return Entry(
      name: "fits",
      figure: Figure(
        title: "Learned kernels as quadrature filters",
        groups: [
          Figure.Group(rows: [
            [
              panel("Unexplained energy", "residual") { $0.fit.residual },
              panel("Match with the bank", "cosine") { $0.match },
              panel("Even part", "share of energy") { $0.evenShare },
            ],
            [
              panel("Centre frequency", "rad/sample") { $0.fit.centerFrequency },
              panel("Bandwidth", "octaves") { $0.fit.octaves },
              panel("Response to flat areas", "|Σf| / Σ|f|") { $0.dc },
            ],
          ])
        ],
        legends: [
          .names(
            sets.map { set in
              let arm = report.arm(set.arm)
              return Axes.Series(
                x: [], y: [], mark: arm == nil ? .dashed : .line,
                color: arm.map { color($0.name) } ?? .axis, label: arm?.title ?? set.arm)
            })
        ]),
      caption:
        "Every kernel fitted by the nearest quadrature filter; kernels in the order of the value "
        + "shown, with random kernels for comparison.",
      isPicture: false)
  }

  // MARK: Pictures

  private func filters() throws(FiltersmithError) -> Entry {
    let channels = data.sampleShape[0]
    var groups: [Figure.Group] = []
    if let source = report.study.designedBank {
      groups.append(
        FilterPanels(try source.kernels(channels: channels)).group("Designed bank"))
    }
    for arm in report.study.arms {
      guard let layer = try LearnedLayer(arm, folder, channels: channels) else { continue }
      groups.append(FilterPanels(layer.kernels).group(arm.title))
    }
    return Entry(
      name: "filters",
      figure: Figure(title: "First-layer filters in both domains", groups: groups, columns: 1),
      caption:
        "Left the kernels, even and odd ones of a pair beside each other, each on a scale of its "
        + "own (blue below, red above zero); right the magnitudes of their spectra from −π to π.",
      isPicture: true)
  }

  private func confusions() throws(FiltersmithError) -> Entry {
    let classes = report.images.classNames
    let ticks = Ticks(
      positions: classes.indices.map { Double($0) },
      labels: classes.count <= 12 ? classes.indices.map { "\($0)" } : [])
    var panels: [Panel] = []
    for arm in report.study.arms {
      let rows = report.confusions[arm.name] ?? []
      let shares = rows.flatMap { row in
        let total = Double(max(row.reduce(0, +), 1))
        return row.map { Double($0) / total }
      }
      let picture = Panel.Picture(
        try ColorImage(
          try Tensor(shape: [classes.count, classes.count], elements: shares), map: .sequential,
          range: 0...1),
        xTicks: ticks, yTicks: ticks)
      panels.append(Panel(arm.title, .picture(picture), size: Size(118, 118)))
    }
    let rows = stride(from: 0, to: panels.count, by: 4).map {
      Array(panels[$0..<min($0 + 4, panels.count)])
    }
    let key = classes.enumerated().map { "\($0) \($1)" }.joined(separator: ", ")
    return Entry(
      name: "confusions",
      figure: Figure(
        title: "Confusions with \(report.study.sizes.last ?? 0) images",
        groups: [Figure.Group(rows: rows)],
        legends: [
          .colorBar(
            map: .sequential, range: 0...1, ticks: Ticks(in: 0...1, atMost: 3),
            label: "share of the class")
        ]),
      caption:
        "Rows: the class; columns: the predicted class; all seeds together. Classes: \(key).",
      isPicture: true)
  }

  private func mistakes() throws(FiltersmithError) -> Entry? {
    var rows: [[Panel]] = []
    var labels: [String] = []
    let most = 6
    for arm in report.study.arms {
      let worst = (report.mistakes[arm.name] ?? []).prefix(most)
      guard !worst.isEmpty else { continue }
      var row: [Panel] = []
      for mistake in worst {
        let names = report.images.classNames
        row.append(
          Panel(
            "\(Self.short(names[mistake.label])) → \(Self.short(names[mistake.answer]))",
            .picture(
              Panel.Picture(
                FilterPanels.picture(of: try data.test.input(at: mistake.sample)),
                xTicks: Ticks(positions: [], labels: []),
                yTicks: Ticks(positions: [], labels: []))),
            size: Size(62, 62)))
      }
      while row.count < most { row.append(.empty) }
      rows.append(row)
      labels.append(arm.name)
    }
    guard !rows.isEmpty else { return nil }
    return Entry(
      name: "mistakes",
      figure: Figure(
        title: "Worst mistakes with \(report.study.sizes.last ?? 0) images",
        groups: [Figure.Group(rows: rows, rowLabels: labels)]),
      caption:
        "Test images whose wrong prediction leads the right one by most, first seed: class → prediction.",
      isPicture: true)
  }

  private static func short(_ name: String) -> String {
    name.count > 9 ? String(name.prefix(8)) + "…" : name
  }
}
