import Tensors

/// An image with samples that are missing, or less certain than others.
///
/// A certainty c of 0 says that nothing is known of a sample, 1 that it is fully known. Normalised
/// convolution ({a * cf} / {a * c} in its simplest form) takes that into account wherever a
/// ``MaskedImage`` is accepted (H. Knutsson and C.-F. Westin, *Normalized and differential convolution*,
/// CVPR 1993).
public struct MaskedImage: Sendable, Hashable {
  /// The samples f, `[space…]`; 0 where they are missing.
  public let values: Tensor<Float>
  /// The certainties c, `[space…]`, none negative.
  public let certainty: Tensor<Float>

  /// An image and how well it is known.
  ///
  /// Samples that are not finite (NaN) count as missing, whatever their certainty.
  ///
  /// - Parameters:
  ///   - image: `[space…]`, 1 to 4 axes.
  ///   - certainty: One value of at least 0 per sample; 1 everywhere unless given.
  /// - Throws: ``FiltersmithError`` when the shapes differ, a certainty is negative or not finite, or
  ///   no sample is known at all.
  public init(_ image: Tensor<Float>, certainty: Tensor<Float>? = nil) throws(FiltersmithError) {
    guard (1...4).contains(image.rank), image.count > 0 else {
      throw FiltersmithError(
        .shape,
        "the image has shape \(image.shape); 1 to 4 axes that are not empty were expected")
    }
    if let certainty {
      try FieldCheck.equalShapes(image.shape, "the image", certainty.shape, "its mask")
      if let place = certainty.elements.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
        throw FiltersmithError(
          .argument,
          "the mask holds \(certainty.elements[place]) at \(certainty.shape.index(at: place)); "
            + "certainties are finite and not negative")
      }
    }
    let known = image.map { $0.isFinite ? Float(1) : 0 }
    self.certainty =
      try certainty.map { mask throws(FiltersmithError) in try mask * known } ?? known
    values = try image.zip(with: self.certainty) { $1 > 0 ? $0 : 0 }
    guard self.certainty.elements.contains(where: { $0 > 0 }) else {
      throw FiltersmithError(.argument, "no sample of the image \(image.shape) is known")
    }
  }

  /// Whether every sample is as certain as any other.
  public var isComplete: Bool {
    let first = certainty.elements[0]
    return first > 0 && certainty.elements.allSatisfy { $0 == first }
  }

  /// c f.
  var weighted: Tensor<Float> {
    Tensor(values.shape, samples: values.count, from: [values, certainty]) { from, output, piece in
      for sample in piece { output[sample] = from[0][sample] * from[1][sample] }
    }
  }
}
