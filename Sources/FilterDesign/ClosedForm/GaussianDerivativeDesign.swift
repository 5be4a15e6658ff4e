import Tensors

/// Derivatives of a Gaussian, of any order along each axis.
///
/// Convolved with a signal they give the derivative of the smoothed signal: a rising ramp gives a
/// positive response to order 1. Derivatives are per sample, to the power of the order.
public struct GaussianDerivativeDesign: BankFamily {
  /// The standard deviation along each axis, in samples.
  public var sigma: [Double]
  /// One filter each: the order of the derivative along every axis; `[0, 1]` is ∂/∂x in 2D.
  public var orders: [[Int]]
  /// The cut-off in standard deviations: the radius is ⌊truncation · σ + ½⌋.
  public var truncation: Double
  /// How the continuous function becomes taps.
  public var discretization: DerivativeDiscretization

  /// Derivatives of the given orders.
  public init(
    sigma: [Double], orders: [[Int]], truncation: Double = 4,
    discretization: DerivativeDiscretization = .sampled
  ) {
    self.sigma = sigma
    self.orders = orders
    self.truncation = truncation
    self.discretization = discretization
  }

  /// All derivatives of a total order: of order 1 in 2D ∂/∂y and ∂/∂x, of order 2 yy, yx and xx.
  public init(
    sigma: [Double], totalOrder: Int, truncation: Double = 4,
    discretization: DerivativeDiscretization = .sampled
  ) {
    self.init(
      sigma: sigma, orders: Self.orders(total: totalOrder, dimensions: sigma.count),
      truncation: truncation, discretization: discretization)
  }

  /// Every way of distributing an order among axes, that of the first axis descending: yy, yx, xx.
  public static func orders(total: Int, dimensions: Int) -> [[Int]] {
    guard total >= 0, total <= largestOrder, dimensions >= 1, dimensions <= 4 else { return [] }
    guard dimensions > 1 else { return [[total]] }
    return stride(from: total, through: 0, by: -1).flatMap { first in
      orders(total: total - first, dimensions: dimensions - 1).map { [first] + $0 }
    }
  }

  /// The highest order along one axis, beyond which the polynomials lose their digits.
  public static let largestOrder = 12

  /// The name of the family.
  public var family: String { "derivative" }

  /// Checks that widths are positive, orders sensible, and that there are enough taps for the orders.
  public func validate() throws(FiltersmithError) {
    try GaussianFactor.check(sigma: sigma, truncation: truncation, of: family)
    try ParameterCheck.orders(
      orders, dimensions: sigma.count, atMost: Self.largestOrder, of: family)
    try ParameterCheck.support(
      sigma.map { 2 * GaussianFactor.radius(sigma: $0, truncation: truncation) + 1 }, odd: true,
      filters: orders.count, of: family)
    for order in orders {
      for (order, sigma) in zip(order, sigma) {
        let taps = 2 * GaussianFactor.radius(sigma: sigma, truncation: truncation) + 1
        guard order < taps else {
          throw FiltersmithError(
            .argument,
            "a derivative of order \(order) needs more than the \(taps) taps that sigma \(sigma) cut off at \(truncation) sigma gives"
          )
        }
      }
    }
  }

  /// Makes one filter for each of the orders.
  public func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank {
    try validate()
    let kernels = orders.map { order in
      KernelConstruction.product(
        zip(order, sigma).map { order, sigma in
          let radius = GaussianFactor.radius(sigma: sigma, truncation: truncation)
          return switch discretization {
          case .sampled:
            GaussianFactor.sampledDerivative(order: order, sigma: sigma, radius: radius)
          case .exactMoments:
            DiscretePolynomials.derivative(
              order: order, degree: order,
              weights: GaussianFactor.smooth(sigma: sigma, radius: radius))
          }
        })
    }
    return try KernelConstruction.bank(
      kernels, directions: KernelConstruction.directions(ofOrders: orders),
      design: .derivative(self),
      labels: orders.map(FilterLabels.name(ofDerivative:)))
  }
}
