import FilterDesign
import Foundation
import Numerics
import Tensors

/// Quadrature-like filters for pictures: the ideal's inverse transform under a window.
///
/// Figures are tested without the designer, whose figures of merit are tested beside it.
enum SampleBanks {
  /// R(ρ) (û·n)² where u·n > 0: centre frequency π/3, two octaves.
  static func ideal(_ direction: [Double], _ frequency: [Double]) -> Complex<Double> {
    let radius = frequency.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let along = zip(direction, frequency).reduce(0) { $0 + $1.0 * $1.1 }
    guard radius > 0, along > 0 else { return .zero }
    let octaves = 2.0
    let distance = log(radius / (Double.pi / 3))
    let radial = exp(-4 / (octaves * octaves * log(2.0)) * distance * distance)
    return Complex(radial * along * along / (radius * radius))
  }

  static func quadrature(
    directions: [[Double]], taps: [Int], qualities: Bool = true
  ) throws -> FilterBank {
    let bins = taps.map { 2 * $0 + 1 }
    let grid = Shape(bins)
    let kernels = directions.map { direction in
      let values = Tensor<Complex<Double>>(shape: grid) { index in
        ideal(
          direction,
          zip(index, bins).map { 2 * Double.pi * Double($0 - $1 / 2) / Double($1) })
      }
      let elements = values.elements
      return Tensor<Complex<Double>>(shape: Shape(taps)) { index in
        var sum = Complex<Double>.zero
        var window = 1.0
        let place = zip(index, taps).map { Double($0 - $1 / 2) }
        for (x, n) in zip(place, taps) { window *= pow(cos(.pi * x / Double(n + 1)), 2) }
        for (position, value) in elements.enumerated() where value != .zero {
          let bin = grid.index(at: position)
          var phase = 0.0
          for axis in bins.indices {
            phase +=
              2 * Double.pi * Double(bin[axis] - bins[axis] / 2) / Double(bins[axis]) * place[axis]
          }
          sum += value * Complex(length: 1, phase: phase)
        }
        return sum * Complex(window / Double(elements.count))
      }
    }
    let quality = try JSONDecoder().decode(
      FilterQuality.self,
      from: Data(
        """
        {"weightedError":0.114219,"cost":1.4788e-3,"centerTap":0.1056678,"energy":0.0470461,
        "locality":1.873,"leakage":0.0312,"phaseRipple":0.0184,"dc":1.2e-9}
        """.utf8))
    return try FilterBank(
      kernels: .complex(try .stacked(kernels)), directions: directions,
      qualities: qualities ? directions.map { _ in quality } : [])
  }

  static func planar(_ count: Int, taps: Int = 11) throws -> FilterBank {
    try quadrature(
      directions: (0..<count).map { step in
        let angle = Double.pi * Double(step) / Double(count)
        return [sin(angle), cos(angle)]
      }, taps: [taps, taps])
  }

  static let icosahedron: [[Double]] = {
    let (a, b) = (2.0, 1 + 5.0.squareRoot())
    let c = 1 / (10 + 2 * 5.0.squareRoot()).squareRoot()
    return [[0, a, b], [0, -a, b], [a, b, 0], [-a, b, 0], [b, 0, a], [b, 0, -a]].map { vector in
      vector.map { $0 * c }
    }
  }()

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
}
