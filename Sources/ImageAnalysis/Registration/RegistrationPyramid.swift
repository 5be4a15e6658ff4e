import Convolutions
import FilterDesign
import Tensors

/// An image at the resolutions that registration goes through, coarsest first.
///
/// Levels have the same distance between samples along every axis, as nearly as whole numbers of
/// samples allow, so that one filter bank serves all of them whatever the image's spacing.
struct RegistrationPyramid: Sendable {
  struct Level: Sendable {
    /// `[space…]`.
    let image: Tensor<Float>
    /// How well each sample is known; 0 beyond the edges and within a filter's reach of them.
    let certainty: Tensor<Float>
    /// The distance between samples.
    let spacing: [Double]
    /// From the level's samples to positions in units of length, the image's first sample at 0.
    let positions: AffineMap
  }

  let levels: [Level]

  /// - Parameters:
  ///   - image: What is registered.
  ///   - spacing: The distance between its samples.
  ///   - distances: The distance between samples on each level.
  init(
    _ image: MaskedImage, spacing: [Double], distances: [Double]
  ) throws(FiltersmithError) {
    let filled = try image.filled()
    var levels: [Level] = []
    for distance in distances {
      // A level is never finer than the image.
      let target = spacing.map { max($0, distance) }
      let (values, own) = try filled.resampled(spacing: spacing, to: target)
      let certainty = try image.certainty.resampled(spacing: spacing, to: target).image
      let matrix = own.indices.map { row in own.indices.map { $0 == row ? own[row] : 0 } }
      levels.append(
        Level(
          image: values, certainty: certainty, spacing: own,
          positions: try AffineMap(
            matrix: matrix, offset: zip(own, spacing).map { ($0 - $1) / 2 })))
    }
    self.levels = levels
  }

  /// The distances of levels, halving from the coarsest to `finest`, the coarsest as large as leaves
  /// the smallest extent of both images at least `samples` samples.
  static func distances(
    _ images: [(shape: Shape, spacing: [Double])], finest: Double, levels: Int?,
    samples: Double = 20
  ) -> [Double] {
    var shortest = Double.infinity
    for image in images {
      for (extent, spacing) in zip(image.shape, image.spacing) {
        shortest = min(shortest, Double(extent) * spacing)
      }
    }
    var distances = [finest]
    while let last = distances.last,
      levels.map({ distances.count < $0 }) ?? (2 * last * samples <= shortest)
    {
      distances.append(2 * last)
    }
    return distances.reversed()
  }

  /// How reliable filter responses are under a mask: 1 well inside, 0 from its edge outwards.
  static func reliability(
    _ mask: Tensor<Float>, support: Int
  ) throws(FiltersmithError) -> Tensor<Float> {
    let sigma = Array(repeating: Double(support) / 4, count: mask.rank)
    let smooth = try GaussianAverage(sigma: sigma, border: .zero)(mask)
    return try smooth.zip(with: mask) { inside, here in
      let share = max(2 * inside - 1, 0)
      return share * share * here
    }
  }
}
