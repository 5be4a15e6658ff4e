import Numerics
import Tensors

/// A layer that applies one function to every number.
public protocol ElementwiseLayer: Layer {}

extension ElementwiseLayer {
  /// The input's shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try single(inputs)
  }
}

/// max(x, 0).
public struct ReLU: FunctionLayer {
  /// `relu`.
  public static let kind = "relu"
  /// A rectifier.
  public init() {}
  /// The layer's function.
  public var function: ElementwiseFunction { .rectifier(slope: 0) }
}

/// x where x ≥ 0, slope · x elsewhere.
public struct LeakyReLU: FunctionLayer {
  /// `leakyReLU`.
  public static let kind = "leakyReLU"
  /// The slope of the negative side.
  public var slope: Double
  /// A leaky rectifier.
  public init(slope: Double = 0.01) { self.slope = slope }
  /// The layer's function.
  public var function: ElementwiseFunction { .rectifier(slope: slope) }
}

/// x where x ≥ 0, α (eˣ − 1) elsewhere (Clevert and others 2016).
public struct ELU: FunctionLayer {
  /// `elu`.
  public static let kind = "elu"
  /// α: minus the value at −∞.
  public var alpha: Double
  /// An exponential linear unit.
  public init(alpha: Double = 1) { self.alpha = alpha }
  /// The layer's function.
  public var function: ElementwiseFunction { .exponentialLinear(alpha: alpha) }
}

/// x Φ(x) with the normal distribution function Φ (Hendrycks and Gimpel 2016).
public struct GELU: FunctionLayer {
  /// `gelu`.
  public static let kind = "gelu"
  /// Whether Φ is approximated by a hyperbolic tangent.
  public var isApproximate: Bool
  /// A Gaussian error linear unit.
  public init(approximate: Bool = false) { isApproximate = approximate }
  /// The layer's function.
  public var function: ElementwiseFunction {
    isApproximate ? .approximateGaussianLinear : .gaussianLinear
  }
}

/// x / (1 + e⁻ˣ), also called swish.
public struct SiLU: FunctionLayer {
  /// `silu`.
  public static let kind = "silu"
  /// A sigmoid linear unit.
  public init() {}
  /// The layer's function.
  public var function: ElementwiseFunction { .sigmoidLinear }
}

/// 1 / (1 + e⁻ˣ).
public struct Sigmoid: FunctionLayer {
  /// `sigmoid`.
  public static let kind = "sigmoid"
  /// A logistic function.
  public init() {}
  /// The layer's function.
  public var function: ElementwiseFunction { .sigmoid }
}

/// The hyperbolic tangent.
public struct Tanh: FunctionLayer {
  /// `tanh`.
  public static let kind = "tanh"
  /// A hyperbolic tangent.
  public init() {}
  /// The layer's function.
  public var function: ElementwiseFunction { .tanh }
}

/// Drops numbers by chance when training, and scales the rest so that the mean stays.
public struct Dropout: ElementwiseLayer {
  /// `dropout`.
  public static let kind = "dropout"
  /// The part that is dropped, from 0 to below 1.
  public var rate: Double
  /// A layer that drops single numbers.
  public init(_ rate: Double) { self.rate = rate }

  /// The input's shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkRate(rate)
    return try single(inputs)
  }
}

/// Drops whole channels by chance when training, and scales the rest so that the mean stays.
public struct SpatialDropout: Layer {
  /// `spatialDropout`.
  public static let kind = "spatialDropout"
  /// The part of the channels that is dropped, from 0 to below 1.
  public var rate: Double
  /// A layer that drops channels.
  public init(_ rate: Double) { self.rate = rate }

  /// The input's shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkRate(rate)
    return try singleImage(inputs)
  }
}

extension Layer {
  fileprivate func checkRate(_ rate: Double) throws(FiltersmithError) {
    guard rate >= 0, rate < 1 else {
      throw FiltersmithError(
        .argument, "\(Self.kind) has rate \(rate); from 0 to below 1 was expected")
    }
  }
}

/// e^x / Σ e^x over the channels, at every position.
///
/// `[channels, spatial…]` or `[features]`; the shape stays.
public struct Softmax: Layer {
  /// `softmax`.
  public static let kind = "softmax"
  /// Probabilities from logits.
  public init() {}

  /// The input's shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try single(inputs)
  }
}
