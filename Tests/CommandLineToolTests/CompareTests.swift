import Foundation
import Testing

@Suite struct CompareTests {
  /// A study from a file, run, refused without --resume and gone on with.
  @Test func aStudyFromAFile() throws {
    try Command.inFreshFolder { command in
      let study = """
        {"arms": [
          {"name": "mine", "first": {"kind": "bank", "support": 7, "directions": 3}, "head": "linear"},
          {"name": "pixels", "first": {"kind": "pixels"}, "head": "linear"}],
         "sizes": [16, 40], "seeds": 2}
        """
      let folder = command.folder
      try study.write(
        to: folder.appending(path: "study.json"), atomically: true, encoding: .utf8)
      let line = "compare --study study.json -o report"
      let first = try command.run(line)
      #expect(first.status == 0)
      #expect(first.output.contains("40 images"))
      #expect(first.output.contains("report.html"))

      let refused = try command.run(line)
      #expect(refused.status == 2)
      #expect(refused.errors.contains("--resume"))

      let again = try command.run(line + " --resume --json")
      #expect(again.status == 0)
      let report = try String(
        contentsOf: folder.appending(path: "report/report.json"), encoding: .utf8)
      #expect(again.output == report)
    }
  }

  @Test(arguments: [
    ("--arms nothing", "there is no arm 'nothing'"), ("--sizes 10,x", "'x'"),
    ("--sizes 100,10", "smallest first"), ("--sizes 100000", "asks for 100000"),
    ("--seeds 0", "0 seeds"), ("--data nowhere", "nowhere"),
  ])
  func mistakes(_ options: String, _ message: String) throws {
    try Command.inFreshFolder { command in
      let result = try command.run("compare -o r " + options)
      #expect(result.status != 0)
      #expect(result.errors.contains(message))
      #expect(result.errorLines.count <= 2)
      #expect(
        !FileManager.default.fileExists(atPath: command.folder.appending(path: "r").path))
    }
  }
}
