import ArgumentParser
import Foundation
import Testing

@testable import CommandLineTool

@Suite("Help")
struct HelpTests {
  /// The words that lead to every subcommand.
  static let subcommands: [[String]] = {
    func below(_ command: any ParsableCommand.Type, _ path: [String]) -> [[String]] {
      let configuration = command.configuration
      let children =
        configuration.ungroupedSubcommands + configuration.groupedSubcommands.flatMap(\.subcommands)
      return [path]
        + children.flatMap { below($0, path + [$0.configuration.commandName ?? ""]) }
    }
    return below(RootCommand.self, [])
  }()

  @Test(
    "Every subcommand explains itself with examples that fit a narrow terminal",
    arguments: subcommands)
  func help(path: [String]) throws {
    try Command.inFreshFolder { command in
      let result = try command.run(path + ["--help"])
      expectSuccess(result)
      #expect(result.errors.isEmpty)
      #expect(result.output.contains("EXAMPLES:"))
      let examples = result.output.split(separator: "\n").filter {
        $0.hasPrefix("  filtersmith \(path.joined(separator: " "))")
      }
      #expect(!examples.isEmpty)
      #expect(result.output.contains("--threads") || path.count < 1 || path == ["design"])
    }
  }

  @Test(
    "The examples run as they are printed",
    arguments: subcommands.filter { $0.first == "design" && $0.count == 2 && $0[1] != "custom" })
  func examples(path: [String]) throws {
    try Command.inFreshFolder { command in
      let help = try command.run(path + ["--help"]).output
      let text = help.replacing("\\\n", with: " ")
      let lines = text.split(separator: "\n").filter { $0.hasPrefix("  filtersmith ") }
      #expect(!lines.isEmpty)
      for line in lines {
        let words = line.split(separator: " ").dropFirst().map(String.init)
        expectSuccess(try command.run(words))
      }
    }
  }

  @Test("The version, and what to type after a mistake")
  func mistakes() throws {
    try Command.inFreshFolder { command in
      let version = try command.run("--version")
      #expect(version.status == 0)
      #expect(version.output == "\(RootCommand.configuration.version)\n")
      #expect(try command.run("convolve --version").output == version.output)

      let unknown = try command.run("design sobel --pictures a.png -o b.npz")
      expectRefusal(unknown, status: 2, words: ["unknown option '--pictures'", "'--picture'"])
      #expect(unknown.errorLines.last == "Try 'filtersmith design sobel --help'.")
      let misspelt = try command.run("desing sobel -o b.npz")
      expectRefusal(
        misspelt, status: 2, words: ["no subcommand 'desing'", "did you mean 'design'"])
      #expect(misspelt.errorLines.last == "Try 'filtersmith --help'.")
      let family = try command.run("design sobbel -o b.npz")
      expectRefusal(family, status: 2, words: ["no subcommand 'sobbel'", "did you mean 'sobel'"])
      #expect(family.errorLines.last == "Try 'filtersmith design --help'.")
      expectRefusal(try command.run("design sobel"), status: 2, words: ["--output"])
      let bare = try command.run([])
      #expect(bare.status == 0)
      #expect(bare.output.contains("SUBCOMMANDS:"))
    }
  }
}
