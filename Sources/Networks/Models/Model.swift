import Tensors

/// The networks of the literature, by name.
public struct Model: Sendable {
  /// The name on the command line.
  public let name: String
  /// What it is, and its source.
  public let about: String
  /// The input it was made for, `[channels, spatial…]`.
  public let input: Shape
  /// The number of classes it was made for.
  public let classes: Int
  private let build: @Sendable (Shape, Int) throws(FiltersmithError) -> Network

  init(
    _ name: String, _ about: String, input: Shape, classes: Int,
    _ build: @escaping @Sendable (Shape, Int) throws(FiltersmithError) -> Network
  ) {
    self.name = name
    self.about = about
    self.input = input
    self.classes = classes
    self.build = build
  }

  /// The network for an input and a number of classes; those of the literature unless given.
  ///
  /// - Throws: ``FiltersmithError`` that names the layer for which the input is too small.
  public func network(
    input: Shape? = nil, classes: Int? = nil
  ) throws(FiltersmithError) -> Network {
    let classes = classes ?? self.classes
    guard classes > 0 else {
      throw FiltersmithError(.argument, "\(classes) classes; at least 1 was expected")
    }
    return try build(input ?? self.input, classes)
  }

  /// The model with the given name.
  ///
  /// - Throws: ``FiltersmithError`` that lists all names when there is no such model.
  public static func named(_ name: String) throws(FiltersmithError) -> Model {
    guard let model = all.first(where: { $0.name == name }) else {
      let names = all.map(\.name).joined(separator: ", ")
      throw FiltersmithError(.argument, "there is no model '\(name)'; choose one of \(names)")
    }
    return model
  }

  /// All models.
  public static let all: [Model] =
    classic + vgg + [googLeNet, googLeNetWithHeads] + residual + dense + segmentation + tasks
}
