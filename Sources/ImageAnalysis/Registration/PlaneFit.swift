import Convolutions
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
    let exponents = PlaneEquations.moments(axes: axes)
    let size = axes + 1
    let weights = try moments(of: certainty.reshaped(to: Shape([1]) + space), exponents[...])
    let sums = try moments(of: weighted, exponents.prefix(size))
    let penalty = slopePenalty * sigma * sigma
    return Tensor(field.shape, samples: samples, from: weights + sums + [field]) {
      from, output, piece in
      var equations = PlaneEquations(axes: axes)
      for sample in piece {
        equations.setMatrix { Double(from[$0][sample]) }
        let known = equations.solver.matrix[0]
        for function in 0..<size {
          // Where all known values lie on a line, the slope across it is 0.
          if function > 0 {
            equations.solver.matrix[function * (size + 1)] += (penalty + 1e-6) * known
          }
          equations.solver.side[function] = function == 0 ? 1 : 0
        }
        let isKnown =
          known > Double(Float.leastNormalMagnitude) && equations.solver.solve() != nil
        for channel in 0..<channels {
          let place = channel * samples + sample
          guard isKnown else {
            output[place] = from[from.count - 1][place]
            continue
          }
          var value = 0.0
          for function in 0..<size {
            value +=
              equations.solver.side[function] * Double(from[exponents.count + function][place])
          }
          output[place] = Float(value)
        }
      }
    }
  }

  /// Moments of `[channels, space…]` over the window, axis by axis from the last: sums along an axis
  /// serve all moments that share them.
  private func moments(
    of field: Tensor<Float>, _ exponents: ArraySlice<[Int]>
  ) throws(FiltersmithError) -> [Tensor<Float>] {
    var sums: [ArraySlice<Int>: Tensor<Float>] = [:]
    var moments: [Tensor<Float>] = []
    for powers in exponents {
      var sum = field
      for axis in powers.indices.reversed() {
        if let known = sums[powers[axis...]] {
          sum = known
        } else {
          sum = try summed(sum, axis: axis + 1, exponent: powers[axis])
          sums[powers[axis...]] = sum
        }
      }
      moments.append(sum)
    }
    return moments
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
