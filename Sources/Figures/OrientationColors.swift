import Foundation
import Tensors

/// Colours for orientations: the hue shows the angle, the brightness its certainty.
///
/// An orientation and its opposite are the same, so the hue follows twice the angle (Granlund and
/// Knutsson 1995, chapter 6.1): one turn of the circle of hues is half a turn of the orientation.
/// The angle is that of the direction *across* a line or an edge, (sin φ, cos φ) in `[y, x]`, with y
/// downwards.
public enum OrientationColors {
  /// The colour of an angle φ in radians and a certainty from 0 (black) to 1.
  public static func color(angle: Double, certainty: Double) -> Color {
    guard angle.isFinite, certainty.isFinite else { return .axis }
    let hue = ColorMap.cyclic(angle / .pi)
    let brightness = min(max(certainty, 0), 1)
    return Color(
      red: hue.red * brightness, green: hue.green * brightness, blue: hue.blue * brightness)
  }

  /// The colour of a direction in space: its components along x, y and z are red, green and blue.
  ///
  /// The sign of the direction does not matter. This is the colouring of diffusion tensor imaging.
  /// The direction is in array order, `[…, z, y, x]`, of which the last three axes count.
  public static func color(direction: [Double], certainty: Double) -> Color {
    let brightness = certainty.isFinite ? min(max(certainty, 0), 1) : 0
    let components = direction.suffix(3).reversed().map { abs($0) * brightness }
    return Color(
      red: components.indices.contains(0) ? components[0] : 0,
      green: components.indices.contains(1) ? components[1] : 0,
      blue: components.indices.contains(2) ? components[2] : 0)
  }
}
