import Convolutions
import Foundation
import LinearAlgebra
import Tensors

/// The ridge or vessel response of every sample (Frangi, Niessen, Vincken, Viergever 1998).
///
/// From the eigenvalues |λ₁| ≤ |λ₂| ≤ |λ₃| of the Hessian at several scales, the largest of the responses
/// (1 − exp(−A²/2α²)) exp(−B²/2β²) (1 − exp(−S²/2c²)), with A = |λ₂|/|λ₃| (plates give 0; in 3D only),
/// B = |λ₁|/√|λ₂ λ₃| (in 2D |λ₁|/|λ₂|; balls give 1) and S the Hessian's norm; 0 where the larger
/// eigenvalues have the wrong sign.
public struct FrangiFilter: Sendable, Hashable {
  /// Which ridges to find.
  public enum Polarity: String, Sendable, Hashable, CaseIterable {
    /// Brighter than their sides.
    case bright
    /// Darker than their sides.
    case dark
  }

  /// The scales to search, in units of ``spacing``.
  public var sigmas: [Double]
  /// Which ridges to find.
  public var polarity: Polarity
  /// α: how strongly plates are suppressed, in 3D.
  public var plateness: Double
  /// β: how strongly balls are suppressed.
  public var blobness: Double
  /// c: below which norm the scale-normalised Hessian σ² H counts as small; half the largest at
  /// each scale where `nil`.
  public var structure: Double?
  /// The distances between samples, one per axis; 1 unless given.
  public var spacing: [Double]?
  /// How the image continues.
  public var border: Border
  /// Where the Gaussians are truncated, in standard deviations.
  public var truncation: Double

  /// A filter of the given scales.
  public init(
    sigmas: [Double], polarity: Polarity = .bright, plateness: Double = 0.5, blobness: Double = 0.5,
    structure: Double? = nil, spacing: [Double]? = nil, border: Border = .symmetric,
    truncation: Double = 4
  ) {
    self.sigmas = sigmas
    self.polarity = polarity
    self.plateness = plateness
    self.blobness = blobness
    self.structure = structure
    self.spacing = spacing
    self.border = border
    self.truncation = truncation
  }

  /// The largest response over all scales, `[y, x]` or `[z, y, x]`, from 0 to 1.
  ///
  /// - Throws: ``FiltersmithError`` for other axes, an image that is not finite, or a parameter that is
  ///   not positive.
  public func callAsFunction(_ image: Tensor<Float>) throws(FiltersmithError) -> Tensor<Float> {
    guard (2...3).contains(image.rank), image.count > 0 else {
      throw FiltersmithError(
        .shape, "ridges are found in [y, x] and [z, y, x]; given \(image.shape)")
    }
    guard !sigmas.isEmpty, plateness > 0, blobness > 0, structure ?? 1 > 0 else {
      throw FiltersmithError(
        .argument, "Frangi's filter has at least one scale, and its three parameters are positive")
    }
    try image.requireFinite("the image")
    var result = Tensor<Float>(zeros: image.shape)
    for sigma in sigmas {
      let hessian = try Tensor<Float>.stacked(
        ScaleNormalized.hessian(
          image, sigma: sigma, spacing: spacing, border: border, truncation: truncation))
      accumulate(
        hessian, limit: structure ?? halfLargestNorm(of: hessian, axes: image.rank), &result)
    }
    return result
  }

  private func halfLargestNorm(of hessian: Tensor<Float>, axes: Int) -> Double {
    let samples = hessian.count / hessian.shape[0]
    let diagonals = axes == 2 ? [0, 2] : [0, 3, 5]
    var largest: Float = 0
    hessian.withUnsafeElements { values in
      for place in 0..<samples {
        var square: Float = 0
        for element in 0..<hessian.shape[0] {
          let value = values[element * samples + place]
          square += diagonals.contains(element) ? value * value : 2 * value * value
        }
        largest = max(largest, square)
      }
    }
    return largest > 0 ? Double(largest).squareRoot() / 2 : 1
  }

  /// Raises the result where the response at one scale is larger.
  private func accumulate(_ hessian: Tensor<Float>, limit: Double, _ result: inout Tensor<Float>) {
    let axes = result.rank
    let samples = result.count
    let sign: Double = polarity == .bright ? -1 : 1
    let (a, b, c) = (
      -0.5 / (plateness * plateness), -0.5 / (blobness * blobness), -0.5 / (limit * limit)
    )
    result.withUnsafeMutableElements { buffer in
      let output = SharedPointer(buffer)
      hessian.withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
        parallelFor((samples + 2047) / 2048) { block in
          for place in block * 2048..<min((block + 1) * 2048, samples) {
            func element(_ index: Int) -> Double { sign * Double(source[index * samples + place]) }
            let answer: Double
            if axes == 2 {
              let pair = SymmetricEigenvalues.of(yy: element(0), yx: element(1), xx: element(2))
              // With this sign ridges have one large positive eigenvalue.
              let (large, small) = abs(pair.0) >= abs(pair.1) ? pair : (pair.1, pair.0)
              guard large > 0 else { continue }
              let ratio = small / large
              let square = large * large + small * small
              answer = exp(ratio * ratio * b) * (1 - exp(square * c))
            } else {
              let triple = SymmetricEigenvalues.of(
                zz: element(0), zy: element(1), zx: element(2), yy: element(3), yx: element(4),
                xx: element(5))
              var (first, second, third) = triple
              if abs(first) > abs(second) { swap(&first, &second) }
              if abs(second) > abs(third) { swap(&second, &third) }
              if abs(first) > abs(second) { swap(&first, &second) }
              guard second > 0, third > 0 else { continue }
              let plate = second / third
              let ball = first * first / (second * third)
              let square = first * first + second * second + third * third
              answer = (1 - exp(plate * plate * a)) * exp(ball * b) * (1 - exp(square * c))
            }
            output[place] = max(output[place], Float(answer))
          }
        }
      }
    }
  }
}
