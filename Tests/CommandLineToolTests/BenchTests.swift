import Foundation
import Testing

/// What `filtersmith bench` prints; how fast it is, is no test's business.
@Suite struct BenchTests {
  @Test func listsTheDocumentedNames() throws {
    let result = try Command.inFreshFolder { try $0.run("bench --list --json") }
    expectSuccess(result)
    let names = try JSONDecoder().decode([String].self, from: Data(result.output.utf8))
    #expect(Set(names).count == names.count)
    for name in [
      "filter-3", "filter-63", "filter512-3", "bank-9", "bank-15-magnitude", "volume-9",
      "spacetime-7", "gaussian-10", "sobel", "layer-8x64x56x56-64-3x3-forward",
      "layer-1x3x224x224-64-7x7-stride2-input-gradient",
      "layer-8x128x56x56-128-3x3-depthwise-kernel-gradient",
    ] {
      #expect(names.contains(name))
    }
  }

  @Test func timesAWorkload() throws {
    struct Row: Decodable {
      let workload: String
      let milliseconds: Double
      let gigaflops: Double
      let algorithm: String
      let threads: Int
    }
    let result = try Command.inFreshFolder {
      try $0.run("bench --workload filter512-3 --rounds 1 --threads 1 --json")
    }
    expectSuccess(result)
    let rows = try JSONDecoder().decode([Row].self, from: Data(result.output.utf8))
    #expect(rows.count == 1)
    let row = try #require(rows.first)
    #expect(row.workload == "filter512-3")
    #expect(row.threads == 1)
    #expect(row.milliseconds > 0)
    // 512² outputs of 9 taps, two operations each.
    let operations = Double(2 * 9 * 512 * 512)
    #expect(abs(row.gigaflops * row.milliseconds * 1e6 - operations) <= 1e-6 * operations)
  }

  @Test(arguments: [
    ("bench --workload filter-4", "there is no workload 'filter-4'"),
    ("bench --rounds 0", "--rounds is 0"),
    ("bench --algorithm magic", "there is no algorithm 'magic'"),
  ])
  func refusesWhatItDoesNotKnow(line: String, words: String) throws {
    let result = try Command.inFreshFolder { try $0.run(line) }
    expectRefusal(result, status: 2, words: [words])
  }
}
