import Convolutions
import FilterDesign
import SIMDLoops
import Tensors

/// Edges by Canny's method: one sample wide, and continuous where they fade.
///
/// The image is smoothed by a Gaussian and differentiated by Sobel's operator; samples are kept where
/// the slope is largest along its direction, compared with values interpolated between neighbours; of
/// those above the lower threshold all that are connected to one above the upper threshold are edges
/// (Canny 1986). What lies outside the image or its mask is left out of the smoothing, and samples at
/// that border are not edges. With `.absolute` thresholds of an eighth, the edges are those of
/// `skimage.feature.canny`, whose Sobel operator is not divided by 8.
public struct Canny: Sendable, Hashable {
  /// The slopes from which a sample may be an edge.
  public enum Thresholds: Sendable, Hashable {
    /// Slopes, in units of value per sample.
    case absolute(low: Double, high: Double)
    /// Slopes below which these fractions of all samples lie, from 0 to 1.
    case quantiles(low: Double, high: Double)

    var numbers: (low: Double, high: Double) {
      switch self {
      case .absolute(let low, let high), .quantiles(let low, let high): (low, high)
      }
    }
  }

  /// The standard deviation of the Gaussian, in samples; 0 does not smooth.
  public var sigma: Double
  /// The lower and the upper threshold.
  public var thresholds: Thresholds

  /// Edges of the given scale.
  public init(
    sigma: Double = 1.5, thresholds: Thresholds = .quantiles(low: 0.8, high: 0.92)
  ) {
    self.sigma = sigma
    self.thresholds = thresholds
  }

  /// Where the edges are.
  ///
  /// - Parameters:
  ///   - image: `[y, x]`.
  ///   - mask: Which samples are known; all unless given.
  /// - Throws: ``FiltersmithError`` for another number of axes, a value that is not finite, a mask of
  ///   another shape, or a parameter outside its range.
  public func callAsFunction(
    _ image: Tensor<Float>, mask: Tensor<Bool>? = nil
  ) throws(FiltersmithError) -> Tensor<Bool> {
    let largest = try validate(image, mask)
    guard image.count > 0 else { return image.map { _ in false } }
    let slopes = try slopes(of: smoothed(image, mask))
    let known = mask.map { mask in Self.interior(of: mask) }
    let (low, high) = try limits(slopes.magnitude, known, largest: largest)
    var codes = Self.thinned(slopes, low: low, high: high)
    if let known {
      codes.withUnsafeMutableElements { codes in
        for place in codes.indices where !known.elements[place] { codes[place] = 0 }
      }
    }
    return Self.connected(&codes)
  }

  /// Checks everything; returns the image's largest magnitude.
  private func validate(
    _ image: Tensor<Float>, _ mask: Tensor<Bool>?
  ) throws(FiltersmithError) -> Float {
    let (low, high) = thresholds.numbers
    guard image.rank == 2 else {
      throw FiltersmithError(.shape, "Canny's edges are those of [y, x]; given \(image.shape)")
    }
    if let mask, mask.shape != image.shape {
      throw FiltersmithError(.shape, "mask \(mask.shape) does not fit the image \(image.shape)")
    }
    var isRight = low >= 0 && low <= high && high.isFinite
    if case .quantiles = thresholds { isRight = isRight && high <= 1 }
    guard isRight, sigma >= 0, sigma <= 1000 else {
      throw FiltersmithError(
        .argument,
        "sigma \(sigma) and thresholds \(low) to \(high); sigma is 0 to 1000, thresholds are 0 or more "
          + "(quantiles at most 1) and ascend")
    }
    return try FiniteImage.largestMagnitude(of: image)
  }

  /// Gaussian smoothing over known samples only.
  private func smoothed(
    _ image: Tensor<Float>, _ mask: Tensor<Bool>?
  ) throws(FiltersmithError) -> Tensor<Float> {
    guard sigma > 0 else { return image }
    let kernel = try GaussianDesign(sigma: sigma, dimensions: 2).bank().even
      .selected(axis: 0, at: 0).map { Float($0) }
    guard let mask else {
      var result = try image.correlated(with: kernel, border: .zero)
      let factors = try image.shape.map { extent throws(FiltersmithError) in
        try Self.inverseWeights(sigma, extent)
      }
      let (height, width) = (image.shape[0], image.shape[1])
      let radius = kernel.shape[0] / 2
      result.withUnsafeMutableElements { values in
        for y in 0..<height {
          let isNearEdge = y < radius || y >= height - radius
          for x in 0..<width {
            if !isNearEdge, x >= radius, x < width - radius { continue }
            values[y * width + x] *= factors[0][y] * factors[1][x]
          }
        }
      }
      return result
    }
    let known = mask.map { $0 ? Float(1) : 0 }
    let sums = try (image * known).correlated(with: kernel, border: .zero)
    let weights = try known.correlated(with: kernel, border: .zero)
    return try sums.zip(with: weights) { $0 / Swift.max($1, .leastNormalMagnitude) }
  }

