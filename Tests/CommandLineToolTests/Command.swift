import Foundation
import Testing

/// The built command, run as a user runs it, in a folder of its own.
struct Command {
  /// What a run left behind.
  struct Result {
    let status: Int32
    let output: String
    let errors: String

    /// The lines on standard error.
    var errorLines: [Substring] { errors.split(separator: "\n") }
  }

  /// The folder the command runs in, empty at first.
  let folder: URL

  /// A fresh folder below the system's temporary one.
  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("filtersmith-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Runs `body` with a command whose folder is removed afterwards.
  static func inFreshFolder<T>(_ body: (Command) throws -> T) throws -> T {
    let command = try Command()
    defer { try? FileManager.default.removeItem(at: command.folder) }
    return try body(command)
  }

  /// The program lies beside the test bundle in the build products.
  static let program: URL = {
    let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    return products.appendingPathComponent("filtersmith")
  }()

  /// Runs the command with arguments as a shell would split them: words between spaces.
  func run(_ line: String) throws -> Result {
    try run(line.split(separator: " ").map(String.init))
  }

  /// Runs the command and waits for its end.
  func run(_ arguments: [String], output redirection: FileHandle? = nil) throws -> Result {
    try run(Self.program, arguments, output: redirection)
  }

  /// Runs a line of shell script.
  func shell(_ script: String) throws -> Result {
    try run(URL(fileURLWithPath: "/bin/sh"), ["-c", script], output: nil)
  }

  private func run(
    _ program: URL, _ arguments: [String], output redirection: FileHandle?
  ) throws -> Result {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    // Files rather than pipes: nothing blocks however much is printed.
    let streams = FileManager.default.temporaryDirectory
      .appendingPathComponent("filtersmith-streams-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: streams, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: streams) }
    let (output, errors) = (
      streams.appendingPathComponent("output"), streams.appendingPathComponent("errors")
    )
    for stream in [output, errors] {
      try Data().write(to: stream)
    }
    process.standardOutput = try redirection ?? FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    // A signal must not look like an exit code.
    let status =
      process.terminationReason == .exit
      ? process.terminationStatus : -process.terminationStatus
    return Result(
      status: status, output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }

  /// Where a file of the folder lies.
  func url(_ name: String) -> URL { folder.appendingPathComponent(name) }

  /// The names of everything in the folder, hidden files too.
  func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }
}

/// Expects that a run did what it was asked, and shows its messages when not.
func expectSuccess(
  _ result: Command.Result, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(result.status == 0, "\(result.errors)", sourceLocation: sourceLocation)
}

/// Expects the right exit code and one clear sentence: `filtersmith:` and the words given.
func expectRefusal(
  _ result: Command.Result, status: Int32, words: [String],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(result.status == status, "\(result.errors)", sourceLocation: sourceLocation)
  #expect(result.output.isEmpty, sourceLocation: sourceLocation)
  let line = result.errorLines.first ?? ""
  #expect(line.hasPrefix("filtersmith: "), "\(result.errors)", sourceLocation: sourceLocation)
  for word in words {
    #expect(line.contains(word), "\(result.errors)", sourceLocation: sourceLocation)
  }
  let hints = result.errorLines.dropFirst()
  #expect(
    hints.count <= 1 && hints.allSatisfy { $0.hasPrefix("Try 'filtersmith") },
    "more than a sentence and a hint: \(result.errors)", sourceLocation: sourceLocation)
}
