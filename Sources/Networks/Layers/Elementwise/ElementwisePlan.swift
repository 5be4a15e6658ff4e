import Convolutions
import Numerics
import SIMDLoops
import Tensors

/// A function of one number.
public enum ElementwiseFunction: Sendable, Hashable {
  /// x where x ≥ 0, slope · x elsewhere.
  case rectifier(slope: Double)
  /// x where x ≥ 0, α (eˣ − 1) elsewhere.
  case exponentialLinear(alpha: Double)
  /// x Φ(x).
  case gaussianLinear
  /// x Φ(x) with Φ by a hyperbolic tangent.
  case approximateGaussianLinear
  /// x / (1 + e⁻ˣ).
  case sigmoidLinear
  /// 1 / (1 + e⁻ˣ).
  case sigmoid
  /// tanh x.
  case tanh
  /// ln (1 + eˣ).
  case softplus

  /// Whether the derivative is computed from the function's value rather than its argument.
  var derivativeReadsValue: Bool {
    switch self {
    case .rectifier(let slope): slope >= 0
    case .sigmoid, .tanh, .softplus: true
    default: false
    }
  }

  /// The function as the loops in single precision know it, and its parameter.
  fileprivate var loopArguments: (ElementFunction, Float) {
    switch self {
    case .rectifier(slope: 0): (ELEMENT_RELU, 0)
    case .rectifier(let slope): (ELEMENT_LEAKY_RELU, Float(slope))
    case .exponentialLinear(let alpha): (ELEMENT_ELU, Float(alpha))
    case .gaussianLinear: (ELEMENT_GELU, 0)
    case .approximateGaussianLinear: (ELEMENT_GELU_BY_TANH, 0)
    case .sigmoidLinear: (ELEMENT_SILU, 0)
    case .sigmoid: (ELEMENT_SIGMOID, 0)
    case .tanh: (ELEMENT_TANH, 0)
    case .softplus: (ELEMENT_SOFTPLUS, 0)
    }
  }
}

/// A layer that applies one function to every value.
public protocol FunctionLayer: ElementwiseLayer {
  /// The function.
  var function: ElementwiseFunction { get }
}

extension FunctionLayer {
  /// The function ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    ElementwisePlan<Scalar>(count: context.outputCount, function: function)
  }

  /// A rectifier, to be fused with the layer before.
  public var activation: Activation? {
    guard case .rectifier(let slope) = function, slope >= 0 else { return nil }
    return slope == 0 ? .relu : .leakyReLU(slope: slope)
  }
}

/// One function applied to every number: in single precision by the processor's longest vectors, in double
/// precision by plain loops.
struct ElementwisePlan<Scalar: ConvolutionScalar>: LayerPlan {
  let count: Int
  let function: ElementwiseFunction

  var backwardReads: BackwardReads { function.derivativeReadsValue ? .output : .inputs }
  var canRunInPlace: Bool { function.derivativeReadsValue }
  var canPassGradientInPlace: Bool { true }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    if Scalar.self == Float.self {
      let (input, output) = (pass.inputs[0], pass.output)
      let (function, parameter) = function.loopArguments
      return forEachPart(count) { part in
        let start = part.lowerBound
        element_values(
          function, parameter, floats(input.pointer + start), floats(output.pointer + start),
          part.count)
      }
    }
    switch function {
    case .rectifier(let slope):
      let slope = Scalar(slope)
      apply(pass) { x in x >= 0 ? x : slope * x }
    case .exponentialLinear(let alpha):
      let alpha = Scalar(alpha)
      apply(pass) { x in x >= 0 ? x : alpha * Scalar.expMinusOne(x) }
    case .gaussianLinear: apply(pass) { x in x / 2 * Scalar.erfc(-x * Scalar(0.5).squareRoot()) }
    case .approximateGaussianLinear:
      apply(pass) { x in x / 2 * (1 + Self.approximateTangent(x)) }
    case .sigmoidLinear: apply(pass) { x in x / (1 + Scalar.exp(-x)) }
    case .sigmoid: apply(pass) { x in 1 / (1 + Scalar.exp(-x)) }
    case .tanh: apply(pass) { x in Scalar.tanh(x) }
    case .softplus:
      apply(pass) { x in max(x, 0) + Scalar.log(onePlus: Scalar.exp(-abs(x))) }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    guard let target = pass.inputGradients[0] else { return }
    let values = function.derivativeReadsValue ? pass.output : pass.inputs[0]
    if Scalar.self == Float.self {
      let gradient = pass.outputGradient
      let (function, parameter) = function.loopArguments
      return forEachPart(count) { part in
        let start = part.lowerBound
        element_gradients(
          function, parameter, floats(values.pointer + start), floats(gradient.pointer + start),
          floats(target.pointer + start), part.count)
      }
    }
    switch function {
    case .rectifier(let slope):
      let slope = Scalar(slope)
      differentiate(pass, values, target) { y in y > 0 ? 1 : slope }
    case .exponentialLinear(let alpha):
      let alpha = Scalar(alpha)
      differentiate(pass, values, target) { x in x >= 0 ? 1 : alpha * Scalar.exp(x) }
    case .gaussianLinear:
      let height = Scalar(1 / (2 * Double.pi).squareRoot())
      differentiate(pass, values, target) { x in
        Scalar.erfc(-x * Scalar(0.5).squareRoot()) / 2 + x * height * Scalar.exp(-x * x / 2)
      }
    case .approximateGaussianLinear:
      differentiate(pass, values, target) { x in
        let tangent = Self.approximateTangent(x)
        let inner = Self.factor * (1 + 3 * Self.cubic * x * x)
        return (1 + tangent) / 2 + x / 2 * (1 - tangent * tangent) * inner
      }
    case .sigmoidLinear:
      differentiate(pass, values, target) { x in
        let sigmoid = 1 / (1 + Scalar.exp(-x))
        return sigmoid * (1 + x * (1 - sigmoid))
      }
    case .sigmoid: differentiate(pass, values, target) { y in y * (1 - y) }
    case .tanh: differentiate(pass, values, target) { y in 1 - y * y }
    case .softplus: differentiate(pass, values, target) { y in -Scalar.expMinusOne(-y) }
    }
  }

  @inline(__always) private static var factor: Scalar { Scalar((2 / Double.pi).squareRoot()) }
  @inline(__always) private static var cubic: Scalar { Scalar(0.044715) }

  @inline(__always)
  private static func approximateTangent(_ x: Scalar) -> Scalar {
    Scalar.tanh(factor * (x + cubic * x * x * x))
  }

  @inline(__always)
  private func apply(_ pass: ForwardPass<Scalar>, _ value: @Sendable (Scalar) -> Scalar) {
    let (input, output) = (pass.inputs[0], pass.output)
    forEachPart(count) { part in
      for place in part { output[place] = value(input[place]) }
    }
  }

  @inline(__always)
  private func differentiate(
    _ pass: BackwardPass<Scalar>, _ values: SharedPointer<Scalar>, _ target: SharedPointer<Scalar>,
    _ derivative: @Sendable (Scalar) -> Scalar
  ) {
    let gradient = pass.outputGradient
    forEachPart(count) { part in
      for place in part { target[place] = gradient[place] * derivative(values[place]) }
    }
  }
}
