import LinearAlgebra
import Numerics
import Tensors

extension Calibration {
  /// A table of costs fitted to the measured times.
  ///
  /// The sum of squares of ln(expected / measured) over all problems and algorithms is made small by
  /// Gauss–Newton steps in the logarithms of the costs, which keeps them positive. Algorithms that
  /// are far from the fastest count less. Costs that no time depends on stay as they are. Then the costs
  /// are moved one after the other so that what they pick is fast.
  ///
  /// - Parameters:
  ///   - table: Where to start.
  ///   - progress: Called with the fraction done.
  public func fitted(
    from table: CostTable = .current, progress: ProgressHandler? = nil
  ) -> CostTable {
    let names = table.coefficients.keys.sorted()
    var best = table
    best.processor = CostTable.thisProcessor
    var bestResiduals = residuals(estimates(best))
    var damping = 0.1
    let steps = 8
    for step in 0..<steps {
      let jacobian = names.map { name -> [Double] in
        guard let value = best.coefficients[name] else { return [] }
        let change = 0.05
        let moved = residuals(estimates(best.replacing([name: value * Double.exp(change)])))
        return zip(moved, bestResiduals).map { ($0 - $1) / change }
      }
      let (normal, right) = normalEquations(jacobian, bestResiduals)
      // A step that does not help is shortened and tried again.
      for _ in 0..<4 {
        let changes = solve(normal, right, damping: damping)
        var moved: [String: Double] = [:]
        for (name, change) in zip(names, changes) {
          guard let value = best.coefficients[name] else { continue }
          moved[name] = value * Double.exp(min(max(change, -1), 1))
        }
        let candidate = best.replacing(moved)
        let candidateResiduals = residuals(estimates(candidate))
        if sumOfSquares(candidateResiduals) < sumOfSquares(bestResiduals) {
          (best, bestResiduals) = (candidate, candidateResiduals)
          damping = max(damping / 4, 1e-3)
          break
        }
        damping *= 4
      }
      progress?(0.5 * Double(step + 1) / Double(steps))
    }
    return refined(best) { progress?(0.5 + 0.5 * $0) }
  }

  /// The table with costs moved so that its picks are fast, while what it expects stays about right.
  ///
  /// Times that are right on the whole can still be in the wrong order where algorithms are close.
  private func refined(_ table: CostTable, progress: ProgressHandler?) -> CostTable {
    let names = table.coefficients.keys.sorted()
    var best = table
    var lowest = regret(estimates(best))
    let sweeps = 5
    for sweep in 0..<sweeps {
      let step = 0.3 * Double.pow(0.6, sweep)
      for (index, name) in names.enumerated() {
        for change in [step, -step] {
          guard let value = best.coefficients[name] else { continue }
          let candidate = best.replacing([name: value * Double.exp(change)])
          let found = regret(estimates(candidate))
          if found < lowest {
            (best, lowest) = (candidate, found)
            break
          }
        }
        progress?(
          (Double(sweep) + Double(index + 1) / Double(names.count)) / Double(sweeps))
      }
    }
    return best
  }

  /// How much slower than the fastest the picks are, summed over all problems: nothing up to 7 %, then in
  /// steps of a quarter up to two; and a little of how wrong the estimates are.
  ///
  /// A pick is blurred over algorithms whose estimates are close, so that small changes count.
  private func regret(_ estimates: [[Algorithm: Double]]) -> Double {
    let width = 0.03
    var sum = 0.1 * sumOfSquares(residuals(estimates))
    for (entry, estimates) in zip(entries, estimates) {
      guard let fastest = entry.fastest, let least = estimates.values.min() else { continue }
      var (weights, loss) = (0.0, 0.0)
      for (algorithm, estimate) in estimates {
        guard let measured = entry.seconds[algorithm] else { continue }
        let weight = Double.exp(-Double.log(max(estimate / least, 1)) / width)
        let slower = Double.log(measured / fastest.seconds) / Double.log(1.25)
        weights += weight
        loss += weight * min(max(slower - 0.3, 0), 2)
      }
      sum += weights > 0 ? loss / weights : 0
    }
    return sum
  }

  /// √weight · ln(expected / measured) of every problem and algorithm.
  private func residuals(_ estimates: [[Algorithm: Double]]) -> [Double] {
    var residuals: [Double] = []
    for (entry, estimates) in zip(entries, estimates) {
      guard let fastest = entry.fastest else { continue }
      for algorithm in Algorithm.allCases {
        guard let measured = entry.seconds[algorithm] else { continue }
        // What is ten times slower than the fastest need not be known well.
        let weight = fastest.seconds / measured
        let ratio = (estimates[algorithm] ?? measured) / measured
        residuals.append(weight.squareRoot() * Double.log(max(ratio, 1e-6)))
      }
    }
    return residuals
  }

  private func sumOfSquares(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }

  /// JᵀJ and −Jᵀr; rows of `jacobian` are those of one cost.
  private func normalEquations(
    _ jacobian: [[Double]], _ residuals: [Double]
  ) -> (matrix: [[Double]], right: [Double]) {
    func dot(_ left: [Double], _ right: [Double]) -> Double {
      zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }
    return (
      jacobian.map { row in jacobian.map { dot(row, $0) } }, jacobian.map { -dot($0, residuals) }
    )
  }

  /// Solves (A + damping · diag A) x = b; A is positive semidefinite.
  private func solve(_ matrix: [[Double]], _ right: [Double], damping: Double) -> [Double] {
    let order = right.count
    var factor = Array(matrix.joined())
    for row in 0..<order { factor[row * order + row] += damping * matrix[row][row] + 1e-6 }
    var solution = right
    precondition(Cholesky.factorize(&factor, order: order), "a sum of squares, and a diagonal")
    Cholesky.solve(factor, order: order, &solution, columns: 1)
    return solution
  }
}
