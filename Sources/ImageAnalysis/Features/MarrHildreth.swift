import Convolutions
import Tensors

/// Edges by Marr and Hildreth's method: where the Laplacian of the smoothed image changes its sign.
///
/// Where the sign changes between two neighbours along an axis, the one nearer to 0 is the edge if the
/// Laplacian's step between them is large enough (Marr and Hildreth 1980). In any number of axes.
public struct MarrHildreth: Sendable, Hashable {
  /// The standard deviation of the Gaussian, in units of ``spacing``.
  public var sigma: Double
  /// The least step of the Laplacian, as a fraction of its largest magnitude, from 0 to 1.
  public var threshold: Double
  /// The distances between samples, one per axis; 1 unless given.
  public var spacing: [Double]?
  /// How the image continues.
  public var border: Border

  /// Edges of the given scale.
  public init(
    sigma: Double = 2, threshold: Double = 0.1, spacing: [Double]? = nil,
    border: Border = .symmetric
  ) {
    self.sigma = sigma
    self.threshold = threshold
    self.spacing = spacing
    self.border = border
  }

  /// Where the edges are.
  ///
  /// - Throws: ``FiltersmithError`` for a parameter outside its range or other than 1 to 4 axes.
  public func callAsFunction(_ image: Tensor<Float>) throws(FiltersmithError) -> Tensor<Bool> {
    guard (0...1).contains(threshold) else {
      throw FiltersmithError(.argument, "threshold \(threshold); 0 to 1 was expected")
    }
    try image.requireFinite("the image")
    let laplacian = try ScaleNormalized.laplacian(
      image, sigma: sigma, spacing: spacing, border: border)
    let largest = laplacian.elements.reduce(0) { max($0, abs($1)) }
    let least = max(Float(threshold) * largest, .leastNormalMagnitude)
    var edges = Tensor(repeating: false, shape: image.shape)
    let shape = image.shape
    edges.withUnsafeMutableElements { edges in
      laplacian.withUnsafeElements { values in
        for axis in 0..<shape.rank where shape[axis] > 1 {
          let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
          for place in values.indices where place / inner % shape[axis] < shape[axis] - 1 {
            let (here, next) = (values[place], values[place + inner])
            guard (here < 0) != (next < 0), abs(here - next) >= least else { continue }
            edges[abs(here) <= abs(next) ? place : place + inner] = true
          }
        }
      }
    }
    return edges
  }
}
