import Convolutions
import Numerics
import Tensors

/// How the values of a parameter are initialised.
///
/// Fan-in is the number of inputs that one output sums over, fan-out the number of outputs that one
/// input reaches: for a kernel `[filters, channels, taps…]` channels · taps and filters · taps.
public enum Initializer: Sendable, Hashable, Codable {
  /// All zero.
  case zeros
  /// All one.
  case ones
  /// All the same.
  case constant(Double)
  /// Normal with variance 2 / fan-in (He et al. 2015), for ReLU.
  case heNormal
  /// Uniform in ±√(6 / fan-in) (He et al. 2015), for ReLU.
  case heUniform
  /// Normal with variance 2 / (fan-in + fan-out) (Glorot and Bengio 2010).
  case glorotNormal
  /// Uniform in ±√(6 / (fan-in + fan-out)) (Glorot and Bengio 2010): Keras' default.
  case glorotUniform
  /// Normal with variance 1 / fan-in (LeCun et al. 1998), for tanh.
  case leCunNormal
  /// Uniform in ±√(3 / fan-in) (LeCun et al. 1998), for tanh.
  case leCunUniform
  /// Uniform in ±1 / √fan-in: PyTorch's default for weights.
  case uniformFanIn
  /// Rows (or columns) of a random orthogonal matrix times a gain (Saxe et al. 2014).
  case orthogonal(gain: Double)
  /// Given values, such as the kernels of a filter bank, in row-major order.
  case values([Double])

  /// Checks that there are as many given values as a parameter has.
  ///
  /// - Throws: ``FiltersmithError`` when values were given for another shape.
  func check(_ parameter: ParameterDescription) throws(FiltersmithError) {
    guard case .values(let numbers) = self, numbers.count != parameter.shape.elementCount else {
      return
    }
    throw FiltersmithError(
      .shape,
      "'\(parameter.name)' of shape \(parameter.shape) holds \(parameter.shape.elementCount) numbers; "
        + "its initializer gives \(numbers.count)")
  }

  /// The initial values of a parameter.
  public func tensor<Scalar: ConvolutionScalar>(
    shape: Shape, using source: inout RandomSource, as precision: Scalar.Type = Scalar.self
  ) -> Tensor<Scalar> {
    let taps = Double(shape.dropFirst(2).reduce(1, *))
    let fanIn = Double(shape.rank > 1 ? shape[1] : shape.first ?? 1) * taps
    let fanOut = Double(shape.first ?? 1) * taps
    func normal(_ variance: Double, _ source: inout RandomSource) -> Tensor<Scalar> {
      .normal(shape: shape, deviation: variance.squareRoot(), using: &source)
    }
    func uniform(_ square: Double, _ source: inout RandomSource) -> Tensor<Scalar> {
      let bound = square.squareRoot()
      return .uniform(shape: shape, in: -bound..<bound, using: &source)
    }
    switch self {
    case .zeros: return Tensor(zeros: shape)
    case .ones: return Tensor(repeating: 1, shape: shape)
    case .constant(let value): return Tensor(repeating: Scalar(value), shape: shape)
    case .heNormal: return normal(2 / fanIn, &source)
    case .heUniform: return uniform(6 / fanIn, &source)
    case .glorotNormal: return normal(2 / (fanIn + fanOut), &source)
    case .glorotUniform: return uniform(6 / (fanIn + fanOut), &source)
    case .leCunNormal: return normal(1 / fanIn, &source)
    case .leCunUniform: return uniform(3 / fanIn, &source)
    case .uniformFanIn: return uniform(1 / fanIn, &source)
    case .orthogonal(let gain):
      let rows = shape.first ?? 1
      let matrix = orthonormal(rows: rows, columns: shape.elementCount / max(rows, 1), &source)
      var position = 0
      return Tensor(shape: shape) { _ in
        defer { position += 1 }
        return Scalar(gain * matrix[position])
      }
    case .values(let numbers):
      precondition(numbers.count == shape.elementCount, "\(numbers.count) numbers for \(shape)")
      var position = 0
      return Tensor(shape: shape) { _ in
        defer { position += 1 }
        return Scalar(numbers[position])
      }
    }
  }
}

/// A row-major matrix whose rows (or columns, if there are fewer) are orthonormal: random normal vectors
/// orthogonalised one after another, twice, which keeps them orthogonal to rounding (Björck).
private func orthonormal(rows: Int, columns: Int, _ source: inout RandomSource) -> [Double] {
  let (count, length) = (min(rows, columns), max(rows, columns))
  var vectors: [[Double]] = []
  for _ in 0..<count {
    var vector = (0..<length).map { _ in source.normal() }
    for _ in 0..<2 {
      for other in vectors {
        let product = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
        for index in 0..<length { vector[index] -= product * other[index] }
      }
    }
    let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    vectors.append(vector.map { $0 / norm })
  }
  return (0..<rows).flatMap { row in
    (0..<columns).map { column in rows <= columns ? vectors[row][column] : vectors[column][row] }
  }
}
