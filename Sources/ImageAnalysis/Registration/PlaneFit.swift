import Convolutions
import LinearAlgebra
import Numerics
import Tensors

/// Smoothing of fields by planes: at every sample a plane is fitted to the known values around it,
/// each neighbour weighted by its certainty and distance, and gives the value there.
///
/// Normalised convolution with the basis 1, x_1, … x_D and a Gaussian as applicability. Linear fields are
/// preserved, so that a field continues linearly where nothing is known of it; an average would stay
/// constant (H. Knutsson and C.-F. Westin, *Normalized and differential convolution*, CVPR 1993; G.
/// Farnebäck, *Polynomial expansion*, 2002).
struct PlaneFit {
  /// The Gaussian's standard deviation, in samples.
  let sigma: Double
  /// How strongly slopes are penalised: as if each sample said that they were 0, with this fraction
  /// of its certainty, at a distance of σ.
  let slopePenalty: Double

  /// The fitted values, `[channels, space…]`.
  ///
  /// - Parameters:
  ///   - field: `[channels, space…]`.
  ///   - certainty: `[space…]`, not negative; where there is none nearby the field stays as it is.
  func callAsFunction(
    _ field: Tensor<Float>, certainty: Tensor<Float>
  ) throws(FiltersmithError) -> Tensor<Float> {
    let space = certainty.shape
    let (axes, samples, channels) = (space.rank, space.elementCount, field.shape[0])
    let weighted = Tensor<Float>(field.shape, samples: samples, from: [field, certainty]) {
      from, output, piece in
      for channel in 0..<channels {
        for sample in piece {
          let place = channel * samples + sample
          output[place] = from[0][place] * from[1][sample]
        }
      }
    }
    let weights = try moments(
      certainty.reshaped(to: Shape([1]) + space), axis: axes, order: 2)
    let sums = try moments(weighted, axis: axes, order: 1)
    // 1, x_1, …: the basis, and where the moments of two of its functions are.
    let basis = (0...axes).map { function in
      (1...axes).map { $0 == function ? 1 : 0 }
    }
    let products = basis.flatMap { first in
      basis.map { second in
        let exponents = zip(first, second).map { $0 + $1 }
        return weights.firstIndex { $0.exponents == exponents } ?? 0
      }
    }
    let sides = basis.map { function in sums.firstIndex { $0.exponents == function } ?? 0 }
    let penalty = slopePenalty * sigma * sigma
    let (weightCount, size) = (weights.count, axes + 1)
    return Tensor(
      field.shape, samples: samples,
      from: weights.map(\.values) + sums.map(\.values) + [field]
    ) { from, output, piece in
      var solver = SmallCholesky(order: size)
      for sample in piece {
        let known = Double(from[products[0]][sample])
        for (place, product) in products.enumerated() {
          solver.matrix[place] = Double(from[product][sample])
        }
        for function in 0..<size {
          // Where all known values lie on a line, the slope across it is 0.
          if function > 0 { solver.matrix[function * (size + 1)] += (penalty + 1e-6) * known }
          solver.side[function] = function == 0 ? 1 : 0
        }
        let isKnown = known > Double(Float.leastNormalMagnitude) && solver.solve() != nil
        for channel in 0..<channels {
          let place = channel * samples + sample
          guard isKnown else {
            output[place] = from[from.count - 1][place]
            continue
          }
          var value = 0.0
          for function in 0..<size {
            value += solver.side[function] * Double(from[weightCount + sides[function]][place])
          }
          output[place] = Float(value)
        }
      }
    }
  }

  /// A field summed over the window with products of offsets as weights.
  private struct Moment {
    /// The exponent of the offset along each axis.
    let exponents: [Int]
    let values: Tensor<Float>
  }

  /// All moments of a field up to an order, along the axes before one.
  private func moments(
    _ field: Tensor<Float>, axis: Int, order: Int
  ) throws(FiltersmithError) -> [Moment] {
    guard axis > 0 else { return [Moment(exponents: [], values: field)] }
    var result: [Moment] = []
    for exponent in 0...order {
      let summed = try summed(field, axis: axis, exponent: exponent)
      for moment in try moments(summed, axis: axis - 1, order: order - exponent) {
        result.append(
          Moment(exponents: moment.exponents + [exponent], values: moment.values))
      }
    }
    return result
  }

  /// Σ g(e) e^exponent f(x + e) along an axis of `[channels, space…]`.
  private func summed(
    _ field: Tensor<Float>, axis: Int, exponent: Int
  ) throws(FiltersmithError) -> Tensor<Float> {
    let radius = max(Int(4 * sigma + 0.5), 1)
    let gaussian = (-radius...radius).map { Double.exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
    let sum = gaussian.reduce(0, +)
    let taps = zip(gaussian, -radius...radius).map {
      Float($0 / sum * Double.pow(Double($1), exponent))
    }
    var extents = [Int](repeating: 1, count: field.rank)
    extents[axis] = taps.count
    return try field.filtered(by: Tensor(shape: Shape(extents), elements: taps), border: .zero)
      .reshaped(to: field.shape)
  }
}
