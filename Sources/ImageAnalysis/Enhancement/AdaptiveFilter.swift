import Convolutions
import FilterDesign
import Numerics
import Tensors

/// Tensor-controlled adaptive filtering: smooth along structures, sharp across them.
///
/// s = s_lp + Σ_k ⟨C, M_k⟩ s_k: the low frequencies pass everywhere, high ones only where the local
/// tensor T of quadrature filters says that there is a signal, and only in its directions
/// (``AdaptiveFilterControl``). H. Knutsson, R. Wilson, G. Granlund, *Anisotropic non-stationary image
/// estimation and its applications* (IEEE Transactions on Communications 31, 1983); Granlund and
/// Knutsson 1995, chapter 10.
public struct AdaptiveFilter: Sendable, Hashable {
  /// What the norm of a tensor is compared with.
  public enum Reference: Sendable, Hashable {
    /// The root mean square of ‖T‖ in white noise of the image's own level
    /// (``NoiseLevel/deviation(of:)``): ‖T‖ is in multiples of noise.
    case estimatedNoise
    /// The root mean square of ‖T‖ in white noise of a known standard deviation.
    case noise(deviation: Double)
    /// The largest ‖T‖ of the image.
    case largest
  }

  /// m and μ.
  public var control: AdaptiveFilterControl
  /// What ‖T‖ is divided by before m is applied.
  public var reference: Reference
  /// The quadrature filters' centre frequency, in radians per smallest spacing.
  public var centerFrequency: Double
  /// Their size, and that of the low- and high-pass filters, in taps along each axis; odd.
  public var support: Int
  /// The width of the averaging of tensors, in samples of the smallest spacing: σ of a Gaussian; 0 for
  /// none.
  public var tensorSigma: Double
  /// Where the low-pass ends, in radians per smallest spacing.
  public var cutoff: Double
  /// How often the filter is applied, each time to the result of the time before.
  public var iterations: Int
  /// The distance between samples along each axis; 1 unless given.
  public var spacing: [Double]?
  /// How the image continues.
  public var border: Border

  /// Parameters that suit photographs and volumes with a few percent of white noise.
  ///
  /// They maximise the sum of the PSNR of two photographs and a pattern of rings with white noise
  /// of a tenth of the range, among 240 randomly drawn sets.
  public init(
    control: AdaptiveFilterControl = AdaptiveFilterControl(),
    reference: Reference = .estimatedNoise,
    centerFrequency: Double = .pi / 3, support: Int = 9, tensorSigma: Double = 1,
    cutoff: Double = 1.4, iterations: Int = 1, spacing: [Double]? = nil, border: Border = .mirror
  ) {
    self.control = control
    self.reference = reference
    self.centerFrequency = centerFrequency
    self.support = support
    self.tensorSigma = tensorSigma
    self.cutoff = cutoff
    self.iterations = iterations
    self.spacing = spacing
    self.border = border
  }

  /// The enhanced image.
  ///
  /// - Parameter image: `[space…]`, 2 or 3 axes.
  /// - Throws: ``FiltersmithError`` when a parameter is out of range or the image is not finite.
  public func callAsFunction(_ image: Tensor<Float>) throws(FiltersmithError) -> Tensor<Float> {
    try plan(axes: image.rank).run(MaskedImage(finite: image))
  }

  /// The enhanced image, missing samples filled in.
  ///
  /// Tensors come from the bank's normalised responses and are averaged by their certainty; missing
  /// samples are filled in by normalised averaging before the image is filtered.
  ///
  /// - Throws: ``FiltersmithError`` when a parameter is out of range.
  public func callAsFunction(_ image: MaskedImage) throws(FiltersmithError) -> Tensor<Float> {
    try plan(axes: image.values.rank).run(image)
  }

  /// The control tensors C of an image.
  ///
  /// - Throws: ``FiltersmithError`` when a parameter is out of range or the image is not finite.
  public func controlTensor(of image: Tensor<Float>) throws(FiltersmithError) -> OrientationTensor {
    let plan = try plan(axes: image.rank)
    let image = try MaskedImage(finite: image)
    return plan.control(try plan.tensor(of: image), try plan.scale(of: image))
  }

  /// The designed filters, for several images of the same number of axes.
  private func plan(axes: Int) throws(FiltersmithError) -> Plan {
    guard (2...3).contains(axes) else {
      throw FiltersmithError(
        .shape, "adaptive filtering is for images and volumes; this image has \(axes) axes")
    }
    try control.validate()
    try FieldCheck.number(tensorSigma, 0...100, "the tensors' sigma")
    guard (1...100).contains(iterations) else {
      throw FiltersmithError(.argument, "\(iterations) iterations; 1 to 100 were expected")
    }
    if case .noise(let deviation) = reference {
      try FieldCheck.number(deviation, 0...1e30, "the deviation of the noise")
    }
    let spacing = try (self.spacing ?? [1]).perAxis(axes, "spacing", .positive)
    let smallest = spacing.min() ?? 1
    let relative = spacing.map { $0 / smallest }
    let support = Array(repeating: self.support, count: axes)
    return Plan(
      filter: self,
      bank: try QuadratureDesign(
        support: support, centerFrequency: centerFrequency,
        parameters: LeastSquaresParameters(spacing: relative)
      ).bank(),
      filters: try AdaptiveFilterBank(support: support, cutoff: cutoff, spacing: relative),
      sigma: relative.map { tensorSigma / $0 })
  }
}

extension MaskedImage {
  /// An image that is known completely.
  init(finite image: Tensor<Float>) throws(FiltersmithError) {
    try FieldCheck.image(image)
    try self.init(image)
  }

  /// The image with missing samples filled in by normalised averages, wider and wider until
  /// everything is filled; samples with a certainty between 0 and 1 are mixed with the average.
  ///
  /// - Parameter sigma: The first standard deviation in samples; it doubles each time.
  /// - Throws: ``FiltersmithError`` when sigma is not positive.
  public func filled(sigma: Double = 1) throws(FiltersmithError) -> Tensor<Float> {
    guard !isComplete else { return values }
    try FieldCheck.number(sigma, 0.3...1000, "the standard deviation for filling in")
    let largest = certainty.max() ?? 1
    let samples = values.count
    var result = try values.zip(with: certainty) { $1 > 0 ? $0 : .nan }
    var width = sigma
    let extent = Double(values.shape.max() ?? 1)
    while true {
      let smoothing = GaussianSmoothing(sigma: [width], border: .zero)
      let average = try smoothing(self)
      let isFirst = width == sigma
      result = Tensor(values.shape, samples: samples, from: [result, average.values, certainty]) {
        from, output, piece in
        for sample in piece {
          let (value, mean) = (from[0][sample], from[1][sample])
          if value.isNaN {
            output[sample] = mean
          } else if isFirst, from[2][sample] < largest {
            let share = from[2][sample] / largest
            output[sample] = mean.isNaN ? value : share * value + (1 - share) * mean
          } else {
            output[sample] = value
          }
        }
      }
      if result.isFinite { return result }
      width *= 2
      // Wider than the image: whatever is left takes the mean of all known samples.
      if width > 4 * extent {
        let mean = weighted.sum() / certainty.sum()
        return result.map { $0.isNaN ? mean : $0 }
      }
    }
  }
}
