import Tensors

/// Polynomials that are orthogonal over the taps of an axis, and the derivative filters they give.
enum DiscretePolynomials {
  /// The filter w(x) p(x), p of the least degree possible, whose convolution with any polynomial of
  /// at most `degree` is the polynomial's derivative of the order.
  ///
  /// With monic p_k orthogonal under w (recurrence of Stieltjes, for symmetric w),
  /// f = (−1)^order · w Σ_k p_k^(order)(0) p_k / ‖p_k‖², k = order … degree.
  ///
  /// - Parameters:
  ///   - order: The order of the derivative, at most `degree`.
  ///   - degree: The degree up to which it is exact, below the number of taps.
  ///   - weights: Symmetric positive weights, one per tap of an odd number.
  static func derivative(order: Int, degree: Int, weights: [Double]) -> [Double] {
    let positions = KernelConstruction.coordinates(weights.count)
    func dot(_ left: [Double], _ right: [Double]) -> Double {
      var sum = 0.0
      for index in weights.indices { sum += weights[index] * left[index] * right[index] }
      return sum
    }
    // Values over the taps, and the coefficients of the powers of x, of p_k and p_(k−1)
    var values = [Double](repeating: 1, count: weights.count)
    var before = [Double](repeating: 0, count: weights.count)
    var coefficients = [1.0]
    var coefficientsBefore: [Double] = []
    var square = dot(values, values)
    var filter = [Double](repeating: 0, count: weights.count)
    let factorial = (0..<order).reduce(1.0) { $0 * Double($1 + 1) }
    let sign: Double = order % 2 == 0 ? 1 : -1
    for k in 0...degree {
      if k >= order {
        let amount = sign * factorial * coefficients[order] / square
        for index in filter.indices { filter[index] += amount * weights[index] * values[index] }
      }
      guard k < degree else { break }
      // p_(k+1) = x p_k − (‖p_k‖² / ‖p_(k−1)‖²) p_(k−1)
      let ratio = k == 0 ? 0 : square / dot(before, before)
      let next = values.indices.map { positions[$0] * values[$0] - ratio * before[$0] }
      var nextCoefficients = [0.0] + coefficients
      for (power, coefficient) in coefficientsBefore.enumerated() {
        nextCoefficients[power] -= ratio * coefficient
      }
      (before, values) = (values, next)
      (coefficientsBefore, coefficients) = (coefficients, nextCoefficients)
      square = dot(values, values)
    }
    return filter
  }
}
