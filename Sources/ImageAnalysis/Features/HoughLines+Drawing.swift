import Foundation
import Tensors

extension HoughLines {
  /// The samples that lines go through, `[y, x]`.
  ///
  /// - Parameters:
  ///   - lines: As ``lines(limit:least:distance:)`` finds them.
  ///   - shape: The extents of the image that they were found in.
  /// - Throws: ``FiltersmithError`` for other axes.
  public static func samples(
    on lines: [Line], shape: Shape
  ) throws(FiltersmithError) -> Tensor<Bool> {
    guard shape.rank == 2 else {
      throw FiltersmithError(.shape, "lines are drawn in [y, x]; given \(shape)")
    }
    var result = Tensor(repeating: false, shape: shape)
    let (height, width) = (shape[0], shape[1])
    for line in lines {
      let (cosine, sine) = (cos(line.angle), sin(line.angle))
      if abs(sine) >= abs(cosine) {
        for x in 0..<width {
          let y = ((line.distance - cosine * Double(x)) / sine).rounded()
          if y >= 0, y < Double(height) { result[Int(y), x] = true }
        }
      } else {
        for y in 0..<height {
          let x = ((line.distance - sine * Double(y)) / cosine).rounded()
          if x >= 0, x < Double(width) { result[y, Int(x)] = true }
        }
      }
    }
    return result
  }
}

extension HoughCircles {
  /// The samples that circles go through, `[y, x]`.
  ///
  /// - Parameters:
  ///   - circles: As ``find(in:radii:least:distance:limit:)`` finds them.
  ///   - shape: The extents of the image that they were found in.
  /// - Throws: ``FiltersmithError`` for other axes.
  public static func samples(
    on circles: [Circle], shape: Shape
  ) throws(FiltersmithError) -> Tensor<Bool> {
    guard shape.rank == 2 else {
      throw FiltersmithError(.shape, "circles are drawn in [y, x]; given \(shape)")
    }
    return Tensor(shape: shape) { index in
      circles.contains { circle in
        let (dy, dx) = (index[0] - circle.center[0], index[1] - circle.center[1])
        return abs(Double(dy * dy + dx * dx).squareRoot() - Double(circle.radius)) < 0.7
      }
    }
  }
}
