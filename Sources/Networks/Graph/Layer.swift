import Convolutions
import Tensors

/// A step of a network: what it computes, described by a value without any learnt parameters.
///
/// Shapes here leave out the batch axis: an image with channels is `[channels, y, x]`, a vector of
/// features `[features]`. Every layer works in one to four spatial dimensions where that makes sense.
public protocol Layer: Sendable, Hashable, Codable, NetworkPart {
  /// The layer's name in files and tables, such as `conv` or `maxPooling`.
  static var kind: String { get }

  /// Checks the numbers that describe the layer, whatever its inputs; a graph does so before anything else.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  func checkOptions() throws(FiltersmithError)

  /// The shape of the output.
  ///
  /// - Throws: ``FiltersmithError`` that says what the layer was given and what it needs.
  func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape

  /// What the layer learns or keeps, for inputs that ``outputShape(for:)`` accepts.
  func parameters(for inputs: [Shape]) -> [ParameterDescription]

  /// Multiply-adds per sample.
  func multiplyAdds(for inputs: [Shape]) -> Int

  /// The layer ready to run on batches of a size, for inputs that ``outputShape(for:)`` accepts.
  ///
  /// - Throws: ``FiltersmithError`` when its work cannot be planned.
  func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar>

  /// How many of its first inputs have values that the output depends on; `nil` for all.
  var differentiableInputs: Int? { get }

  /// The layer as an activation that the layer before it may apply in the same pass, if it is one.
  var activation: Activation? { get }
}

extension Layer {
  /// Many layers have no options.
  public func checkOptions() throws(FiltersmithError) {}

  /// Most layers have nothing to learn.
  public func parameters(for inputs: [Shape]) -> [ParameterDescription] { [] }

  /// Most layers cost next to nothing.
  public func multiplyAdds(for inputs: [Shape]) -> Int { 0 }

  /// Most layers depend on all inputs.
  public var differentiableInputs: Int? { nil }

  /// Most layers are more than an activation.
  public var activation: Activation? { nil }

  /// Checks whole numbers that a layer is described by: extents, counts, steps.
  ///
  /// - Throws: ``FiltersmithError`` that names the option, its value and its range, whose upper end is 2³⁰
  ///   unless given, so that no arithmetic with two of them overflows.
  public func check(
    _ values: Int..., named name: String, atLeast least: Int = 1, atMost most: Int = 1 << 30
  ) throws(FiltersmithError) {
    try check(values, named: name, atLeast: least, atMost: most)
  }

  /// Checks a list of whole numbers that a layer is described by.
  ///
  /// - Throws: ``FiltersmithError`` that names the option, its value and its range.
  public func check(
    _ values: [Int], named name: String, atLeast least: Int = 1, atMost most: Int = 1 << 30
  ) throws(FiltersmithError) {
    guard let wrong = values.first(where: { $0 < least || $0 > most }) else { return }
    throw FiltersmithError(
      .argument, "\(Self.kind) has \(name) \(wrong); \(least) to \(most) was expected")
  }

  /// Checks a number that a layer is described by.
  ///
  /// - Throws: ``FiltersmithError`` that names the option, its value and its range.
  public func check(
    _ value: Double, named name: String, in range: ClosedRange<Double>
  ) throws(FiltersmithError) {
    guard range.contains(value) else {
      let expected =
        switch range {
        case .allFinite: "a finite number"
        case .notNegative: "a finite number of at least 0"
        default: "\(range.lowerBound) to \(range.upperBound)"
        }
      throw FiltersmithError(
        .argument, "\(Self.kind) has \(name) \(value); \(expected) was expected")
    }
  }

  /// The only input of a layer that takes one.
  func single(_ inputs: [Shape]) throws(FiltersmithError) -> Shape {
    guard inputs.count == 1 else {
      throw FiltersmithError(
        .shape, "\(Self.kind) takes one input; \(inputs.count) were given")
    }
    return inputs[0]
  }

  /// The only input of a layer that takes `[channels, spatial…]`.
  func singleImage(_ inputs: [Shape]) throws(FiltersmithError) -> Shape {
    let input = try single(inputs)
    guard (2...5).contains(input.rank) else {
      throw FiltersmithError(
        .shape,
        "\(Self.kind) takes [channels, …] with 1 to 4 spatial axes; its input is \(input)")
    }
    return input
  }

  /// One value per spatial axis: repeated when one value is given.
  func perAxis(_ values: [Int], _ rank: Int, _ name: String) throws(FiltersmithError) -> [Int] {
    try values.perAxis(rank, "\(Self.kind) has \(name)")
  }
}

extension ClosedRange<Double> {
  /// Every finite number.
  package static let allFinite = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
  /// Every finite number from 0 on.
  package static let notNegative = 0...Double.greatestFiniteMagnitude
}

extension [Int] {
  /// One value per axis where one was given for all.
  func spread(over rank: Int) -> [Int] {
    count == 1 ? [Int](repeating: self[0], count: rank) : self
  }
}

/// An array that a layer learns or keeps.
public struct ParameterDescription: Sendable, Hashable {
  /// The name within the layer, such as `weight`; in a network it follows the node's name and a dot.
  public let name: String
  /// Its shape.
  public let shape: Shape
  /// How its values are initialised.
  public let initializer: Initializer
  /// Whether optimisers change it; running statistics are kept but not learnt.
  public let isTrainable: Bool
  /// Whether weight decay applies to it: to weights, not to biases and scales.
  public let decays: Bool

  /// A description of one array.
  public init(
    _ name: String, _ shape: Shape, _ initializer: Initializer, isTrainable: Bool = true,
    decays: Bool = false
  ) {
    self.name = name
    self.shape = shape
    self.initializer = initializer
    self.isTrainable = isTrainable
    self.decays = decays
  }
}
