import ArgumentParser
import Filtersmith
import Foundation

/// `filtersmith compare`: hand-made against learned features, with a report.
struct CompareCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compares hand-made with learned features, with a report.",
    discussion: """
      Several arms learn to classify the same images, from training sets of growing size. They differ \
      in their first stage only: raw pixels, a hand-made bank of quadrature filters, filters that are \
      learned, started from the bank, random, or made of derivatives, and scattering. The folder REPORT \
      gets report.html (open it in a browser), report.json, tables as CSV, the figures, the filters \
      and the models. An interrupted run continues with --resume and gives the same numbers.

      DATA is a folder: IDX (MNIST, Fashion-MNIST), CIFAR binary, NPZ, or one folder of PNG pictures \
      per class. Without it, or with 'textures', patches of eight textures are compared, three of them \
      photographs.

      ARMS: \(Arm.all.map(\.name).joined(separator: ", ")).

      EXAMPLES:
        filtersmith compare -o report
        filtersmith compare --data fashion-mnist --sizes 100,300,1000,3000 --seeds 3 -o report
        filtersmith compare --data cifar10 --arms bank-cnn,learned-cnn -o report
        filtersmith compare --data fashion-mnist --study study.json -o report --resume
      """)

  @Option(
    help: ArgumentHelp("The folder of images, or 'textures'.", valueName: "folder|textures"))
  var data = "textures"

  @Option(
    help: ArgumentHelp(
      "The sizes of the training set, such as 100,300,1000; 'all' is the whole set.",
      valueName: "n,…"))
  var sizes: String?

  @Option(help: ArgumentHelp("The number of repetitions with different images.", valueName: "n"))
  var seeds: Int?

  @Option(help: ArgumentHelp("The arms to compare (default: all).", valueName: "all|name,…"))
  var arms: String?

  @Option(
    help: ArgumentHelp(
      "A study in JSON: arms, sizes, seeds, budget, windows; the options above change it.",
      valueName: "study.json"))
  var study: String?

  @Option(
    name: [.short, .long], help: ArgumentHelp("The folder of the report.", valueName: "report"))
  var output: String

  @Flag(help: "Print the report's numbers as JSON.")
  var json = false

  @Flag(help: "Continue an interrupted study.")
  var resume = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let isTextures = data == "textures" && !FileManager.default.fileExists(atPath: data)
    let images = try ProgressLine.during("reading \(data)") { _ throws(FiltersmithError) in
      isTextures
        ? try StudyData(TexturePatches())
        : try StudyData(
          try DataSplits(contentsOf: data, task: .classification), name: Self.name(of: data))
    }
    let study = try chosenStudy(images, isTextures: isTextures)
    let runner = try StudyRunner(study, images, folder: StudyFolder(output))
    let records = try ProgressLine.during("comparing") { progress throws(FiltersmithError) in
      try runner.run(resumes: resume) { progress($0.fraction) }
    }
    let report = try ProgressLine.during("analysing the filters") { _ throws(FiltersmithError) in
      try StudyReport(runner, records)
    }
    try ProgressLine.during("drawing the report") { progress throws(FiltersmithError) in
      try report.write(runner, records, progress: progress)
    }
    try StandardOutput.write(json ? try JSONText.of(report) : Self.text(report, runner.folder))
  }

  private static func name(of path: String) -> String {
    URL(filePath: path).deletingPathExtension().lastPathComponent
  }

  private func chosenStudy(
    _ images: StudyData, isTextures: Bool
  ) throws(FiltersmithError) -> Study {
    var chosen: Study
    if let study {
      chosen = try Study(contentsOf: study)
    } else {
      chosen = isTextures ? .textures : Study()
      // As far as the images go, where nobody asks for more.
      if sizes == nil { chosen.sizes.removeAll { $0 > images.training.count } }
      if chosen.sizes.isEmpty { chosen.sizes = [images.training.count] }
    }
    if let arms, arms != "all" {
      chosen.arms = try Arm.named(Self.words(arms), among: chosen.arms)
    }
    if let seeds { chosen.seeds = seeds }
    if let sizes {
      var numbers: [Int] = []
      for word in Self.words(sizes) {
        guard let number = word == "all" ? images.training.count : Int(word) else {
          throw FiltersmithError(
            .argument, "--sizes holds '\(word)'; whole numbers or 'all' were expected")
        }
        numbers.append(number)
      }
      chosen.sizes = numbers
    }
    return chosen
  }

  private static func words(_ text: String) -> [String] {
    text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// The accuracies as a table, what they say, and where the report is.
  private static func text(_ report: StudyReport, _ folder: StudyFolder) -> String {
    var rows = [["accuracy in %"] + report.study.sizes.map { "\($0) images" }]
    for arm in report.study.arms {
      rows.append(
        [arm.title]
          + report.study.sizes.map { size in
            guard let cell = report.cell(arm.name, size) else { return "" }
            let mean = String(format: "%.1f", 100 * cell.accuracy.mean)
            guard report.study.seeds > 1 else { return mean }
            return mean + String(format: " ± %.1f", 100 * cell.accuracy.margin)
          })
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let table = rows.map { row in
      row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + space : space + cell
      }.joined(separator: "  ")
    }
    return table.joined(separator: "\n") + "\n\n"
      + report.findings.map { "• \($0)\n" }.joined() + "\nThe report is \(folder.page)\n"
  }
}
