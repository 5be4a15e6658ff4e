import Convolutions
import Foundation
import Tensors

/// How similar two images are.
public enum ImageComparison {
  /// The mean squared difference.
  ///
  /// - Parameter mask: Which samples are compared; all unless given.
  /// - Throws: ``FiltersmithError`` when shapes differ or no sample is compared.
  public static func meanSquaredError<Scalar: ConvolutionScalar>(
    _ first: Tensor<Scalar>, _ second: Tensor<Scalar>, mask: Tensor<Bool>? = nil
  ) throws(FiltersmithError) -> Double {
    try check(first, second, mask)
    var sum = 0.0
    var count = 0
    for index in 0..<first.count where mask?.elements[index] ?? true {
      let difference = Double(first.elements[index]) - Double(second.elements[index])
      sum += difference * difference
      count += 1
    }
    guard count > 0 else {
      throw FiltersmithError(.argument, "no sample takes part in comparing images \(first.shape)")
    }
    return sum / Double(count)
  }

  /// The peak signal-to-noise ratio 10 log₁₀(range² / MSE), in decibels; infinite for equal images.
  ///
  /// - Parameters:
  ///   - first: One image.
  ///   - second: The other.
  ///   - range: The difference between the largest and the smallest value that samples can have: 1, or
  ///     255.
  ///   - mask: Which samples are compared; all unless given.
  /// - Throws: ``FiltersmithError`` when shapes differ, no sample is compared, or the range is not positive.
  public static func peakSignalToNoise<Scalar: ConvolutionScalar>(
    _ first: Tensor<Scalar>, _ second: Tensor<Scalar>, range: Double = 1, mask: Tensor<Bool>? = nil
  ) throws(FiltersmithError) -> Double {
    try check(range: range)
    let error = try meanSquaredError(first, second, mask: mask)
    return 10 * log10(range * range / error)
  }

  /// The mean structural similarity (Wang, Bovik, Sheikh, Simoncelli 2004), 1 for equal images.
  ///
  /// Windows of 7 samples along every axis, uniformly weighted, variances divided by n − 1,
  /// wherever the window lies inside; K₁ = 0.01, K₂ = 0.03: scikit-image's defaults.
  ///
  /// - Parameters:
  ///   - first: One image of 1 to 4 axes, each of at least 7 samples.
  ///   - second: The other.
  ///   - range: The difference between the largest and the smallest value that samples can have: 1, or
  ///     255.
  ///   - mask: Which windows are compared, by the sample at their centre; all unless given.
  /// - Throws: ``FiltersmithError`` when shapes differ or are too small, no window is compared, or the
  ///   range is not positive.
  public static func structuralSimilarity<Scalar: ConvolutionScalar>(
    _ first: Tensor<Scalar>, _ second: Tensor<Scalar>, range: Double = 1, mask: Tensor<Bool>? = nil
  ) throws(FiltersmithError) -> Double {
    try check(first, second, mask)
    try check(range: range)
    let window = 7
    guard (1...4).contains(first.rank), first.shape.dimensions.allSatisfy({ $0 >= window }) else {
      throw FiltersmithError(
        .shape,
        "structural similarity needs 1 to 4 axes of \(window) samples or more; given \(first.shape)"
      )
    }
    let (x, y) = (Tensor<Double>(first), Tensor<Double>(second))
    let products = [x, y, try x * x, try y * y, try x * y]
    let samples = pow(Double(window), Double(first.rank))
    let kernel = Tensor<Double>(
      repeating: 1 / samples, shape: Shape([1] + first.shape.map { _ in window }))
    let means = try Tensor.stacked(products).filtered(by: kernel, border: .valid)
    let inner = means.count / products.count
    let unbiased = samples / (samples - 1)
    let (c1, c2) = (0.01 * range * 0.01 * range, 0.03 * range * 0.03 * range)
    let inside = first.shape.map { window / 2..<$0 - window / 2 }
    let isIncluded = mask == nil ? nil : try mask?.sliced(inside).elements
    var sum = 0.0
    var count = 0
    means.withUnsafeElements { m in
      for place in 0..<inner where isIncluded?[place] ?? true {
        let (mx, my) = (m[place], m[inner + place])
        let vx = unbiased * (m[2 * inner + place] - mx * mx)
        let vy = unbiased * (m[3 * inner + place] - my * my)
        let vxy = unbiased * (m[4 * inner + place] - mx * my)
        sum +=
          (2 * mx * my + c1) * (2 * vxy + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
        count += 1
      }
    }
    guard count > 0 else {
      throw FiltersmithError(.argument, "no window takes part in comparing images \(first.shape)")
    }
    return sum / Double(count)
  }

  private static func check<Scalar: ConvolutionScalar>(
    _ first: Tensor<Scalar>, _ second: Tensor<Scalar>, _ mask: Tensor<Bool>?
  ) throws(FiltersmithError) {
    guard first.shape == second.shape, mask.map({ $0.shape == first.shape }) ?? true else {
      let masked = mask.map { " and mask \($0.shape)" } ?? ""
      throw FiltersmithError(
        .shape, "images \(first.shape) and \(second.shape)\(masked) cannot be compared")
    }
  }

  private static func check(range: Double) throws(FiltersmithError) {
    guard range > 0, range.isFinite else {
      throw FiltersmithError(.argument, "a range of values is positive; given \(range)")
    }
  }
}
