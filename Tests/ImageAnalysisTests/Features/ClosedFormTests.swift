import Convolutions
import FilterDesign
import Foundation
import Tensors
import Testing

/// Maps of filters on phantoms beside their closed forms, to 1 % of the range, as the Image Biomarker
/// Standardisation Initiative's second chapter checks them.
@Suite("Response maps agree with their closed forms")
struct ClosedFormTests {
  /// The largest difference as a part of the expected range.
  static func error(_ result: Tensor<Double>, _ expected: Tensor<Double>) throws -> Double {
    let high = try #require(expected.max())
    let low = try #require(expected.min())
    let worst = zip(result.elements, expected.elements).reduce(0) { max($0, abs($1.0 - $1.1)) }
    return worst / (high - low)
  }

  static let impulse = Tensor<Double>(shape: [33, 33, 33]) { $0 == [16, 16, 16] ? 1 : 0 }
  /// Cubes of 4 samples, alternately 0 and 1.
  static let checks = Tensor<Double>(shape: [32, 32, 32]) {
    ($0[0] / 4 + $0[1] / 4 + $0[2] / 4) % 2 == 0 ? 0 : 1
  }
  static let sphere = Tensor<Double>(shape: [41, 41, 41]) { index in
    index.reduce(0) { $0 + ($1 - 20) * ($1 - 20) } <= 144 ? 1 : 0
  }

  @Test("Mean") func mean() throws {
    let bank = try BoxDesign(support: [5, 5, 5]).bank()
    let impulse = try bank.responses(to: Self.impulse, border: .zero).even
      .selected(axis: 0, at: 0)
    let cube = Tensor<Double>(shape: Self.impulse.shape) { index in
      index.allSatisfy { abs($0 - 16) <= 2 } ? 1.0 / 125 : 0
    }
    #expect(try Self.error(impulse, cube) < 0.01)
    // Of the product of three square waves ±1: the product of their means.
    let checks = try bank.responses(to: Self.checks, border: .wrap).even.selected(axis: 0, at: 0)
    let wave: [Double] = (0..<32).map { $0 / 4 % 2 == 0 ? 1 : -1 }
    var means = [Double](repeating: 0, count: 32)
    for place in 0..<32 {
      for step in -2...2 { means[place] += wave[(place + step + 32) % 32] / 5 }
    }
    let expected = Tensor<Double>(shape: [32, 32, 32]) {
      (1 - means[$0[0]] * means[$0[1]] * means[$0[2]]) / 2
    }
    #expect(try Self.error(checks, expected) < 0.01)
  }

  @Test("Laplacian of a Gaussian") func laplacian() throws {
    let sigma = 2.0
    let bank = try LaplacianOfGaussianDesign(sigma: [sigma, sigma, sigma]).bank()
    func map(_ image: Tensor<Double>, _ border: Border) throws -> Tensor<Double> {
      try bank.responses(to: image, border: border).even.selected(axis: 0, at: 0)
    }
    func form(_ square: Double) -> Double {
      let gauss = exp(-square / (2 * sigma * sigma)) / pow(2 * .pi * sigma * sigma, 1.5)
      return (square / pow(sigma, 4) - 3 / (sigma * sigma)) * gauss
    }
    let expected = Tensor<Double>(shape: Self.impulse.shape) { index in
      form(Double(index.reduce(0) { $0 + ($1 - 16) * ($1 - 16) }))
    }
    #expect(try Self.error(map(Self.impulse, .zero), expected) < 0.01)
    // A checkerboard's fundamental wave along each axis is damped by exp(−σ² u²/2), u = π/4, and has
    // the eigenvalue −3 u²; all other waves are smaller than a thousandth.
    let u = Double.pi / 4
    var amplitude = 0.0
    for place in 0..<8 {
      amplitude += (place < 4 ? 0.25 : -0.25) * sin(u * (Double(place) + 0.5))
    }
    let damped = pow(amplitude * exp(-sigma * sigma * u * u / 2), 3)
    let sines: [Double] = (0..<32).map { sin(u * (Double($0) + 0.5)) }
    let scale = 1.5 * u * u * damped
    let waves = Tensor<Double>(shape: [32, 32, 32]) { index in
      scale * sines[index[0]] * sines[index[1]] * sines[index[2]]
    }
    #expect(try Self.error(map(Self.checks, .wrap), waves) < 0.01)
    // The sphere's map is the sum of impulse responses over it: at its middle in closed form.
    let sums = try map(Self.sphere, .zero)
    var middle = 0.0
    Self.sphere.shape.forEachIndex { index in
      if Self.sphere[index] == 1 {
        middle += form(Double(index.reduce(0) { $0 + ($1 - 20) * ($1 - 20) }))
      }
    }
    let range = try #require(sums.max()) - #require(sums.min())
    #expect(abs(sums[20, 20, 20] - middle) < 0.01 * range)
  }

  @Test("Laws' kernels") func laws() throws {
    // L5, E5 and S5, normalised, as outer products.
    let rows: [[Double]] = [[1, 4, 6, 4, 1], [-1, -2, 0, 2, 1], [-1, 0, 2, 0, -1]].map { row in
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return row.map { $0 / length }
    }
    let kernel = Tensor<Double>(shape: [5, 5, 5]) {
      rows[0][$0[0]] * rows[1][$0[1]] * rows[2][$0[2]]
    }
    let map = try Self.impulse.convolved(with: kernel, border: .zero)
    let expected = Tensor<Double>(shape: Self.impulse.shape) { index in
      let place = index.map { $0 - 14 }
      guard place.allSatisfy({ (0..<5).contains($0) }) else { return 0 }
      return kernel[place]
    }
    #expect(try Self.error(map, expected) < 0.01)
    // Every axis of a separable map is a row of sums: of the checkerboard, three products.
    let wave: [Double] = (0..<32).map { $0 / 4 % 2 == 0 ? 1 : -1 }
    var sums = [[Double]](repeating: [Double](repeating: 0, count: 32), count: 3)
    for row in 0..<3 {
      for place in 0..<32 {
        for tap in 0..<5 { sums[row][place] += rows[row][tap] * wave[(place + 34 - tap) % 32] }
      }
    }
    let checks = try Self.checks.convolved(with: kernel, border: .wrap)
    let products = Tensor<Double>(shape: [32, 32, 32]) {
      -0.5 * sums[0][$0[0]] * sums[1][$0[1]] * sums[2][$0[2]]
    }
    #expect(try Self.error(checks, products) < 0.01)
  }
}
