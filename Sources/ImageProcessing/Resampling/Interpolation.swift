import SIMDLoops
import Tensors

/// How an image is read between its samples.
public enum Interpolation: String, Sendable, Hashable, CaseIterable {
  /// The nearest sample; halfway between two, the later one. For labels.
  case nearest
  /// The straight line between two samples along each axis.
  case linear
  /// The cubic B-spline through the samples: smooth, and the sharpest of the four.
  ///
  /// The samples are turned into the spline's coefficients first, as `scipy.ndimage` does with
  /// `order=3`. (Unser, Aldroubi, Eden 1993.)
  case cubic
  /// Catmull and Rom's cubic: four samples along each axis, used directly; Keys' kernel with
  /// a = −½.
  case catmullRom = "catmull-rom"

  /// How many samples along an axis are weighted.
  var taps: Int {
    switch self {
    case .nearest: 1
    case .linear: 2
    case .cubic, .catmullRom: 4
    }
  }

  /// The interpolation with the given name: `nearest`, `linear`, `cubic` or `catmull-rom`.
  ///
  /// - Throws: ``FiltersmithError`` for any other text.
  public init(parsing text: String) throws(FiltersmithError) {
    guard let found = Self(rawValue: text) else {
      let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw FiltersmithError(
        .argument, "there is no interpolation '\(text)'; choose one of \(names)")
    }
    self = found
  }

  /// The first sample with a weight at a position, and the position's distance after the sample
  /// that ``weights(at:into:)`` counts from.
  @inline(__always)
  func base(of position: Double) -> (first: Int, fraction: Double) {
    if self == .nearest { return (Int((position + 0.5).rounded(.down)), 0) }
    let whole = position.rounded(.down)
    return (Int(whole) - (taps == 4 ? 1 : 0), position - whole)
  }

  /// The weight of each sample, summing to 1, at a distance from 0 to 1 after the middle one.
  @inline(__always)
  package func weights<Scalar: BinaryFloatingPoint>(
    at fraction: Double, into weights: UnsafeMutablePointer<Scalar>
  ) {
    let (f, g) = (fraction, 1 - fraction)
    switch self {
    case .nearest:
      weights[0] = 1
    case .linear:
      weights[0] = Scalar(g)
      weights[1] = Scalar(f)
    case .cubic:
      weights[0] = Scalar(g * g * g / 6)
      weights[1] = Scalar(2.0 / 3 - f * f * (1 - f / 2))
      weights[2] = Scalar(2.0 / 3 - g * g * (1 - g / 2))
      weights[3] = Scalar(f * f * f / 6)
    case .catmullRom:
      weights[0] = Scalar(-f * g * g / 2)
      weights[1] = Scalar(1 - f * f * (2.5 - 1.5 * f))
      weights[2] = Scalar(1 - g * g * (2.5 - 1.5 * g))
      weights[3] = Scalar(-g * f * f / 2)
    }
  }

  /// The kernel's value at a distance, for kernels that are widened to shrink an image.
  func kernel(_ distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .nearest:
      return x <= 0.5 ? 1 : 0
    case .linear:
      return max(1 - x, 0)
    case .cubic, .catmullRom:
      if x >= 2 { return 0 }
      return x < 1 ? 1 - x * x * (2.5 - 1.5 * x) : 2 - x * (4 - x * (2.5 - 0.5 * x))
    }
  }
}
