import Tensors

/// A layer that maps every value separately.
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

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(slope, named: "slope", in: .allFinite)
  }

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

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(alpha, named: "alpha", in: .allFinite)
  }

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
  public init(isApproximate: Bool = false) { self.isApproximate = isApproximate }
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

/// ln (1 + eˣ): a rectifier without a corner.
public struct Softplus: FunctionLayer {
  /// `softplus`.
  public static let kind = "softplus"
  /// A softplus.
  public init() {}
  /// The layer's function.
  public var function: ElementwiseFunction { .softplus }
}
