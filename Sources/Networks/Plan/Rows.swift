import Convolutions
import SIMDLoops
import Tensors

/// Functions of every value of a row: in single precision by the processor's longest vectors, in double
/// precision by plain loops.
///
/// The target may be one of the sources, except for the gradient of magnitudes.
enum Rows {
  /// target = activation(factor · x + offset).
  @inline(__always)
  static func scale<Scalar: ConvolutionScalar>(
    _ x: UnsafePointer<Scalar>, by factor: Scalar, offset: Scalar, _ activation: Activation,
    into target: UnsafeMutablePointer<Scalar>, _ count: Int
  ) {
    if Scalar.self == Float.self {
      let (function, slope) = activation.loopArguments
      return row_scale(
        floats(x), Float(factor), Float(offset), function, slope, floats(target), count)
    }
    for place in 0..<count {
      target[place] = activation(factor * x[place] + offset)
    }
  }

  /// target = factor · (g + offset + slope · (x − mean)).
  @inline(__always)
  static func combine<Scalar: ConvolutionScalar>(
    _ g: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, factor: Scalar, offset: Scalar,
    slope: Scalar, mean: Scalar, into target: UnsafeMutablePointer<Scalar>, _ count: Int
  ) {
    if Scalar.self == Float.self {
      return row_combine(
        floats(g), floats(x), Float(factor), Float(offset), Float(slope), Float(mean),
        floats(target), count)
    }
    for place in 0..<count {
      target[place] = factor * (g[place] + offset + slope * (x[place] - mean))
    }
  }

  /// target = activation(x + y).
  @inline(__always)
  static func add<Scalar: ConvolutionScalar>(
    _ x: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>, _ activation: Activation = .identity,
    into target: UnsafeMutablePointer<Scalar>, _ count: Int
  ) {
    if Scalar.self == Float.self {
      let (function, slope) = activation.loopArguments
      return row_add(floats(x), floats(y), function, slope, floats(target), count)
    }
    for place in 0..<count { target[place] = activation(x[place] + y[place]) }
  }

  /// target = g where y > 0, and slope · g elsewhere.
  @inline(__always)
  static func rectifierGradient<Scalar: ConvolutionScalar>(
    _ y: UnsafePointer<Scalar>, _ g: UnsafePointer<Scalar>, slope: Scalar,
    into target: UnsafeMutablePointer<Scalar>, _ count: Int
  ) {
    if Scalar.self == Float.self {
      return row_rectifier_gradient(floats(y), floats(g), Float(slope), floats(target), count)
    }
    for place in 0..<count { target[place] = y[place] > 0 ? g[place] : slope * g[place] }
  }

  /// target = √(x² + y²).
  @inline(__always)
  static func magnitude<Scalar: ConvolutionScalar>(
    _ x: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>,
    into target: UnsafeMutablePointer<Scalar>, _ count: Int
  ) {
    if Scalar.self == Float.self {
      return row_magnitude(floats(x), floats(y), floats(target), count)
    }
    for place in 0..<count {
      target[place] = (x[place] * x[place] + y[place] * y[place]).squareRoot()
    }
  }

  /// targets = g · x / √(x² + y²) and g · y / √(x² + y²), and 0 where there is no derivative.
  @inline(__always)
  static func magnitudeGradient<Scalar: ConvolutionScalar>(
    _ x: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>, _ g: UnsafePointer<Scalar>,
    into targetX: UnsafeMutablePointer<Scalar>, _ targetY: UnsafeMutablePointer<Scalar>,
    _ count: Int
  ) {
    if Scalar.self == Float.self {
      return row_magnitude_gradient(
        floats(x), floats(y), floats(g), floats(targetX), floats(targetY), count)
    }
    for place in 0..<count {
      let square = x[place] * x[place] + y[place] * y[place]
      let factor = square > 0 ? g[place] / square.squareRoot() : 0
      targetX[place] = factor * x[place]
      targetY[place] = factor * y[place]
    }
  }
}
