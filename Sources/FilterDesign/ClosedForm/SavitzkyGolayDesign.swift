import Tensors

/// Smoothing and differentiation by a least-squares polynomial through the taps of each axis.
///
/// Along an axis the response is the derivative, at the centre, of the polynomial of the degree that
/// best fits the samples under the filter: exact for signals that are such polynomials. In 1D the
/// coefficients of `scipy.signal.savgol_coeffs(taps, degree, deriv=order)`; in N-D the product over axes.
/// A rising ramp gives a positive response to order 1.
public struct SavitzkyGolayDesign: BankFamily {
  /// Taps per axis, odd.
  public var support: [Int]
  /// The degree of the polynomial, below the number of taps.
  public var degree: Int
  /// One filter each: the order of the derivative along every axis; zeros smooth.
  public var orders: [[Int]]

  /// Polynomial filters of the given orders, by default one smoothing filter.
  public init(support: [Int], degree: Int, orders: [[Int]]? = nil) {
    self.support = support
    self.degree = degree
    self.orders = orders ?? [support.map { _ in 0 }]
  }

  /// The highest degree, beyond which the polynomials lose their digits.
  public static let largestDegree = 12

  /// The name of the family.
  public var family: String { "savitzkygolay" }

  /// Checks sizes, degree and orders.
  public func validate() throws(FiltersmithError) {
    try ParameterCheck.support(support, odd: true, filters: orders.count, of: family)
    guard degree >= 0, degree <= Self.largestDegree, support.allSatisfy({ $0 > degree }) else {
      throw FiltersmithError(
        .argument,
        "degree \(degree) of the savitzkygolay filters must lie between 0 and \(Self.largestDegree) and below the number of taps \(support)"
      )
    }
    try ParameterCheck.orders(orders, dimensions: support.count, atMost: degree, of: family)
  }

  /// Makes one filter for each of the orders.
  public func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank {
    try validate()
    let kernels = orders.map { order in
      KernelConstruction.product(
        zip(order, support).map { order, taps in
          DiscretePolynomials.derivative(
            order: order, degree: degree, weights: Array(repeating: 1, count: taps))
        })
    }
    return try KernelConstruction.bank(
      kernels, directions: KernelConstruction.directions(ofOrders: orders),
      design: .savitzkyGolay(self), labels: orders.map(FilterLabels.name(ofDerivative:)))
  }
}
