import Fourier
import Numerics
import Tensors

/// Solves the normal equations by conjugate gradients, preconditioned by their diagonal.
///
/// The Toeplitz part is applied by two transforms: it is a corner of a circulant matrix. Memory grows
/// with the number of taps, not with its square.
struct ConjugateGradientSolver: NormalSolver {
  private let support: Shape
  private let diagonal: [Double]
  private let preconditioner: [Double]
  private let tolerance: Double
  private let maximumIterations: Int
  private let forward: ParallelFourierPlan<Double>
  private let inverse: ParallelFourierPlan<Double>
  /// The circulant's eigenvalues, divided by their number.
  private let eigenvalues: Tensor<Double>
  /// Where each tap stands in the circulant's array.
  private let places: [Int]

  /// The extents of the circulant matrix that holds the Toeplitz one.
  static func embedding(_ support: Shape) -> Shape {
    Shape(support.map { FourierSize.good(atLeast: 2 * $0 - 1) })
  }

  /// The bytes it takes beside the right-hand sides.
  static func bytes(support: Shape) -> Double {
    let embedded = embedding(support).reduce(1.0) { $0 * Double($1) }
    return 40 * embedded + 100 * support.reduce(1.0) { $0 * Double($1) }
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
    support = equations.support
    self.tolerance = tolerance
    self.maximumIterations = maximumIterations
    diagonal = equations.diagonal.elements
    let ownWeight = equations.lag(support.map { _ in 0 }).real
    preconditioner = diagonal.map { 1 / (ownWeight + $0) }
    let shape = Self.embedding(support)
    forward = try ParallelFourierPlan(.forward, shape: shape, inPlace: true)
    inverse = try ParallelFourierPlan(.inverse, shape: shape, inPlace: true)
    var circulant = Tensor<Complex<Double>>(zeros: shape)
    Shape(support.map { 2 * $0 - 1 }).forEachIndex { index in
      let distance = zip(index, equations.support).map { $0 - ($1 - 1) }
      circulant[zip(distance, shape).map { ($0 + $1) % $1 }] = equations.lag(distance)
    }
    // T(−d) = conj T(d) makes the eigenvalues real.
    let scale = 1 / Double(shape.elementCount)
    eigenvalues = try circulant.fourierTransform().map { $0.real * scale }
    var places: [Int] = []
    places.reserveCapacity(support.elementCount)
    support.forEachIndex { places.append(shape.offset(of: $0)) }
    self.places = places
    guard preconditioner.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw FiltersmithError(
        .numerical, "the weights leave the kernel undetermined: some taps have no weight at all")
    }
  }

  func solve(
    _ rightHandSides: [TapVector], progress: ProgressHandler?
  ) throws(FiltersmithError) -> (solutions: [TapVector], convergence: [Convergence]) {
    let scratch = try AlignedBuffer<Complex<Double>>(count: eigenvalues.count)
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
    var direction = zip(residual, preconditioner).map { Self.scaled($0, $1) }
    var product = residual
    var power = Self.weightedNorm(residual, preconditioner)
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
      let nextPower = Self.weightedNorm(residual, preconditioner)
      let ratio = nextPower / power
      power = nextPower
      for tap in direction.indices {
        direction[tap] =
          Self.scaled(residual[tap], preconditioner[tap]) + Self.scaled(direction[tap], ratio)
      }
    }
    if vector.isHermitian { Self.symmetrize(&solution) }
    // The residual that was carried along drifts; the one that is reported is computed afresh.
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
    scratch.elements.update(repeating: .zero)
    for (tap, place) in places.enumerated() { scratch[place] = vector[tap] }
    forward.execute(input: scratch.rawPointer, output: scratch.rawPointer)
    let spectrum = SharedPointer(scratch.pointer)
    let count = scratch.count
    eigenvalues.withUnsafeElements { eigenvalues in
      let eigenvalues = SharedPointer(reading: eigenvalues)
      let piece = 1 << 14
      parallelFor((count + piece - 1) / piece) { index in
        for position in index * piece..<min((index + 1) * piece, count) {
          spectrum[position] = Self.scaled(spectrum[position], eigenvalues[position])
        }
      }
    }
    inverse.execute(input: scratch.rawPointer, output: scratch.rawPointer)
    for (tap, place) in places.enumerated() {
      product[tap] = scratch[place] + Self.scaled(vector[tap], diagonal[tap])
    }
  }

  @inline(__always)
  private static func scaled(_ value: Complex<Double>, _ factor: Double) -> Complex<Double> {
    Complex(value.real * factor, value.imaginary * factor)
  }

  private static func squaredNorm(_ values: [Complex<Double>]) -> Double {
    values.reduce(0) { $0 + $1.real * $1.real + $1.imaginary * $1.imaginary }
  }

  private static func weightedNorm(_ values: [Complex<Double>], _ weights: [Double]) -> Double {
    var sum = 0.0
    for (value, weight) in zip(values, weights) {
      sum += weight * (value.real * value.real + value.imaginary * value.imaginary)
    }
    return sum
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
