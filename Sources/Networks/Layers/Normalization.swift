import Tensors

/// Every channel brought to mean 0 and variance 1 over the batch, then scaled and shifted
/// (Ioffe and Szegedy 2015).
///
/// The shape stays. Parameters: `scale` and `shift` `[channels]`, which are learnt, and `mean` and
/// `variance` `[channels]`, running statistics that inference uses.
public struct BatchNormalization: Layer {
  /// `batchNormalization`.
  public static let kind = "batchNormalization"

  /// How much of a running statistic a batch replaces (PyTorch's momentum; 1 − Keras').
  public var momentum: Double
  /// Added to the variance.
  public var epsilon: Double

  /// Batch normalisation.
  public init(momentum: Double = 0.1, epsilon: Double = 1e-5) {
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// The input's shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try single(inputs)
  }

  /// `scale`, `shift`, `mean`, `variance`.
  public func parameters(for inputs: [Shape]) -> [ParameterDescription] {
    let channels: Shape = [inputs[0][0]]
    return [
      ParameterDescription("scale", channels, .ones),
      ParameterDescription("shift", channels, .zeros),
      ParameterDescription("mean", channels, .zeros, isTrainable: false),
      ParameterDescription("variance", channels, .ones, isTrainable: false),
    ]
  }
}

/// Every sample brought to mean 0 and variance 1 over all its numbers, then scaled and shifted
/// (Ba and others 2016).
///
/// The shape stays. Parameters: `scale` and `shift` of the sample's shape.
public struct LayerNormalization: Layer {
  /// `layerNormalization`.
  public static let kind = "layerNormalization"

  /// Added to the variance.
  public var epsilon: Double

  /// Layer normalisation.
  public init(epsilon: Double = 1e-5) { self.epsilon = epsilon }

  /// The input's shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try single(inputs)
  }

  /// `scale` and `shift`.
  public func parameters(for inputs: [Shape]) -> [ParameterDescription] {
    [
      ParameterDescription("scale", inputs[0], .ones),
      ParameterDescription("shift", inputs[0], .zeros),
    ]
  }
}

/// Groups of channels brought to mean 0 and variance 1 in every sample, then scaled and shifted per
/// channel (Wu and He 2018).
///
/// The shape stays. Parameters: `scale` and `shift` `[channels]`.
public struct GroupNormalization: Layer {
  /// `groupNormalization`.
  public static let kind = "groupNormalization"

  /// Into how many groups the channels are split.
  public var groups: Int
  /// Added to the variance.
  public var epsilon: Double

  /// Group normalisation.
  public init(groups: Int, epsilon: Double = 1e-5) {
    self.groups = groups
    self.epsilon = epsilon
  }

  /// The input's shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    let input = try single(inputs)
    guard groups > 0, input[0] % groups == 0 else {
      throw FiltersmithError(
        .argument, "\(groups) groups do not divide the \(input[0]) channels of \(input)")
    }
    return input
  }

  /// `scale` and `shift`.
  public func parameters(for inputs: [Shape]) -> [ParameterDescription] {
    [
      ParameterDescription("scale", [inputs[0][0]], .ones),
      ParameterDescription("shift", [inputs[0][0]], .zeros),
    ]
  }
}

/// x / (k + α/n Σ x²)^β over n neighbouring channels (Krizhevsky and others 2012).
///
/// The shape stays.
public struct LocalResponseNormalization: Layer {
  /// `localResponseNormalization`.
  public static let kind = "localResponseNormalization"

  /// n: how many neighbouring channels are summed.
  public var size: Int
  /// α.
  public var alpha: Double
  /// β.
  public var beta: Double
  /// k.
  public var bias: Double

  /// Local response normalisation across channels.
  public init(size: Int = 5, alpha: Double = 1e-4, beta: Double = 0.75, bias: Double = 1) {
    self.size = size
    self.alpha = alpha
    self.beta = beta
    self.bias = bias
  }

  /// The input's shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    guard size > 0 else {
      throw FiltersmithError(.argument, "\(Self.kind) over \(size) channels; at least 1 is needed")
    }
    return try singleImage(inputs)
  }
}
