import Tensors

/// A function applied to every output of a layer.
public enum Activation: Sendable, Hashable {
  /// The output as it is.
  case identity
  /// max(x, 0).
  case relu
  /// x where x ≥ 0, slope · x elsewhere.
  case leakyReLU(slope: Double)

  /// The function's value.
  @inline(__always)
  package func callAsFunction<Scalar: ConvolutionScalar>(_ value: Scalar) -> Scalar {
    switch self {
    case .identity: value
    case .relu: max(value, 0)
    case .leakyReLU(let slope): value >= 0 ? value : value * Scalar(slope)
    }
  }
}

/// What is done to the outputs of the forward map while they are still in cache.
///
/// First the bias is added, then the activation applied, then neighbouring channels are combined.
struct Epilogue<Scalar: ConvolutionScalar>: Sendable {
  /// One number per filter; whoever makes the epilogue keeps the memory alive.
  var bias: ReadOnlyPointer<Scalar>?
  /// Applied to every output.
  var activation = Activation.identity
  /// Whether the outputs of filters 2k and 2k + 1, a quadrature pair, become one: √(even² + odd²).
  var combinesPairs = false

  /// Whether nothing is left to do after the convolution itself.
  var isEmpty: Bool { bias == nil && activation == .identity && !combinesPairs }

  /// Adds the bias and applies the activation to some outputs of one filter, in place.
  func apply(to outputs: UnsafeMutablePointer<Scalar>, count: Int, filter: Int) {
    let offset = bias?[filter] ?? 0
    switch activation {
    case .identity where offset == 0: return
    case .identity: for position in 0..<count { outputs[position] += offset }
    case .relu:
      for position in 0..<count { outputs[position] = max(outputs[position] + offset, 0) }
    default:
      for position in 0..<count { outputs[position] = activation(outputs[position] + offset) }
    }
  }

  /// Applies all of it to whole channels, `[batch, filters, count]`; the target may be the outputs
  /// themselves or, for pairs, `[batch, filters / 2, count]`.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func apply(
    to outputs: UnsafeMutablePointer<Scalar>, batch: Int, filters: Int, count: Int,
    into target: UnsafeMutablePointer<Scalar>
  ) {
    let (outputs, target) = (SharedPointer(outputs), SharedPointer(target))
    parallelFor(batch * filters, grain: max(1, 8192 / count)) { channel in
      apply(to: outputs.pointer + channel * count, count: count, filter: channel % filters)
    }
    guard combinesPairs else { return }
    parallelFor(batch * filters / 2) { pair in
      Self.combine(
        even: outputs.pointer + 2 * pair * count, odd: outputs.pointer + (2 * pair + 1) * count,
        into: target.pointer + pair * count, count: count)
    }
  }

  /// √(even² + odd²) of some outputs of a pair of filters; the target may be one of the sources.
  static func combine(
    even: UnsafePointer<Scalar>, odd: UnsafePointer<Scalar>,
    into magnitude: UnsafeMutablePointer<Scalar>, count: Int
  ) {
    for position in 0..<count {
      let square = even[position] * even[position] + odd[position] * odd[position]
      magnitude[position] = square.squareRoot()
    }
  }
}
