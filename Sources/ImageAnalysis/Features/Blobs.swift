import Convolutions
import Foundation
import LinearAlgebra
import Tensors

/// A bright or dark spot and its size.
public struct Blob: Sendable, Hashable, Codable {
  /// Its centre, in samples, in array axis order.
  public let position: [Double]
  /// The scale at which it responds most strongly, in units of the spacing.
  public let sigma: Double
  /// The radius of a ball that responds most strongly at that scale: √D σ.
  public let radius: Double
  /// The response, normalised so that scales can be compared.
  public let response: Float
}

/// Blobs, found in space and scale at once, in 2D or more.
public struct BlobDetector: Sendable, Hashable {
  /// The operator that responds to blobs.
  public enum Measure: String, Sendable, Hashable, CaseIterable {
    /// The Laplacian of a Gaussian, σ² ∇²G (Lindeberg 1998).
    case laplacian = "log"
    /// The difference of two Gaussians, the wider 1.6 times as wide, which approximates it.
    case differenceOfGaussians = "dog"
    /// The determinant of the Hessian, σ^(2D) det H, where its eigenvalues have one sign; responds less
    /// to edges.
    case determinantOfHessian = "doh"
  }

  /// Which blobs to find.
  public enum Polarity: String, Sendable, Hashable, CaseIterable {
    /// Brighter than their surroundings.
    case bright
    /// Darker than their surroundings.
    case dark
  }

  /// The operator that responds to blobs.
  public var measure: Measure
  /// The scales to search, ascending, in units of ``spacing``.
  public var sigmas: [Double]
  /// Which blobs to find.
  public var polarity: Polarity
  /// The least response.
  public var threshold: Double
  /// Of two blobs whose diameters overlap by more than this fraction of the smaller one, the weaker is
  /// discarded.
  public var overlap: Double
  /// The distances between samples, one per axis; 1 unless given.
  public var spacing: [Double]?
  /// How the image continues.
  public var border: Border

  /// A detector of blobs of the given scales.
  public init(
    _ measure: Measure = .laplacian, sigmas: [Double], polarity: Polarity = .bright,
    threshold: Double = 0.1, overlap: Double = 0.5, spacing: [Double]? = nil,
    border: Border = .nearest
  ) {
    self.measure = measure
    self.sigmas = sigmas
    self.polarity = polarity
    self.threshold = threshold
    self.overlap = overlap
    self.spacing = spacing
    self.border = border
  }

  /// Scales in equal ratios from the smallest to the largest.
  public static func scales(from smallest: Double, to largest: Double, count: Int) -> [Double] {
    guard count > 1 else { return [smallest] }
    let step = log(largest / smallest) / Double(count - 1)
    return (0..<count).map { smallest * exp(step * Double($0)) }
  }

  /// The response of every sample at one scale, `[space…]`.
  ///
  /// - Throws: ``FiltersmithError`` for a scale that is not positive, or other than 1 to 4 axes.
  public func response(
    _ image: Tensor<Float>, sigma: Double
  ) throws(FiltersmithError) -> Tensor<Float> {
    let sign: Float = polarity == .bright ? 1 : -1
    switch measure {
    case .laplacian:
      return try ScaleNormalized.laplacian(image, sigma: sigma, spacing: spacing, border: border)
        * -sign
    case .differenceOfGaussians:
      return try ScaleNormalized.differenceOfGaussians(
        image, sigma: sigma, ratio: 1.6, spacing: spacing, border: border) * sign
    case .determinantOfHessian:
      let elements = try ScaleNormalized.hessian(
        image, sigma: sigma, spacing: spacing, border: border)
      let axes = image.rank
      guard axes >= 2, axes <= 3 else {
        throw FiltersmithError(
          .shape,
          "determinants of the Hessian find blobs in 2 and 3 axes; given \(image.shape)")
      }
      let all = try Tensor<Float>.stacked(elements)
      let samples = image.count
      return Tensor(image.shape, samples: samples, from: [all]) { from, output, piece in
        for place in piece {
          // Of −H at bright spots, of H at dark ones: all eigenvalues positive.
          func element(_ index: Int) -> Double {
            Double(-sign * from[0][index * samples + place])
          }
          let values: [Double]
          if axes == 2 {
            let pair = SymmetricEigenvalues.of(yy: element(0), yx: element(1), xx: element(2))
            values = [pair.0, pair.1]
          } else {
            let triple = SymmetricEigenvalues.of(
              zz: element(0), zy: element(1), zx: element(2), yy: element(3), yx: element(4),
              xx: element(5))
            values = [triple.0, triple.1, triple.2]
          }
          let isSpot = values.allSatisfy { $0 > 0 }
          output[place] = isSpot ? Float(values.reduce(1, *)) : 0
        }
      }
    }
  }

