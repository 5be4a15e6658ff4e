import FilterDesign
import LinearAlgebra
import Numerics
import Tensors

extension AdaptiveFilter {
  /// Designed filters, ready for images.
  struct Plan {
    let filter: AdaptiveFilter
    let bank: FilterBank
    let filters: AdaptiveFilterBank
    /// The tensors' averaging along each axis, in samples.
    let sigma: [Double]

    func run(_ image: MaskedImage) throws(FiltersmithError) -> Tensor<Float> {
      let scale = try scale(of: image)
      var tensors = try tensor(of: image)
      var result = try image.filled()
      for iteration in 0..<filter.iterations {
        if iteration > 0 { tensors = try tensor(of: MaskedImage(finite: result)) }
        let low = try filters.lowPass.responses(to: result, border: filter.border)
        let high = try filters.highPass.responses(to: result, border: filter.border)
        result = combined(low.parts, high.parts, control(tensors, scale), shape: result.shape)
      }
      return result
    }

    /// T, averaged.
    func tensor(of image: MaskedImage) throws(FiltersmithError) -> OrientationTensor {
      if image.isComplete {
        return try OrientationTensor(
          magnitudes: bank.magnitudes(of: image.values, border: filter.border),
          directions: bank.directions
        ).smoothed(sigma: sigma, border: filter.border)
      }
      let (responses, certainty) = try bank.responses(to: image)
      return try responses.orientationTensor().smoothed(sigma: sigma, certainty: certainty).tensor
    }

    /// The factor that ‖T‖ is multiplied by.
    func scale(of image: MaskedImage) throws(FiltersmithError) -> Float {
      let unit: Double
      switch filter.reference {
      case .largest:
        unit = Double(try tensor(of: image).norm.max() ?? 0)
      case .noise(let deviation):
        unit = try noiseNorm(axes: image.values.rank) * deviation
      case .estimatedNoise:
        let deviation = try NoiseLevel.deviation(of: image.filled())
        unit = try noiseNorm(axes: image.values.rank) * deviation
      }
      // Without noise every tensor is a signal.
      return unit > 0 ? Float(1 / unit) : 1e30
    }

    /// √(mean ‖T‖²) in white noise of standard deviation 1, measured on a sample of it.
    private func noiseNorm(axes: Int) throws(FiltersmithError) -> Double {
      var random = RandomSource(seed: 1)
      let extent = max(axes == 2 ? 128 : 40, 3 * filter.support)
      let noise = Tensor<Float>.normal(
        shape: Shape(Array(repeating: extent, count: axes)), using: &random)
      return try tensor(of: MaskedImage(finite: noise)).norm.meanSquare.squareRoot()
    }

    /// C: the tensors with eigenvalues γ_i in place of λ_i.
    func control(_ tensors: OrientationTensor, _ scale: Float) -> OrientationTensor {
      let (axes, samples) = (tensors.dimensions, tensors.imageShape.elementCount)
      let places = (0..<axes * axes).map {
        SymmetricMatrix.position($0 / axes, $0 % axes, order: axes)
      }
      let control = filter.control
      let components = Tensor<Float>(
        tensors.components.shape, samples: samples, from: [tensors.components]
      ) { from, output, piece in
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * axes * axes + axes) {
          scratch in
          let matrix = UnsafeMutableBufferPointer(rebasing: scratch[..<(axes * axes)])
          let basis = UnsafeMutableBufferPointer(
            rebasing: scratch[(axes * axes)..<(2 * axes * axes)])
          let gains = UnsafeMutableBufferPointer(rebasing: scratch[(2 * axes * axes)...])
          for sample in piece {
            var square = 0.0
            for element in 0..<axes * axes {
              let value = Double(from[0][places[element] * samples + sample])
              matrix[element] = value
              square += value * value
            }
            JacobiRotations.diagonalize(matrix, vectors: basis, order: axes)
            gains[0] = control.strength(square.squareRoot() * Double(scale))
            for axis in 1..<axes {
              let (before, here) = (matrix[(axis - 1) * (axes + 1)], matrix[axis * (axes + 1)])
              gains[axis] = gains[axis - 1] * control.passage(before > 0 ? here / before : 0)
            }
            for row in 0..<axes {
              for column in row..<axes {
                var sum = 0.0
                for axis in 0..<axes {
                  sum += gains[axis] * basis[axis * axes + row] * basis[axis * axes + column]
                }
                output[places[row * axes + column] * samples + sample] = Float(sum)
              }
            }
          }
        }
      }
      return OrientationTensor(unchecked: components)
    }

    /// s_lp + Σ_k ⟨C, M_k⟩ s_k.
    private func combined(
      _ low: Tensor<Float>, _ high: Tensor<Float>, _ control: OrientationTensor, shape: Shape
    ) -> Tensor<Float> {
      let samples = shape.elementCount
      // Elements off the diagonal count twice.
      let weights = filters.duals.tensors.map { tensor in
        (0..<tensor.order).flatMap { row in
          (row..<tensor.order).map { Float(tensor[row, $0] * (row == $0 ? 1 : 2)) }
        }
      }
      return Tensor(shape, samples: samples, from: [low, high, control.components]) {
        from, output, piece in
        for sample in piece { output[sample] = from[0][sample] }
        for (filter, weights) in weights.enumerated() {
          let response = from[1].pointer + filter * samples
          for sample in piece {
            var gain: Float = 0
            for component in weights.indices {
              gain += weights[component] * from[2][component * samples + sample]
            }
            output[sample] += gain * response[sample]
          }
        }
      }
    }
  }
}
