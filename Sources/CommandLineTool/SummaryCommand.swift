import ArgumentParser
import Filtersmith
import Foundation

/// `filtersmith summary`: a network's layers.
struct SummaryCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Prints a network's layers, shapes, parameters and multiply-adds.",
    discussion: """
      The table is Keras': shapes with the batch first and the channels last. MODEL is a name that \
      'filtersmith models' lists, or a network's architecture as a .json file.

      EXAMPLES:
        filtersmith summary vgg16
        filtersmith summary unet --input 256,256,3 --classes 4
        filtersmith summary resnet50 --json
        filtersmith summary network.json --batch 32
      """)

  @Argument(
    help: ArgumentHelp("The name of a model, or a .json file.", valueName: "MODEL|network.json"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "The input's size, channels last as in Keras (default: the size it was published for).",
      valueName: "y,x,channels"))
  var input: IntegerList?

  @Option(
    help: ArgumentHelp("The number of outputs (default: as published).", valueName: "n"))
  var classes: Int?

  @Option(help: ArgumentHelp("Samples in a batch; determines the memory.", valueName: "n"))
  var batch = 1

  @Flag(help: "Print trainableParameters, totalParameters, multiplyAdds and layers as JSON.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    guard batch >= 1 else {
      throw FiltersmithError(.argument, "--batch is \(batch); at least 1 is needed")
    }
    let summary = try network().summary
    if json {
      try StandardOutput.write(try summary.json() + "\n")
    } else {
      let mebibytes = Double(summary.memory(batch: batch)) / 1_048_576
      let samples = batch == 1 ? "1 sample" : "\(batch) samples"
      let memory = "Memory: \(String(format: "%.1f", mebibytes)) MiB for \(samples)"
      try StandardOutput.write("\(summary)\n\(memory)\n")
    }
  }

  private func network() throws(FiltersmithError) -> Network {
    guard model.hasSuffix(".json") else {
      return try Model.named(model).network(input: try inputShape(), classes: classes)
    }
    for (option, isGiven) in [("--input", input != nil), ("--classes", classes != nil)]
    where isGiven {
      throw FiltersmithError(
        .argument, "\(option) is for named models; \(model) holds its own sizes")
    }
    return try Network(contentsOf: model)
  }

  /// The input's shape with its channels moved to the front.
  private func inputShape() throws(FiltersmithError) -> Shape? {
    guard let extents = input?.values else { return nil }
    guard (2...5).contains(extents.count), extents.allSatisfy({ $0 > 0 }) else {
      throw FiltersmithError(
        .argument,
        "--input \(extents.map(String.init).joined(separator: ",")) is not a size; "
          + "y,x,channels was expected")
    }
    return Shape(extents.suffix(1) + extents.dropLast())
  }
}

/// `filtersmith models`: the networks that are known by name.
struct ModelsCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "Lists the networks that are known by name.",
    discussion: """
      EXAMPLES:
        filtersmith models
        filtersmith models --json
      """)

  @Flag(help: "Print name, about, input and classes as JSON.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  private struct Entry: Encodable {
    let name: String
    let about: String
    let input: [Int]
    let classes: Int
  }

  func execute() throws(FiltersmithError) {
    if json {
      let entries = Model.all.map {
        Entry(
          name: $0.name, about: $0.about,
          input: Array($0.input.dimensions.dropFirst() + $0.input.dimensions.prefix(1)),
          classes: $0.classes)
      }
      try StandardOutput.write(try JSONText.of(entries))
    } else {
      let width = Model.all.map(\.name.count).max() ?? 0
      let lines = Model.all.map { model in
        model.name + String(repeating: " ", count: width + 2 - model.name.count) + model.about
      }
      try StandardOutput.write(lines.joined(separator: "\n") + "\n")
    }
  }
}
