import Fourier
import Tensors

/// A complex block small enough for the cache, and its transforms.
///
/// Rows of blocks with more than one axis are padded by four values: columns whose distance is a power of
/// two would all fall into the same few cache lines.
struct FourierTile: Sendable {
  /// Extents, outermost first.
  let extents: [Int]
  /// The distance between neighbours along each axis, in complex values.
  let strides: [Int]
  /// The distance between blocks in complex values, padding included.
  let count: Int
  /// The number of points.
  let points: Int
  private let forwardPlan: SharedFourierPlan<Float>
  private let inversePlan: SharedFourierPlan<Float>

  /// - Parameter extents: Extents that FFTW transforms fast.
  init(_ extents: [Int]) {
    self.extents = extents
    points = extents.reduce(1, *)
    let rowStep = Self.rowStep(extents)
    let padded = Shape(extents.dropLast() + [rowStep])
    let strides = padded.strides
    self.strides = strides
    count = padded.elementCount
    func plan(_ kind: FourierTransform.Kind) -> SharedFourierPlan<Float> {
      let axes = extents.indices.map {
        FourierTransform.Axis(
          count: extents[$0], inputStride: strides[$0], outputStride: strides[$0])
      }
      do {
        return try FourierPlan<Float>.shared(
          for: FourierTransform(kind, axes: axes, inPlace: true, aligned: true))
      } catch {
        preconditionFailure("tiles have no empty extents: \(error)")
      }
    }
    forwardPlan = plan(.forward)
    inversePlan = plan(.inverse)
  }

  /// The distance between rows in complex values.
  static func rowStep(_ extents: [Int]) -> Int {
    extents[extents.count - 1] + (extents.count > 1 ? 4 : 0)
  }

  /// F(u) = Σ f(x) exp(−i u·x), in place.
  func transform(_ block: UnsafeMutablePointer<Float>) {
    forwardPlan.execute(input: block, output: block)
  }

  /// f(x) = Σ F(u) exp(i u·x), in place; not normalised.
  func invert(_ spectrum: UnsafeMutablePointer<Float>) {
    inversePlan.execute(input: spectrum, output: spectrum)
  }

  /// Sets all of a block to zero.
  func clear(_ block: UnsafeMutablePointer<Float>) {
    block.update(repeating: 0, count: 2 * count)
  }
}
