import Fourier
import Numerics
import Tensors

/// Solves the normal equations by preconditioned conjugate gradients.
///
/// The preconditioner is S C S. C is the Toeplitz matrix of 1/F_w², nearly the inverse of the one of
/// F_w²; S = (1 + f_w²/τ)^(−½) lets the spatial weight dominate where it is the larger one. About a
/// hundred iterations suffice for any size, and memory grows with the number of taps, not with its
/// square.
struct ConjugateGradientSolver: NormalSolver {
  private let diagonal: [Double]
  private let matrix: ToeplitzProduct
  private let inverse: ToeplitzProduct
  /// S.
  private let taper: [Double]
  private let tolerance: Double
  private let maximumIterations: Int

  /// The bytes it needs besides the right-hand sides.
  static func bytes(support: Shape) -> Double {
    let embedded = ToeplitzProduct.embedding(support).reduce(1.0) { $0 * Double($1) }
    return 64 * embedded + 140 * support.reduce(1.0) { $0 * Double($1) }
  }

  init(
    _ equations: NormalEquations, tolerance: Double, maximumIterations: Int
  ) throws(FiltersmithError) {
    guard tolerance > 0, tolerance < 1 else {
      throw FiltersmithError(
        .argument, "tolerance \(tolerance) of conjugate gradients must lie between 0 and 1")
    }
    guard maximumIterations > 0 else {
      throw FiltersmithError(
        .argument,
        "conjugate gradients need at least one iteration; \(maximumIterations) were allowed")
    }
    self.tolerance = tolerance
    self.maximumIterations = maximumIterations
    diagonal = equations.diagonal.elements
    matrix = try ToeplitzProduct(support: equations.support, lags: equations.lags)
    let ownWeight = equations.lags.elements[0].real
    // Measured on 2D to 4D designs: anything from a tenth to a third works about as well.
    let threshold = 0.2 * ownWeight
    taper = diagonal.map { 1 / (1 + $0 / threshold).squareRoot() }
    // The lags hold F_w² with its zero frequency reduced; 1/F_w² is taken from the same numbers.
    let count = Double(equations.lags.count)
    let mean = ownWeight / count
    guard mean > 0, mean.isFinite else {
      throw FiltersmithError(
        .numerical, "the frequency weight is zero everywhere: the kernel is left undetermined")
    }
    let spectrum = try equations.lags.fourierTransform()
    let reciprocal = spectrum.map { value in
      // Frequencies with zero weight are given a very small one.
      Complex(1 / (Swift.max(value.real / count, 1e-8 * mean) * count * count), 0)
    }
    inverse = try ToeplitzProduct(
      support: equations.support,
      lags: reciprocal.inverseFourierTransform().map { $0 * Complex(count) })
  }

  func solve(
    _ rightHandSides: [TapVector], progress: ProgressHandler?
  ) throws(FiltersmithError) -> (solutions: [TapVector], convergence: [Convergence]) {
    let scratch = try AlignedBuffer<Complex<Double>>(count: matrix.elementCount)
    var solutions: [TapVector] = []
    var convergence: [Convergence] = []
    for vector in rightHandSides {
      let (solution, end) = try solve(vector, scratch)
      solutions.append(solution)
      convergence.append(end)
      progress?(Double(solutions.count) / Double(rightHandSides.count))
    }
    return (solutions, convergence)
  }

  private func solve(
    _ vector: TapVector, _ scratch: borrowing AlignedBuffer<Complex<Double>>
  ) throws(FiltersmithError) -> (TapVector, Convergence) {
    let size = Self.squaredNorm(vector.values).squareRoot()
    guard size > 0 else { return (vector, Convergence(iterations: 0, residual: 0)) }
    var solution = [Complex<Double>](repeating: .zero, count: vector.values.count)
    var residual = vector.values
    var preconditioned = residual
    precondition(residual, into: &preconditioned, scratch)
    var direction = preconditioned
    var product = residual
    var power = Self.realDot(residual, preconditioned)
    var iterations = 0
    var relative = 1.0
    while relative > tolerance, iterations < maximumIterations {
      apply(to: direction, into: &product, scratch)
      let curvature = Self.realDot(direction, product)
      guard curvature > 0, curvature.isFinite else {
        throw FiltersmithError(
          .numerical,
          "the weights leave the kernel undetermined: the normal equations are not positive definite"
        )
      }
      let step = power / curvature
      for tap in solution.indices {
        solution[tap] += Self.scaled(direction[tap], step)
        residual[tap] -= Self.scaled(product[tap], step)
      }
      iterations += 1
      relative = Self.squaredNorm(residual).squareRoot() / size
      precondition(residual, into: &preconditioned, scratch)
      let nextPower = Self.realDot(residual, preconditioned)
      let ratio = nextPower / power
      power = nextPower
      for tap in direction.indices {
        direction[tap] = preconditioned[tap] + Self.scaled(direction[tap], ratio)
      }
    }
    if vector.isHermitian { Self.symmetrize(&solution) }
    // The residual updated in each iteration drifts; the reported one is computed afresh.
    apply(to: solution, into: &product, scratch)
    let error = Self.squaredNorm(zip(vector.values, product).map { $0 - $1 }).squareRoot() / size
    guard error <= 10 * tolerance else {
      throw FiltersmithError(
        .numerical,
        "conjugate gradients did not converge: after \(iterations) iterations the relative residual is \(error), above the tolerance \(tolerance); allow more iterations or a larger tolerance"
      )
    }
    return (
      TapVector(values: solution, isHermitian: vector.isHermitian),
      Convergence(iterations: iterations, residual: error)
    )
  }

  /// product = (T + diag f_w²) vector.
  private func apply(
    to vector: [Complex<Double>], into product: inout [Complex<Double>],
    _ scratch: borrowing AlignedBuffer<Complex<Double>>
  ) {
    matrix.apply(to: vector, into: &product, scratch)
    for tap in product.indices { product[tap] += Self.scaled(vector[tap], diagonal[tap]) }
  }

  /// result = S C S vector.
  private func precondition(
    _ vector: [Complex<Double>], into result: inout [Complex<Double>],
    _ scratch: borrowing AlignedBuffer<Complex<Double>>
  ) {
    var tapered = vector
    for tap in tapered.indices { tapered[tap] = Self.scaled(vector[tap], taper[tap]) }
    inverse.apply(to: tapered, into: &result, scratch)
    for tap in result.indices { result[tap] = Self.scaled(result[tap], taper[tap]) }
  }

  @inline(__always)
  private static func scaled(_ value: Complex<Double>, _ factor: Double) -> Complex<Double> {
    Complex(value.real * factor, value.imaginary * factor)
  }

  private static func squaredNorm(_ values: [Complex<Double>]) -> Double {
    values.reduce(0) { $0 + $1.real * $1.real + $1.imaginary * $1.imaginary }
  }

  private static func realDot(_ left: [Complex<Double>], _ right: [Complex<Double>]) -> Double {
    var sum = 0.0
    for (a, b) in zip(left, right) { sum += a.real * b.real + a.imaginary * b.imaginary }
    return sum
  }

  private static func symmetrize(_ values: inout [Complex<Double>]) {
    for tap in 0...values.count / 2 {
      let opposite = values.count - 1 - tap
      let mean = scaled(values[tap] + values[opposite].conjugate, 0.5)
      values[tap] = mean
      values[opposite] = mean.conjugate
    }
  }
}
