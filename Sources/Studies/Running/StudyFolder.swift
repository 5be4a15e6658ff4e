import DataFiles
import Foundation
import Networks
import Tensors

/// Where the files of a study and its report are.
public struct StudyFolder: Sendable, Hashable {
  /// The folder.
  public let path: String

  /// The files in a folder.
  public init(_ path: String) { self.path = path }

  /// The report to read.
  public var page: String { path + "/report.html" }
  /// The report's numbers.
  public var report: String { path + "/report.json" }
  /// The study itself and its data.
  public var study: String { path + "/study.json" }
  /// One row per run.
  public var runs: String { path + "/runs.csv" }
  /// One row per arm and size.
  public var summary: String { path + "/accuracy.csv" }
  /// One row per pair of arms and size.
  public var tests: String { path + "/tests.csv" }
  /// One row per run and epoch.
  public var curves: String { path + "/training.csv" }
  /// The figures, as PNG and SVG.
  public var figures: String { path + "/figures" }
  /// The designed and the learned first layers, as filter banks.
  public var banks: String { path + "/banks" }

  /// An arm's model, trained on the most images with the first seed.
  public func model(_ arm: String) -> ModelFolder { ModelFolder(path + "/models/" + arm) }

  /// The result of a run.
  func record(_ name: String) -> String { path + "/runs/\(name).json" }
  /// The checkpoint of a run.
  func checkpoint(_ name: String) -> String { path + "/runs/\(name).safetensors" }

  /// Which study a folder holds.
  struct Contents: Codable, Hashable {
    let data: String
    let fingerprint: String
    let study: Study
  }

  /// Creates the folder for a study, or checks that it holds the same one.
  ///
  /// - Throws: ``FiltersmithError`` when it holds another study, or one and `resumes` is not set.
  func begin(
    _ study: Study, _ data: StudyData, resumes: Bool
  ) throws(FiltersmithError) {
    let contents = Contents(
      data: data.name, fingerprint: String(data.fingerprint, radix: 16), study: study)
    if FileManager.default.fileExists(atPath: self.study) {
      guard resumes else {
        throw FiltersmithError(
          .argument,
          "\(path) holds a study already: give --resume to continue it, or another folder")
      }
      let old = try JSONFile.value(
        Contents.self, contentsOf: self.study, expected: "a study's file")
      guard old == contents else {
        throw FiltersmithError(
          .argument,
          "\(path) holds another study or one of other data; --resume continues the same")
      }
      return
    }
    for folder in [path, path + "/runs", path + "/models", figures, banks] {
      do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      } catch {
        throw FiltersmithError(.file, "the folder \(folder) cannot be created")
      }
    }
    try JSONFile.write(contents, to: self.study)
  }

  /// The record of a finished run; `nil` when it is not finished.
  ///
  /// - Throws: ``FiltersmithError`` when the file is damaged.
  func finished(_ name: String) throws(FiltersmithError) -> RunRecord? {
    guard FileManager.default.fileExists(atPath: record(name)) else { return nil }
    return try JSONFile.value(RunRecord.self, contentsOf: record(name), expected: "a study's file")
  }

  /// Writes the result of a run and removes its checkpoint.
  func finish(_ run: RunRecord, _ name: String) throws(FiltersmithError) {
    try JSONFile.write(run, to: record(name))
    try? FileManager.default.removeItem(atPath: checkpoint(name))
  }
}
