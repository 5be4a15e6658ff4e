import Foundation
import LinearAlgebra

/// A sum of damped oscillations that approximates a sampled Gaussian, as recursive filters compute it.
///
/// h(n) = Σ_k Re((a_k − i b_k) p_k^|n|) with p_k = exp((−λ_k + i ω_k) / σ), after Deriche ("Recursively
/// implementing the Gaussian and its derivatives", INRIA report 1893, 1993), with three pairs of poles
/// in place of two. The λ_k and ω_k minimise the squared error for large σ; the a_k and b_k are fitted
/// by least squares to the sampled Gaussian of each σ, with the poles rounded as they are used,
/// under the conditions that Σ h(n) = 1 and that the variance Σ n² h(n) is the Gaussian's.
struct RecursiveFit: Sendable {
  let poles: [(real: Double, imaginary: Double)]
  let cosines: [Double]
  let sines: [Double]

  private static let decays = [2.23247008, 2.18597351, 2.09802521]
  private static let frequencies = [0.51472884, 1.59000519, 2.82964479]

  /// The number of samples after which no earlier sample makes a difference.
  static func memory(_ sigma: Double) -> Int { Int((7 * sigma).rounded(.up)) + 1 }

  /// - Parameter round: Rounds a number to the precision that the filters run in.
  init(sigma: Double, round: (Double) -> Double) {
    let poles = zip(Self.decays, Self.frequencies).map { decay, frequency in
      let radius = exp(-decay / sigma)
      return (
        real: round(radius * cos(frequency / sigma)),
        imaginary: round(radius * sin(frequency / sigma))
      )
    }
    let unknowns = 2 * poles.count
    let order = unknowns + 2
    var matrix = [Double](repeating: 0, count: order * order)
    var right = [Double](repeating: 0, count: order)
    // The responses of all poles at n, real parts and imaginary parts in turn.
    var basis = (0..<unknowns).map { $0 % 2 == 0 ? 1.0 : 0.0 }
    var (sum, variance) = (0.0, 0.0)
    for n in 0...Int(14 * sigma) + 40 {
      let gaussian = exp(-0.5 * Double(n * n) / (sigma * sigma))
      let weight = n == 0 ? 1.0 : 2.0
      let square = Double(n * n) / (sigma * sigma)
      sum += weight * gaussian
      variance += weight * gaussian * square
      for row in 0..<unknowns {
        let value = weight * basis[row]
        for column in 0..<unknowns { matrix[row * order + column] += value * basis[column] }
        right[row] += value * gaussian
        matrix[row * order + unknowns] += value
        matrix[row * order + unknowns + 1] += value * square
      }
      for (pair, pole) in poles.enumerated() {
        let (real, imaginary) = (basis[2 * pair], basis[2 * pair + 1])
        basis[2 * pair] = pole.real * real - pole.imaginary * imaginary
        basis[2 * pair + 1] = pole.imaginary * real + pole.real * imaginary
      }
    }
    for row in 0..<unknowns {
      right[row] /= sum
      for condition in 0..<2 {
        matrix[(unknowns + condition) * order + row] = matrix[row * order + unknowns + condition]
      }
    }
    (right[unknowns], right[unknowns + 1]) = (1, variance / sum)
    let determinant = Elimination.solve(&matrix, order: order, &right, columns: 1)
    precondition(
      determinant != 0, "damped oscillations of different frequencies are independent")
    self.poles = poles
    cosines = poles.indices.map { right[2 * $0] }
    sines = poles.indices.map { right[2 * $0 + 1] }
  }

  /// h(0), h(1), … h(count − 1).
  func response(_ count: Int) -> [Double] {
    var states = poles.map { _ in (real: 1.0, imaginary: 0.0) }
    return (0..<count).map { _ in
      var sum = 0.0
      for (pair, pole) in poles.enumerated() {
        let state = states[pair]
        sum += cosines[pair] * state.real + sines[pair] * state.imaginary
        states[pair] = (
          pole.real * state.real - pole.imaginary * state.imaginary,
          pole.imaginary * state.real + pole.real * state.imaginary
        )
      }
      return sum
    }
  }
}
