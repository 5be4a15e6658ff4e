import Convolutions
import FilterDesign
import Tensors

extension OrientationTensor {
  /// The field averaged with a Gaussian, component by component.
  ///
  /// Averaging tensors, unlike averaging angles, is free of jumps: opposite directions support each
  /// other and different ones make the tensor rounder.
  ///
  /// - Parameters:
  ///   - sigma: The standard deviation in samples, the same along every axis.
  ///   - border: How the field continues.
  /// - Throws: ``FiltersmithError`` when sigma is not positive or the border changes the size.
  public func smoothed(
    sigma: Double, border: Border = .mirror
  ) throws(FiltersmithError) -> OrientationTensor {
    try smoothed(sigma: [sigma].perAxis(dimensions, "sigma", .positive), border: border)
  }

  /// The field averaged with a Gaussian, its standard deviations in samples one for all axes or one for
  /// each; 0 for none.
  ///
  /// - Throws: ``FiltersmithError`` when the standard deviations do not fit, or the border changes the size.
  public func smoothed(
    sigma: [Double], border: Border = .mirror
  ) throws(FiltersmithError) -> OrientationTensor {
    let sigma = try sigma.perAxis(dimensions, "sigma", .notNegative)
    return try OrientationTensor(
      components: GaussianAverage(sigma: sigma, border: border)(components))
  }

  /// The field averaged with a Gaussian, tensors weighted by how well they are known.
  ///
  /// {a * cT} / {a * c}, and the certainty {a * c} of the averages. Samples beyond the edges count
  /// as missing.
  ///
  /// - Parameters:
  ///   - sigma: The standard deviations in samples, one for all axes or one for each; 0 for none.
  ///   - certainty: c, `[space…]`, none negative.
  /// - Throws: ``FiltersmithError`` when the standard deviations or shapes do not fit.
  public func smoothed(
    sigma: [Double], certainty: Tensor<Float>
  ) throws(FiltersmithError) -> (tensor: OrientationTensor, certainty: Tensor<Float>) {
    try FieldCheck.equalShapes(imageShape, "the tensors", certainty.shape, "their certainty")
    let sigma = try sigma.perAxis(dimensions, "sigma", .notNegative)
    let (count, samples) = (components.shape[0], imageShape.elementCount)
    let weighted = Tensor<Float>(
      Shape([count + 1]) + imageShape, samples: samples, from: [components, certainty]
    ) { from, output, piece in
      for sample in piece {
        let weight = from[1][sample]
        for component in 0..<count {
          output[component * samples + sample] = weight * from[0][component * samples + sample]
        }
        output[count * samples + sample] = weight
      }
    }
    let sums = try GaussianAverage(sigma: sigma, border: .zero)(weighted)
    let averages = Tensor<Float>(
      components.shape, samples: samples, from: [sums]
    ) { from, output, piece in
      for sample in piece {
        let weight = from[0][count * samples + sample]
        let scale = weight > NormalizedConvolution.leastCertainty ? 1 / weight : 0
        for component in 0..<count {
          output[component * samples + sample] = from[0][component * samples + sample] * scale
        }
      }
    }
    let known = try sums.selected(axis: 0, at: count)
      .map { $0 > NormalizedConvolution.leastCertainty ? $0 : 0 }
    return (try OrientationTensor(components: averages), known)
  }
}
