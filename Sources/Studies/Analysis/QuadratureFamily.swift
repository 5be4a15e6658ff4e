import FilterDesign
import Foundation
import Numerics
import Tensors

/// A kernel described as a quadrature filter: the nearest member of the family, and how close it is.
public struct QuadratureFit: Sendable, Hashable, Codable {
  /// ρ0 in rad/sample.
  public let centerFrequency: Double
  /// B, the relative bandwidth.
  public let octaves: Double
  /// The direction in degrees, from 0 (along x) up to 180, counted from x towards y.
  public let direction: Double
  /// The phase in degrees: 0 is even and light, ±180 even and dark, ±90 odd.
  public let phase: Double
  /// The fraction of the kernel's energy that the filter does not explain, 0 to 1.
  public let residual: Double
}

/// Quadrature filters of one support and angular profile, of any centre frequency, bandwidth and
/// direction, designed by least squares: what kernels are compared with.
///
/// A kernel is projected onto the even and the odd part of a filter; the fit is the filter with the
/// largest projection, found on a grid and refined by a pattern search.
struct QuadratureFamily: Sendable {
  private struct Member: Sendable {
    var logFrequency: Double
    var octaves: Double
    var angle: Double
    var even: [Double]
    var odd: [Double]
  }

  private let plan: KernelDesignPlan
  private let angularExponent: Double
  private let grid: [Member]

  /// The bounds of the search.
  static let frequencies = 0.3...2.6
  static let octaves = 0.8...3.0

  /// The family, with a grid of members to start from.
  ///
  /// - Throws: ``FiltersmithError`` when the support is not odd.
  init(support: Int, angularExponent: Double) throws(FiltersmithError) {
    let plan = try LeastSquaresParameters().kernelDesign(support: [support, support]).plan()
    var targets: [(Double, Double, Double)] = []
    let steps = 12
    for step in 0..<steps {
      let (low, high) = (log(Self.frequencies.lowerBound), log(Self.frequencies.upperBound))
      let frequency = low + (high - low) * Double(step) / Double(steps - 1)
      for octaves in [1, 1.5, 2, 2.7] {
        for angle in 0..<18 { targets.append((frequency, octaves, .pi * Double(angle) / 18)) }
      }
    }
    self.plan = plan
    self.angularExponent = angularExponent
    grid = try Self.members(targets, plan, angularExponent)
  }

  private static func members(
    _ parameters: [(Double, Double, Double)], _ plan: KernelDesignPlan, _ exponent: Double
  ) throws(FiltersmithError) -> [Member] {
    let solution = try plan.solve(
      parameters.map { logFrequency, octaves, angle in
        .function(
          .quadrature(
            direction: [sin(angle), cos(angle)], centerFrequency: exp(logFrequency),
            octaves: octaves, exponent: exponent))
      })
    let taps = plan.design.support.elementCount
    return parameters.enumerated().map { index, parameter in
      let kernel = solution.kernels.elements[index * taps..<(index + 1) * taps]
      return Member(
        logFrequency: parameter.0, octaves: parameter.1, angle: parameter.2,
        even: kernel.map(\.real), odd: kernel.map(\.imaginary))
    }
  }

  /// The nearest member.
  ///
  /// - Parameter kernel: An impulse response of the family's support, row-major.
  func fit(_ kernel: [Double]) throws(FiltersmithError) -> QuadratureFit {
    let energy = kernel.dot(kernel)
    guard energy > 0, var best = grid.first else {
      return QuadratureFit(
        centerFrequency: 0, octaves: 0, direction: 0, phase: 0, residual: 1)
    }
    var explained = -1.0
    for member in grid {
      let projection = Self.projection(of: kernel, on: member).explained
      if projection > explained { (best, explained) = (member, projection) }
    }
    // Smaller and smaller steps around the best so far.
    var steps = (0.1, 0.3, 0.09)
    for _ in 0..<7 {
      var isBetter = true
      while isBetter {
        isBetter = false
        let neighbors = [(1.0, 0.0, 0.0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
          .map { move in
            (
              Self.clamped(
                best.logFrequency + move.0 * steps.0, log(Self.frequencies.lowerBound),
                log(Self.frequencies.upperBound)),
              Self.clamped(
                best.octaves + move.1 * steps.1, Self.octaves.lowerBound, Self.octaves.upperBound),
              best.angle + move.2 * steps.2
            )
          }
        for member in try Self.members(neighbors, plan, angularExponent) {
          let projection = Self.projection(of: kernel, on: member).explained
          if projection > explained + 1e-9 * energy {
            (best, explained, isBetter) = (member, projection, true)
          }
        }
      }
      steps = (steps.0 / 2, steps.1 / 2, steps.2 / 2)
    }
    let (even, odd, _) = Self.projection(of: kernel, on: best)
    // The opposite direction has the conjugate filter: angles are kept below half a turn.
    var (angle, sign) = (best.angle.truncatingRemainder(dividingBy: 2 * .pi), 1.0)
    if angle < 0 { angle += 2 * .pi }
    if angle >= .pi { (angle, sign) = (angle - .pi, -1) }
    return QuadratureFit(
      centerFrequency: exp(best.logFrequency), octaves: best.octaves, direction: angle * 180 / .pi,
      phase: atan2(sign * odd, even) * 180 / .pi, residual: max(0, 1 - explained / energy))
  }

  private static func clamped(_ value: Double, _ low: Double, _ high: Double) -> Double {
    min(max(value, low), high)
  }

  /// The a even + b odd nearest to the kernel, scaled by the norms of both, and the energy it explains.
  ///
  /// The even and the odd part are orthogonal.
  private static func projection(
    of kernel: [Double], on member: Member
  ) -> (even: Double, odd: Double, explained: Double) {
    func part(_ direction: [Double]) -> Double {
      let norm = direction.dot(direction)
      return norm > 0 ? kernel.dot(direction) / norm.squareRoot() : 0
    }
    let (even, odd) = (part(member.even), part(member.odd))
    return (even, odd, even * even + odd * odd)
  }
}
