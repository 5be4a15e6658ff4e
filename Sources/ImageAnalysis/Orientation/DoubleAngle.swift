import Numerics
import Tensors

/// The orientation of a planar image as complex numbers of twice the angle.
///
/// z = (T_xx − T_yy) + 2i T_yx = (λ_1 − λ_2) exp(2iφ) for the dominant direction (sin φ, cos φ) in
/// `[y, x]`. An orientation and its opposite give the same z, so z may be averaged and
/// compared; its modulus is the certainty (Granlund and Knutsson 1995, chapter 6.1).
public struct DoubleAngle: Sendable, Hashable {
  /// z, `[y, x]`.
  public let values: Tensor<Complex<Float>>

  /// The angle φ of the dominant direction in radians, in (−π/2, π/2]; 0 where there is none.
  ///
  /// It is measured from the x axis towards the y axis, across lines and edges.
  public var angle: Tensor<Float> { values.map { $0 == .zero ? 0 : $0.phase / 2 } }
  /// |z| = λ_1 − λ_2.
  public var certainty: Tensor<Float> { values.magnitude() }
}

extension OrientationTensor {
  /// The orientation as complex numbers of twice the angle.
  ///
  /// - Throws: ``FiltersmithError`` when the image does not have two axes.
  public func doubleAngle() throws(FiltersmithError) -> DoubleAngle {
    guard dimensions == 2 else {
      throw FiltersmithError(
        .shape,
        "the double angle belongs to images [y, x]; this tensor field has shape \(imageShape)")
    }
    let yy = try components.selected(axis: 0, at: 0)
    let yx = try components.selected(axis: 0, at: 1)
    let xx = try components.selected(axis: 0, at: 2)
    return DoubleAngle(values: try Tensor(real: xx - yy, imaginary: yx * 2))
  }
}
