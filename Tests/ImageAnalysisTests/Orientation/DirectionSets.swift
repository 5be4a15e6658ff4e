import Foundation

/// The customary direction sets, spelt out independently of the designer.
enum DirectionSets {
  static func planar(_ count: Int) -> [[Double]] {
    (0..<count).map { step in
      let angle = Double.pi * Double(step) / Double(count)
      return [sin(angle), cos(angle)]
    }
  }

  /// Half of the icosahedron's vertices.
  static let icosahedron: [[Double]] = {
    let (a, b) = (2.0, 1 + 5.0.squareRoot())
    let c = 1 / (10 + 2 * 5.0.squareRoot()).squareRoot()
    return [[0, a, b], [0, -a, b], [a, b, 0], [-a, b, 0], [b, 0, a], [b, 0, -a]].map { vector in
      vector.map { $0 * c }
    }
  }()

  /// Half of the vertices of the 24-cell.
  static let cell24: [[Double]] = {
    var directions: [[Double]] = []
    for first in 0..<4 {
      for second in first + 1..<4 {
        for sign in [1.0, -1.0] {
          var direction = [0.0, 0.0, 0.0, 0.0]
          direction[first] = 0.5.squareRoot()
          direction[second] = sign * 0.5.squareRoot()
          directions.append(direction)
        }
      }
    }
    return directions
  }()

  static let isotropic: [[[Double]]] = [planar(3), planar(4), planar(7), icosahedron, cell24]
}
