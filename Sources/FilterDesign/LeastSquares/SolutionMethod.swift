import Tensors

/// How the normal equations of a design are solved.
public enum SolutionMethod: Sendable, Hashable {
  /// Cholesky where it takes seconds and fits in memory, otherwise conjugate gradients.
  case automatic
  /// Dense Cholesky factorisation of the systems the equations split into.
  case cholesky
  /// Conjugate gradients with the Fourier transform as the matrix–vector product.
  ///
  /// - Parameters:
  ///   - tolerance: The relative residual ‖b − A f‖ / ‖b‖ to reach.
  ///   - maximumIterations: The design fails after this many steps for one kernel.
  case conjugateGradients(tolerance: Double = 1e-12, maximumIterations: Int = 5000)

  /// Floating-point operations of a factorisation that takes only seconds.
  static let affordableOperations = 3e11
}

/// A report of how a design was solved.
public struct DesignReport: Sendable, Hashable {
  /// The method used; never `.automatic`.
  public var method: SolutionMethod
  /// The symmetry of the weights.
  public var symmetry: DesignSymmetry
  /// The number of unknowns of each system that was solved.
  public var unknowns: [Int]
  /// For conjugate gradients, how each kernel's solution ended; otherwise empty.
  public var convergence: [Convergence] = []

  /// The report in a sentence or two.
  public var explanation: String {
    let split =
      switch symmetry {
      case .axes: "weights even along every axis"
      case .center: "weights even about the centre"
      case .none: "weights without symmetry"
      }
    switch method {
    case .conjugateGradients:
      let iterations = convergence.map(\.iterations).max() ?? 0
      let residual = convergence.map(\.residual).max() ?? 0
      return "conjugate gradients, \(unknowns.first ?? 0) unknowns; "
        + "at most \(iterations) iterations, relative residual at most \(residual)"
    case .automatic, .cholesky:
      let systems = unknowns.count == 1 ? "one system" : "\(unknowns.count) systems"
      return "Cholesky factorisation of \(systems) of at most \(unknowns.max() ?? 0) unknowns "
        + "(\(split))"
    }
  }
}
