import Tensors

/// Every output sums over all inputs: y = W x + b.
///
/// `[features]` → `[units]`. Parameters: `weight` `[units, features]` and `bias` `[units]`.
public struct Dense: Layer {
  /// `dense`.
  public static let kind = "dense"

  /// The number of outputs.
  public var units: Int
  /// Whether a bias is added.
  public var hasBias: Bool
  /// How the weights are first chosen.
  public var initializer: Initializer

  /// A dense layer.
  public init(_ units: Int, bias: Bool = true, initializer: Initializer = .glorotUniform) {
    self.units = units
    self.hasBias = bias
    self.initializer = initializer
  }

  /// `[units]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    let input = try single(inputs)
    guard input.rank == 1 else {
      throw FiltersmithError(
        .shape, "dense takes [features]; its input is \(input): flatten or pool it first")
    }
    guard units > 0 else {
      throw FiltersmithError(.argument, "dense with \(units) units; at least 1 was expected")
    }
    return [units]
  }

  /// `weight` and, if there is one, `bias`.
  public func parameters(for inputs: [Shape]) -> [ParameterDescription] {
    weightAndBias(Shape([units, inputs[0][0]]), bias: hasBias ? units : nil, initializer)
  }

  /// One product per weight.
  public func multiplyAdds(for inputs: [Shape]) -> Int { units * inputs[0][0] }
}

/// A convolution whose kernel differs from place to place.
///
/// `[channels, spatial…]` → `[filters, spatial…]`. Parameters: `weight` `[positions, filters,
/// channels, taps…]` with one kernel per output position, and `bias` `[filters, spatial…]`: Keras'
/// `LocallyConnected2D`, in 1 to 4 dimensions.
public struct LocallyConnected: Layer {
  /// `locallyConnected`.
  public static let kind = "locallyConnected"

  /// The number of output channels.
  public var filters: Int
  /// Taps per spatial axis; one number serves all axes.
  public var kernel: [Int]
  /// The step between outputs, per spatial axis.
  public var stride: [Int]
  /// Whether a bias is added.
  public var hasBias: Bool
  /// How the kernels are first chosen.
  public var initializer: Initializer

  /// A locally connected layer.
  public init(
    _ filters: Int, kernel: [Int], stride: [Int] = [1], bias: Bool = true,
    initializer: Initializer = .heUniform
  ) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.hasBias = bias
    self.initializer = initializer
  }

  private var shared: Conv { Conv(filters, kernel: kernel, stride: stride) }

  /// `[filters, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try shared.outputShape(for: inputs)
  }

  /// `weight` and, if there is one, `bias`.
  public func parameters(for inputs: [Shape]) -> [ParameterDescription] {
    guard let convolution = try? shared.convolution(for: inputs[0], batch: 1) else { return [] }
    let output = convolution.output.removing(axis: 0)
    let positions = output.dropFirst().reduce(1, *)
    var parameters = [
      ParameterDescription(
        "weight", Shape([positions]) + convolution.kernel, initializer, decays: true)
    ]
    if hasBias { parameters.append(ParameterDescription("bias", output, .zeros)) }
    return parameters
  }

  /// Products summed per sample: as many as a convolution sums.
  public func multiplyAdds(for inputs: [Shape]) -> Int { shared.multiplyAdds(for: inputs) }
}