  /// The blobs, strongest first.
  ///
  /// - Parameters:
  ///   - image: `[y, x]` or `[z, y, x]`.
  ///   - mask: Where blobs may lie; everywhere unless given.
  /// - Throws: ``FiltersmithError`` for an image that is not finite or scales that do not ascend, and as
  ///   ``response(_:sigma:)``.
  public func blobs(
    in image: Tensor<Float>, mask: Tensor<Bool>? = nil
  ) throws(FiltersmithError) -> [Blob] {
    guard let first = sigmas.first, first > 0, zip(sigmas, sigmas.dropFirst()).allSatisfy(<) else {
      throw FiltersmithError(.argument, "scales are positive and ascend; given \(sigmas)")
    }
    guard (0...1).contains(overlap) else {
      throw FiltersmithError(.argument, "overlap \(overlap); 0 to 1 was expected")
    }
    if let mask, mask.shape != image.shape {
      throw FiltersmithError(.shape, "mask \(mask.shape) does not fit the image \(image.shape)")
    }
    try image.requireFinite("the image")
    let box = try StructuringElement.box(Array(repeating: 3, count: image.rank))
    var responses: [Tensor<Float>] = []
    var highest: [Tensor<Float>] = []
    var found: [Blob] = []
    for level in 0...sigmas.count {
      if level < sigmas.count {
        responses.append(try response(image, sigma: sigmas[level]))
        highest.append(try responses[level].maximum(over: box, border: .nearest))
      }
      guard level > 0 else { continue }
      found += blobs(at: level - 1, responses, highest, mask)
      // Two levels are enough to look back on.
      if level >= 2 {
        responses[level - 2] = Tensor([])
        highest[level - 2] = Tensor([])
      }
    }
    return pruned(found)
  }

  /// Samples of a level that no neighbour in space or scale exceeds.
  private func blobs(
    at level: Int, _ responses: [Tensor<Float>], _ highest: [Tensor<Float>], _ mask: Tensor<Bool>?
  ) -> [Blob] {
    let response = responses[level]
    let others = [level - 1, level + 1].filter { responses.indices.contains($0) }
    var blobs: [Blob] = []
    response.withUnsafeElements { values in
      highest[level].withUnsafeElements { around in
        for place in values.indices where values[place] == around[place] {
          let value = values[place]
          guard value > Float(threshold), mask?.elements[place] ?? true,
            others.allSatisfy({ highest[$0].elements[place] <= value })
          else { continue }
          let index = response.shape.index(at: place)
          let sigma = refinedSigma(level, place, responses)
          blobs.append(
            Blob(
              position: response.refined(index, place), sigma: sigma,
              radius: Double(index.count).squareRoot() * sigma, response: value))
        }
      }
    }
    return blobs
  }

  /// The maximum of a parabola over the logarithms of three scales.
  private func refinedSigma(_ level: Int, _ place: Int, _ responses: [Tensor<Float>]) -> Double {
    guard level > 0, level < sigmas.count - 1 else { return sigmas[level] }
    let x = (level - 1...level + 1).map { log(sigmas[$0]) }
    let y = (level - 1...level + 1).map { Double(responses[$0].elements[place]) }
    let left = (y[1] - y[0]) / (x[1] - x[0])
    let right = (y[2] - y[1]) / (x[2] - x[1])
    let curvature = (right - left) / (x[2] - x[0])
    guard curvature < 0 else { return sigmas[level] }
    let top = (x[0] + x[1]) / 2 - left / (2 * curvature)
    return exp(min(max(top, x[0]), x[2]))
  }

  /// Discards the weaker of two blobs that overlap.
  private func pruned(_ blobs: [Blob]) -> [Blob] {
    let axes = blobs.first?.position.count ?? 0
    let spacing = spacing ?? [Double](repeating: 1, count: axes)
    var kept: [Blob] = []
    for blob in blobs.sorted(by: { $0.response > $1.response }) {
      let isHidden = kept.contains { other in
        var square = 0.0
        for axis in spacing.indices {
          let distance = (blob.position[axis] - other.position[axis]) * spacing[axis]
          square += distance * distance
        }
        let shared = blob.radius + other.radius - square.squareRoot()
        return shared > overlap * 2 * min(blob.radius, other.radius)
      }
      if !isHidden { kept.append(blob) }
    }
    return kept
  }
}
