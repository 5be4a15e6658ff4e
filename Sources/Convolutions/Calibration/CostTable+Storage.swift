import Foundation
import SIMDLoops
import Tensors

extension CostTable {
  /// The table in use: this machine's own where it was calibrated, else ``builtIn``.
  public static var current: CostTable { trial ?? shared }

  /// A table that is used for the duration of a call, on the thread that makes it.
  @TaskLocal static var trial: CostTable?

  private static let shared = (try? stored()) ?? builtIn

  /// Where the command `calibrate` stores this machine's table:
  /// `filtersmith/costs.json` in `XDG_CACHE_HOME`, or in `~/.cache`.
  public static var file: URL { URL(fileURLWithPath: CacheFolder.path + "/costs.json") }

  /// This machine's processor, as the system names it, and the vectors in use.
  ///
  /// A table fitted with other vectors, or on another machine that shares the home folder, is of no
  /// use.
  public static var thisProcessor: String {
    let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = information.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) }
    return "\(name ?? "unknown processor"), vectors of \(simd_float_lanes())"
  }

  /// The table in ``file``.
  ///
  /// - Throws: ``FiltersmithError`` when there is none, it was fitted on another processor, or it
  ///   holds anything but positive numbers.
  public static func stored() throws(FiltersmithError) -> CostTable {
    let path = file.path
    guard let data = FileManager.default.contents(atPath: path) else {
      throw FiltersmithError(.file, "\(path) cannot be read; 'filtersmith calibrate' makes it")
    }
    guard let table = try? JSONDecoder().decode(CostTable.self, from: data) else {
      throw FiltersmithError(.format, "\(path) is not a table of costs of this version")
    }
    guard table.processor == thisProcessor else {
      throw FiltersmithError(
        .format, "\(path) was fitted on '\(table.processor)'; this is '\(thisProcessor)'")
    }
    guard table.coefficients.values.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw FiltersmithError(.format, "\(path) holds costs that are not positive")
    }
    return table
  }

  /// Writes the table to ``file``, from which later processes take it.
  ///
  /// - Throws: ``FiltersmithError`` when the file cannot be written.
  public func store() throws(FiltersmithError) {
    let file = Self.file
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    do {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try encoder.encode(self).write(to: file, options: .atomic)
    } catch {
      throw FiltersmithError(
        .file, "cannot write \(file.path): \(error.localizedDescription)")
    }
  }

  /// All costs by name: every number in the table is one.
  public var coefficients: [String: Double] {
    var found: [String: Double] = [:]
    for child in Mirror(reflecting: self).children {
      if let name = child.label, let value = child.value as? Double { found[name] = value }
    }
    return found
  }

  /// The table with some costs replaced.
  func replacing(_ coefficients: [String: Double]) -> CostTable {
    // By name through its encoded form: whoever adds a cost to the table need not add it here.
    guard let data = try? JSONEncoder().encode(self),
      var fields = try? JSONDecoder().decode([String: Field].self, from: data)
    else { return self }
    for (name, value) in coefficients where fields[name] != nil { fields[name] = .number(value) }
    guard let changed = try? JSONEncoder().encode(fields),
      let table = try? JSONDecoder().decode(CostTable.self, from: changed)
    else { return self }
    return table
  }

  /// A cost, or the processor's name.
  private enum Field: Codable {
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .number(let number): try container.encode(number)
      case .text(let text): try container.encode(text)
      }
    }
  }
}
