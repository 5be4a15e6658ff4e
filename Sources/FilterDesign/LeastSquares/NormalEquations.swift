import Fourier
import Numerics
import Tensors

/// The symmetry of the weights, and so the systems that the normal equations split into.
public enum DesignSymmetry: Sendable, Hashable {
  /// Even along every axis: the equations split into 2^D real systems, one for every choice of
  /// even or odd along each axis.
  case axes
  /// Even under reflection about the centre: two real systems, for even and for odd kernels.
  case center
  /// Nothing: one complex system.
  case none
}

/// The normal equations (Bᴴ F_w² B + diag f_w²) f = Bᴴ F_w² F_i + f_w² f_i, less a rank-one part.
///
/// Bᴴ F_w² B is Toeplitz with entries T(x−y), T(d) = Σ_u F_w(u)² exp(i u·d): an inverse transform
/// of the weight. The weight of frequency 0 is usually a million times the others and would cost as
/// many digits; what exceeds their mean is kept apart as `excess` · 1 1ᵀ, which the Sherman–Morrison
/// formula puts back exactly.
struct NormalEquations: Sendable {
  let support: Shape
  let grid: Shape
  /// T(d) at d modulo the grid.
  let lags: Tensor<Complex<Double>>
  /// f_w².
  let diagonal: Tensor<Double>
  /// The part of F_w(0)² that is not in `lags`.
  let excess: Double
  let symmetry: DesignSymmetry

  init(
    support: Shape, frequencyPower: Tensor<Double>, spatialPower: Tensor<Double>
  ) throws(FiltersmithError) {
    self.support = support
    grid = frequencyPower.shape
    diagonal = spatialPower
    symmetry = try Self.symmetry(frequencyPower, spatialPower)
    var spectrum = frequencyPower.map { Complex($0, 0) }
    let zeroFrequency = frequencyPower.elements[0]
    let others = frequencyPower.sum() - zeroFrequency
    let kept = min(zeroFrequency, others / Double(max(frequencyPower.count - 1, 1)))
    excess = zeroFrequency - kept
    try spectrum.withUnsafeMutableElements { elements throws(FiltersmithError) in
      elements[0] = Complex(kept, 0)
      let pointer = UnsafeMutableRawPointer(SharedPointer(elements).pointer)
      try ParallelFourierPlan<Double>(.inverse, shape: frequencyPower.shape, inPlace: true)
        .execute(input: pointer, output: pointer)
    }
    lags = spectrum
  }

  private static func symmetry(
    _ frequencyPower: Tensor<Double>, _ spatialPower: Tensor<Double>
  ) throws(FiltersmithError) -> DesignSymmetry {
    let weights = [try frequencyPower.centered(), spatialPower]
    func isEven(along axes: [Int]) throws(FiltersmithError) -> Bool {
      for weight in weights {
        let tolerance = 1e-12 * (weight.max() ?? 0)
        let reflected = try weight.flipped(axes: axes)
        let agrees = zip(weight.elements, reflected.elements).allSatisfy {
          abs($0 - $1) <= tolerance
        }
        if !agrees { return false }
      }
      return true
    }
    var everyAxis = true
    for axis in frequencyPower.shape.indices where everyAxis {
      everyAxis = try isEven(along: [axis])
    }
    if everyAxis { return .axes }
    return try isEven(along: Array(frequencyPower.shape.indices)) ? .center : .none
  }

  /// T(d) for a vector of distances along each axis.
  func lag(_ distance: [Int]) -> Complex<Double> {
    lags[zip(distance, grid).map { ($0 % $1 + $1) % $1 }]
  }
}

/// A right-hand side of the normal equations, or a solution: one number per tap.
struct TapVector: Sendable {
  var values: [Complex<Double>]
  /// Whether values at opposite taps are each other's conjugates.
  let isHermitian: Bool
}

/// Solves the normal equations for any number of right-hand sides.
protocol NormalSolver: Sendable {
  /// Solves for every right-hand side.
  ///
  /// - Returns: One solution for each, and how the iteration ended, for iterative methods.
  func solve(
    _ rightHandSides: [TapVector], progress: ProgressHandler?
  ) throws(FiltersmithError) -> (solutions: [TapVector], convergence: [Convergence])
}

/// How an iterative solution ended.
public struct Convergence: Sendable, Hashable {
  /// The number of matrix–vector products.
  public var iterations: Int
  /// ‖b − A f‖ / ‖b‖ at the end.
  public var residual: Double
}