  /// One over the part of the Gaussian that lies inside, for every position along an axis.
  private static func inverseWeights(
    _ sigma: Double, _ extent: Int
  ) throws(FiltersmithError) -> [Float] {
    let taps = try GaussianDesign(sigma: [sigma]).bank().even.elements
    let radius = taps.count / 2
    return (0..<extent).map { place in
      let inside = max(-radius, -place)...min(radius, extent - 1 - place)
      return Float(1 / inside.reduce(0) { $0 + taps[$1 + radius] })
    }
  }

  /// Slopes along y and x, and their magnitude with one sample around it.
  private struct Slopes {
    /// `[2, y, x]`.
    var gradient: Tensor<Float>
    /// `[y, x]`.
    var magnitude: Tensor<Float>
  }

  private func slopes(of image: Tensor<Float>) throws(FiltersmithError) -> Slopes {
    let (height, width) = (image.shape[0], image.shape[1])
    let bank = try GradientDesign(.sobel).bank()
    let responses = try bank.responses(to: image, border: .symmetric)
    let gradient = try responses.parts.reshaped(to: [2, height, width])
    let magnitude = Tensor<Float>(uninitialized: image.shape) { buffer in
      let output = SharedPointer(buffer)
      gradient.withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
        parallelFor(height, grain: 16) { y in
          let row = source.pointer + y * width
          gradient_magnitudes(row, row + height * width, width, output.pointer + y * width)
        }
      }
    }
    return Slopes(gradient: gradient, magnitude: magnitude)
  }

  private func limits(
    _ magnitude: Tensor<Float>, _ known: Tensor<Bool>?, largest: Float
  ) throws(FiltersmithError) -> (Float, Float) {
    switch thresholds {
    case .absolute(let low, let high): return (Float(low), Float(high))
    case .quantiles(let low, let high):
      let histogram = try Histogram(of: magnitude, bins: 4096, mask: known)
      // A flat image has no edges, whatever the quantiles: slopes below rounding errors do not count.
      let least = Swift.max(largest * 1e-5, .leastNormalMagnitude)
      return (
        Swift.max(Float(histogram.quantile(low)), least),
        Swift.max(Float(histogram.quantile(high)), least)
      )
    }
  }

  /// 2 at strong, 1 at weak samples where the slope is largest, 0 elsewhere and at the outermost ones.
  private static func thinned(_ slopes: Slopes, low: Float, high: Float) -> Tensor<UInt8> {
    let shape = slopes.magnitude.shape
    let (height, width) = (shape[0], shape[1])
    return Tensor(uninitialized: shape) { buffer in
      let output = SharedPointer(buffer)
      slopes.magnitude.withUnsafeElements { magnitude in
        slopes.gradient.withUnsafeElements { gradient in
          let (magnitude, gradient) = (
            ReadOnlyPointer(magnitude), ReadOnlyPointer(gradient)
          )
          parallelFor(height, grain: 16) { y in
            let row = output.pointer + y * width
            row.initialize(repeating: 0, count: width)
            guard y > 0, y < height - 1, width > 2 else { return }
            let start = y * width + 1
            let lines: [UnsafePointer<Float>?] = [-width, 0, width].map {
              magnitude.pointer + start + $0
            }
            lines.withUnsafeBufferPointer { lines in
              guard let lines = lines.baseAddress else { return }
              thin_edges(
                lines, gradient.pointer + start, gradient.pointer + height * width + start, low,
                high, width - 2, row + 1)
            }
          }
        }
      }
    }
  }

  /// All strong samples, and all weak ones connected to them across edges and corners.
  private static func connected(_ codes: inout Tensor<UInt8>) -> Tensor<Bool> {
    let width = codes.shape[1]
    let steps = [-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1]
    codes.withUnsafeMutableElements { codes in
      // Outermost samples are 0, so that no neighbour lies outside.
      var stack: [Int] = []
      let raw = UnsafeRawBufferPointer(codes)
      let twos: UInt64 = 0x0202_0202_0202_0202
      for place in 0..<codes.count {
        if place % 8 == 0, place + 8 <= codes.count,
          raw.loadUnaligned(fromByteOffset: place, as: UInt64.self) & twos == 0
        {
          continue
        }
        guard codes[place] == 2 else { continue }
        codes[place] = 3
        stack.append(place)
        while let here = stack.popLast() {
          for step in steps where codes[here + step] == 1 || codes[here + step] == 2 {
            codes[here + step] = 3
            stack.append(here + step)
          }
        }
      }
    }
    let count = codes.count
    return Tensor(uninitialized: codes.shape) { buffer in
      let output = SharedPointer(buffer)
      codes.withUnsafeElements { codes in
        let codes = ReadOnlyPointer(codes)
        parallelFor((count + 65535) / 65536) { block in
          for place in block * 65536..<min((block + 1) * 65536, count) {
            (output.pointer + place).initialize(to: codes[place] == 3)
          }
        }
      }
    }
  }

  /// The mask without its border and the image's.
  private static func interior(of mask: Tensor<Bool>) -> Tensor<Bool> {
    let (height, width) = (mask.shape[0], mask.shape[1])
    return Tensor(shape: mask.shape) { index in
      let (y, x) = (index[0], index[1])
      guard y > 0, x > 0, y < height - 1, x < width - 1 else { return false }
      return (-1...1).allSatisfy { dy in (-1...1).allSatisfy { mask[y + dy, x + $0] } }
    }
  }
}
