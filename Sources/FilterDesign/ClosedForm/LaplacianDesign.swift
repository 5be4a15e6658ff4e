import Foundation
import Tensors

/// The Laplacian, the sum of the second derivatives, from the nearest neighbours: three taps per
/// axis, negative at the centre, so that a bright spot gives a negative response.
public struct LaplacianDesign: BankFamily {
  /// Which neighbours count.
  public enum Neighborhood: String, Sendable, Hashable, Codable, CaseIterable {
    /// Those that share a face: the sum of the second differences (1, −2, 1) along every axis, 4
    /// neighbours in 2D. `scipy.ndimage.laplace`.
    case faces
    /// The whole 3 × 3 (× 3 …) block, each with weight 1: 8 neighbours in 2D.
    case all
  }

  /// The number of axes, 1 to 4.
  public var dimensions: Int
  /// Which neighbours count.
  public var neighborhood: Neighborhood
  /// The normalisation; with neighbours by faces both give the same integers.
  public var normalization: DerivativeNormalization

  /// A Laplacian with three taps per axis.
  public init(
    dimensions: Int = 2, neighborhood: Neighborhood = .faces,
    normalization: DerivativeNormalization = .slope
  ) {
    self.dimensions = dimensions
    self.neighborhood = neighborhood
    self.normalization = normalization
  }

  /// The name of the family.
  public var family: String { "laplacian" }

  /// Checks the number of axes.
  public func validate() throws(FiltersmithError) {
    try ParameterCheck.dimensions(dimensions, of: family)
  }

  /// Makes the filter.
  public func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank {
    try validate()
    let neighbors = pow(3, Double(dimensions)) - 1
    let kernel = Tensor(shape: Shape(Array(repeating: 3, count: dimensions))) { index in
      let away = index.filter { $0 != 1 }.count
      return switch neighborhood {
      case .faces: away == 0 ? -2 * Double(dimensions) : away == 1 ? 1 : 0
      case .all: away == 0 ? -neighbors : 1
      }
    }
    // ½ Σ x_d² f(x) along one axis counts 2 · 3^(D−1) neighbours at distance 1.
    let excess = neighborhood == .all ? pow(3, Double(dimensions - 1)) : 1
    return try KernelConstruction.bank(
      [normalization == .slope ? kernel / excess : kernel], design: .laplacian(self),
      labels: ["Laplacian"])
  }
}
