import Convolutions
import Tensors

/// All values that a network has learnt or keeps, by name, such as `conv1.weight`.
///
/// The values lie in one array, so that optimisers and checkpoints treat them as one.
public struct Weights<Scalar: ConvolutionScalar>: Sendable, Equatable {
  /// The position of a parameter's values.
  public struct Slot: Sendable, Hashable {
    /// The node's name, a dot, and the parameter's name.
    public let name: String
    /// The parameter's shape.
    public let shape: Shape
    /// The position of its first value in ``Weights/values``.
    public let offset: Int

    /// The positions of its values in ``Weights/values``.
    public var range: Range<Int> { offset..<offset + shape.elementCount }
  }

  /// The parameters, in the order of the network's nodes.
  public let slots: [Slot]
  /// All values; between parameters there may be unused zeros.
  public internal(set) var values: [Scalar]
  private let places: [String: Int]

  /// Where the parameters of a network lie, and how many numbers they take.
  static func layout(of network: Network) -> (slots: [Slot], count: Int) {
    var slots: [Slot] = []
    var offset = 0
    for parameter in network.parameters {
      slots.append(
        Slot(name: parameter.name, shape: parameter.description.shape, offset: offset))
      // Parameters start at multiples of a cache line.
      offset += (parameter.description.shape.elementCount + 15) / 16 * 16
    }
    return (slots, offset)
  }

  /// Zeros for all parameters of a network.
  ///
  /// - Throws: ``FiltersmithError`` of kind `limit` when they are more than the machine's memory holds.
  public init(zerosFor network: Network) throws(FiltersmithError) {
    let (slots, count) = Self.layout(of: network)
    try MemoryLimit.check(count, of: Scalar.self, for: "a network of \(count) parameters")
    self.slots = slots
    values = [Scalar](repeating: 0, count: count)
    places = Dictionary(
      slots.indices.map { (slots[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The initial values of a network, fully determined by the seed.
  ///
  /// - Throws: ``FiltersmithError`` of kind `limit` when they are more than the machine's memory holds.
  public init(initialFor network: Network, seed: UInt64) throws(FiltersmithError) {
    try self.init(zerosFor: network)
    let source = RandomSource(seed: seed)
    for (index, parameter) in network.parameters.enumerated() {
      var own = source.split(index)
      let tensor: Tensor<Scalar> = parameter.description.initializer.tensor(
        shape: parameter.description.shape, using: &own)
      assign(tensor, to: slots[index])
    }
  }

  /// The names of all parameters, in the order of the network's nodes.
  public var names: [String] { slots.map(\.name) }

  /// One parameter.
  ///
  /// - Throws: ``FiltersmithError`` when there is none of that name.
  public func tensor(_ name: String) throws(FiltersmithError) -> Tensor<Scalar> {
    let slot = try slot(name)
    return try Tensor(shape: slot.shape, elements: Array(values[slot.range]))
  }

  /// Changes one parameter.
  ///
  /// - Throws: ``FiltersmithError`` when there is none of that name, or it has another shape.
  public mutating func set(_ name: String, to tensor: Tensor<Scalar>) throws(FiltersmithError) {
    let slot = try slot(name)
    guard tensor.shape == slot.shape else {
      throw FiltersmithError(
        .shape, "parameter '\(name)' has shape \(slot.shape); \(tensor.shape) was given")
    }
    assign(tensor, to: slot)
  }

  /// Copies the values of all parameters that both have under the same name and shape.
  ///
  /// - Returns: The names of the parameters that were left unchanged.
  @discardableResult
  public mutating func adopt(_ other: Weights) -> [String] {
    var left: [String] = []
    for slot in slots {
      guard let place = other.places[slot.name], other.slots[place].shape == slot.shape else {
        left.append(slot.name)
        continue
      }
      values.replaceSubrange(slot.range, with: other.values[other.slots[place].range])
    }
    return left
  }

  /// The same values in another precision.
  public func converted<Other: ConvolutionScalar>(to precision: Other.Type) -> Weights<Other> {
    Weights<Other>(slots: slots, places: places, values: values.map { Other($0) })
  }

  /// Moves every value towards those of other weights of the same network, w ← k w + (1 − k) w′.
  mutating func approach(_ others: Weights, keeping part: Double) {
    let share = Scalar(1 - part)
    values.withUnsafeMutableBufferPointer { values in
      others.values.withUnsafeBufferPointer { others in
        let (own, other) = (SharedPointer(values), SharedPointer(reading: others))
        forEachPart(values.count) { places in
          for place in places { own[place] += share * (other[place] - own[place]) }
        }
      }
    }
  }

  fileprivate init<Source>(
    slots: [Weights<Source>.Slot], places: [String: Int], values: [Scalar]
  ) {
    self.slots = slots.map { Slot(name: $0.name, shape: $0.shape, offset: $0.offset) }
    self.places = places
    self.values = values
  }

  private func slot(_ name: String) throws(FiltersmithError) -> Slot {
    guard let place = places[name] else {
      throw FiltersmithError(
        .argument, "there is no parameter '\(name)'; there are \(names.joined(separator: ", "))")
    }
    return slots[place]
  }

  private mutating func assign(_ tensor: Tensor<Scalar>, to slot: Slot) {
    values.replaceSubrange(slot.range, with: tensor.elements)
  }

  /// Checks that these are weights of a network, or its gradients or moments: `name`, for messages.
  ///
  /// - Throws: ``FiltersmithError`` that names the first parameter which does not fit.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func check(
    fit network: Network, _ name: @autoclosure () -> String = "the weights"
  ) throws(FiltersmithError) {
    let parameters = network.parameters
    guard parameters.count == slots.count else {
      throw FiltersmithError(
        .shape, "\(name()) have \(slots.count) parameters; the network has \(parameters.count)")
    }
    for index in slots.indices {
      let (slot, parameter) = (slots[index], parameters[index])
      guard slot.name == parameter.name, slot.shape == parameter.description.shape else {
        throw FiltersmithError(
          .shape,
          "the network's parameter \(parameter.name) \(parameter.description.shape) meets "
            + "\(slot.name) \(slot.shape) in \(name())")
      }
    }
  }
}
