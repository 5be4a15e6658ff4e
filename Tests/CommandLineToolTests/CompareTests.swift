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

  /// Killed three times at random moments and gone on with: the same report to the byte as in one go.
  @Test func aKilledStudyGoesOn() throws {
    try Command.inFreshFolder { command in
      let study = """
        {"arms": [
          {"name": "bank", "first": {"kind": "bank", "support": 7, "directions": 3}, "head": "network"},
          {"name": "mine", "first": {"kind": "bank", "support": 7, "directions": 3}, "head": "linear"},
          {"name": "learned", "first": {"kind": "learned", "support": 7, "pairs": 4},
           "head": "network"}],
         "sizes": [24, 60], "seeds": 2,
         "budget": {"samplesSeen": 600, "leastEpochs": 4, "mostEpochs": 10, "batch": 12}}
        """
      try study.write(
        to: command.url("study.json"), atomically: true, encoding: .utf8)
      let start = ContinuousClock.now
      expectSuccess(try command.run("compare --study study.json -o whole"))
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      var killed = 0
      for _ in 0..<3 {
        let moment = Double.random(in: 0.1...0.7) * seconds
        let result = try command.shell(
          """
          "\(Command.program.path)" compare --study study.json -o killed --resume &
          sleep \(moment); kill -9 $! && wait $!
          """)
        if result.status == 137 { killed += 1 }
      }
      #expect(killed > 0)
      expectSuccess(try command.run("compare --study study.json -o killed --resume"))
      #expect(
        try Data(contentsOf: command.url("killed/report.json"))
          == Data(contentsOf: command.url("whole/report.json")))
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
