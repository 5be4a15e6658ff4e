import Convolutions
import FilterDesign
import Numerics
import Tensors

extension FilterBank {
  /// The bank applied to an image with missing samples.
  ///
  /// Every response is that to the difference from the local mean: q = (h * cf − m (h * c)) / {a * c}, m
  /// = {a * cf} / {a * c}, with the filters' own envelope Σ_k |h_k| as the applicability a, scaled to sum
  /// 1. The edges of the known samples then give no response, and with c = 1 it is the ordinary response
  /// of a filter without DC (Knutsson and Westin 1993, normalised differential convolution). Samples
  /// beyond the image's edges count as missing.
  ///
  /// - Parameter image: As many axes as the filters.
  /// - Returns: The responses, and how well each is known: {a * c}, from 0 to 1.
  /// - Throws: ``FiltersmithError`` when the image's axes do not fit the filters'.
  public func responses(
    to image: MaskedImage, algorithm: Algorithm = .automatic
  ) throws(FiltersmithError) -> (responses: Responses<Float>, certainty: Tensor<Float>) {
    guard image.values.rank == dimensions else {
      throw FiltersmithError(
        .shape,
        "filters of support \(support) apply to images of \(dimensions) axes; the image has shape "
          + "\(image.values.shape)")
    }
    let signal = try responses(to: image.weighted, border: .zero, algorithm: algorithm)
    let known = try responses(to: image.certainty, border: .zero, algorithm: algorithm)
    let envelope = try envelope()
    let sums = try NormalizedConvolution.correlated(
      [image.weighted, image.certainty], with: [envelope])
    let samples = image.values.count
    let channels = signal.parts.count / samples
    let parts = Tensor<Float>(
      signal.parts.shape, samples: samples, from: [signal.parts, known.parts, sums]
    ) { from, output, piece in
      for sample in piece {
        let weight = from[2][samples + sample]
        let isKnown = weight > NormalizedConvolution.leastCertainty
        let scale = isKnown ? 1 / weight : 0
        let mean = from[2][sample] * scale
        for channel in 0..<channels {
          let place = channel * samples + sample
          output[place] = (from[0][place] - mean * from[1][place]) * scale
        }
      }
    }
    let certainty = try sums.selected(axis: 0, at: 1).reshaped(to: image.values.shape)
      .map { $0 > NormalizedConvolution.leastCertainty ? min($0, 1) : 0 }
    return (Responses(bank: self, border: .zero, parts: parts), certainty)
  }

  /// Σ_k |h_k(x)|, reflected as the engine needs it, scaled to sum 1.
  private func envelope() throws(FiltersmithError) -> Tensor<Double> {
    let kernels = complexKernels.magnitude()
    let sum = try kernels.sum(axes: [0]).reshaped(to: support).flipped()
    let total = sum.sum()
    guard total > 0 else {
      throw FiltersmithError(.argument, "all filters of the bank are zero")
    }
    // An odd extent, so that the center is that of the filters whatever their size.
    guard support.allSatisfy({ $0 % 2 == 1 }) else {
      throw FiltersmithError(
        .argument, "filters of even size \(support) cannot be normalised; odd ones can")
    }
    return sum.map { $0 / total }
  }
}
