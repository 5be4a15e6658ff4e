import DataFiles
import Figures
import FilterDesign
import Foundation
import Numerics
import Tensors

extension StudyReport {
  /// Writes the report and its files into the study's folder.
  ///
  /// - Parameters:
  ///   - runner: The study.
  ///   - records: All its runs.
  ///   - progress: Called as the writing proceeds.
  /// - Throws: ``FiltersmithError`` when a file cannot be written.
  public func write(
    _ runner: StudyRunner, _ records: [RunRecord], progress: ProgressHandler? = nil
  ) throws(FiltersmithError) {
    let folder = runner.folder
    try writeTables(folder, records)
    try writeBanks(runner)
    let entries = try ReportFigures(self, records, runner).all()
    var figures: [(entry: ReportFigures.Entry, data: [UInt8])] = []
    for (index, entry) in entries.enumerated() {
      var files: [FigureFormat: [UInt8]] = [:]
      for format in [FigureFormat.png, .svg] {
        let bytes = try entry.figure.rendered(as: format)
        try AtomicFile.write(bytes, to: "\(folder.figures)/\(entry.name).\(format.rawValue)")
        files[format] = bytes
      }
      figures.append((entry, files[entry.isPicture ? .png : .svg] ?? []))
      progress?(Double(index + 1) / Double(entries.count))
    }
    try AtomicFile.write(ReportPage(self, records, figures: figures).html, to: folder.page)
    try JSONFile.write(self, to: folder.report)
  }

  private func writeTables(
    _ folder: StudyFolder, _ records: [RunRecord]
  ) throws(FiltersmithError) {
    try Self.table(
      [
        "arm", "images", "seed", "validationAccuracy", "accuracy", "bestEpoch", "penalty",
        "seconds",
      ],
      records.map { run in
        [
          run.arm, "\(run.size)", "\(run.seed)", "\(run.validationAccuracy)", "\(run.accuracy)",
          run.bestEpoch.map { "\($0)" } ?? "", run.penalty.map { "\($0)" } ?? "", "\(run.seconds)",
        ]
      }, to: folder.runs)
    try Self.table(
      ["arm", "images", "accuracy", "margin"],
      cells.map { ["\($0.arm)", "\($0.size)", "\($0.accuracy.mean)", "\($0.accuracy.margin)"] },
      to: folder.summary)
    try Self.table(
      ["first", "second", "images", "difference", "pSeeds", "pImages", "pHolm"],
      tests.map { test in
        [
          test.first, test.second, "\(test.size)", "\(test.difference.mean)",
          test.seedProbability.map { "\($0)" } ?? "", "\(test.imageProbability)",
          "\(test.probability)",
        ]
      }, to: folder.tests)
    try Self.table(
      [
        "arm", "images", "seed", "epoch", "loss", "accuracy", "validationLoss",
        "validationAccuracy",
      ],
      records.flatMap { run in
        run.history.enumerated().map { index, epoch in
          [
            run.arm, "\(run.size)", "\(run.seed)", "\(index + 1)", "\(epoch.loss)",
            "\(epoch.accuracy)", "\(epoch.validationLoss)", "\(epoch.validationAccuracy)",
          ]
        }
      }, to: folder.curves)
  }

  private static func table(
    _ header: [String], _ rows: [[String]], to path: String
  ) throws(FiltersmithError) {
    try AtomicFile.write(
      ([header] + rows).map { $0.joined(separator: ",") + "\n" }.joined(), to: path)
  }

  /// The designed and the learned first layers as filter banks, with the even and odd part of each pair.
  private func writeBanks(_ runner: StudyRunner) throws(FiltersmithError) {
    let folder = runner.folder
    try study.designedBank?.bank().write(to: folder.banks + "/designed.npz")
    for arm in study.arms {
      guard let layer = try LearnedLayer(arm, folder, channels: images.shape[0]) else { continue }
      let set = KernelSet(layer.kernels)
      let taps = set.support * set.support
      let kernels = Tensor<Complex<Double>>(
        uninitialized: [set.count / 2, set.support, set.support]
      ) { buffer in
        for pair in 0..<set.count / 2 {
          for tap in 0..<taps {
            buffer.initializeElement(
              at: pair * taps + tap,
              to: Complex(set.patterns[2 * pair][tap], set.patterns[2 * pair + 1][tap]))
          }
        }
      }
      try FilterBank(kernels: .complex(kernels)).write(to: "\(folder.banks)/\(arm.name).npz")
    }
  }
}
