import Foundation
import Tensors
import TestSupport
import Testing

@testable import Convolutions

/// The recursive Gaussian against the sampled one.
@Suite struct RecursiveGaussianTests {
  /// exp(−n²/2σ²) for |n| <= radius, divided by its sum.
  static func gaussian(_ sigma: Double, radius: Int) -> [Double] {
    let values = (-radius...radius).map { exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
    let sum = values.reduce(0, +)
    return values.map { $0 / sum }
  }

  /// The errors that the documentation states, in both precisions of the poles.
  @Test(arguments: [0.5, 0.6, 0.8, 1, 1.4, 2, 3.3, 5, 10, 25, 50, 100, 1000])
  func responsesComeNearTheSampledGaussian(_ sigma: Double) {
    for round in [{ $0 }, { Double(Float($0)) }] as [(Double) -> Double] {
      let radius = Int(16 * sigma) + 4
      let exact = Array(Self.gaussian(sigma, radius: radius)[radius...])
      let response = RecursiveFit(sigma: sigma, round: round).response(radius + 1)
      let errors = zip(response, exact).map { $0 - $1 }
      let weights = errors.indices.map { $0 == 0 ? 1.0 : 2.0 }
      func sum(_ values: [Double]) -> Double { zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } }
      #expect(errors.reduce(0) { max($0, abs($1)) } <= 1e-5 * exact[0])
      #expect(sum(errors.map { abs($0) }) <= 8e-6)
      #expect(
        sum(errors.map { $0 * $0 }).squareRoot() <= 5e-6 * sum(exact.map { $0 * $0 }).squareRoot())
      #expect(abs(sum(response) - 1) <= 1e-9)
      let variance = sum(exact.enumerated().map { Double($0 * $0) * $1 })
      #expect(abs(sum(response.enumerated().map { Double($0 * $0) * $1 }) / variance - 1) <= 1e-6)
    }
  }

  /// What lies beyond the edges, along every axis, in rows and columns that do not fill a block.
  @Test(
    arguments: [
      Border.zero, .constant(2), .nearest, .mirror, .symmetric, .wrap,
    ])
  func bordersAreThoseOfConvolution(_ border: Border) throws {
    let cases: [(Shape, [Double])] = [
      ([50], [3]), ([9], [20]), ([37, 45], [2, 5]), ([3, 5, 21, 18], [1.5, 0, 4]),
      ([2, 7, 8, 9, 10], [1, 2, 0.7, 3]), ([40, 33], [0, 0.5]), ([1, 1], [2, 2]),
    ]
    for (shape, deviations) in cases {
      var source = RandomSource(seed: 2)
      let image = Tensor<Double>.normal(shape: shape, using: &source)
      var expected = image
      for (position, sigma) in deviations.enumerated() where sigma > 0 {
        expected = Self.convolved(
          expected, axis: shape.rank - deviations.count + position,
          Self.gaussian(sigma, radius: Int(9 * sigma) + 1), border)
      }
      let gaussian = try RecursiveGaussian(sigma: deviations, border: border)
      let largest = max(image.elements.reduce(0) { max($0, abs($1)) }, abs(border.fill))
      let allowed = 8e-6 * largest * Double(deviations.count) + 1e-7
      let result = try gaussian.smooth(image)
      #expect(try (result - expected).elements.allSatisfy { abs($0) <= allowed })
      forEachSIMDLevel { level in
        guard let single = try? gaussian.smooth(Tensor<Float>(image)) else { return }
        #expect(
          zip(single.elements, expected.elements).allSatisfy {
            abs(Double($0) - $1) <= allowed + 2e-6 * largest
          }, "\(level) \(shape) \(border)")
      }
    }
  }

  /// Convolution along one axis by the border's definition.
  static func convolved(
    _ image: Tensor<Double>, axis: Int, _ kernel: [Double], _ border: Border
  ) -> Tensor<Double> {
    let radius = kernel.count / 2
    return Tensor(shape: image.shape) { index in
      var sum = 0.0
      for (tap, weight) in kernel.enumerated() {
        var from = index
        if let source = border.source(of: index[axis] + tap - radius, extent: image.shape[axis]) {
          from[axis] = source
          sum += weight * image[from]
        } else {
          sum += weight * border.fill
        }
      }
      return sum
    }
  }

  /// Single precision loses no digits to wide filters: constants stay, impulses become Gaussians.
  @Test(arguments: [10.0, 100])
  func wideFiltersInSinglePrecision(_ sigma: Double) throws {
    let gaussian = try RecursiveGaussian(sigma: [sigma], border: .nearest)
    let constant = try gaussian.smooth(Tensor<Float>(repeating: 3, shape: [3, 700]))
    #expect(constant.elements.allSatisfy { abs($0 - 3) <= 3e-5 })
    var impulse = Tensor<Float>(zeros: [1001])
    impulse[500] = 1
    let response = try gaussian.smooth(impulse)
    let exact = Self.gaussian(sigma, radius: 500 + Int(10 * sigma))
    for position in 0..<1001 {
      let expected = exact[position + Int(10 * sigma)]
      #expect(abs(Double(response[position]) - expected) <= 1.5e-5 * exact[exact.count / 2])
    }
  }

  @Test func bitsDoNotDependOnThreads() throws {
    var source = RandomSource(seed: 2)
    let image = Tensor<Float>.normal(shape: [70, 90], using: &source)
    let gaussian = try RecursiveGaussian(sigma: [2, 6])
    try expectSameForThreads(2, 5) { try gaussian.smooth(image) }
  }

  @Test func wrongParametersAreRefused() throws {
    for sigma in [[], [1, 2, 3, 4, 5], [-1], [0.3], [.nan], [.infinity], [1e9]] as [[Double]] {
      #expect(throws: FiltersmithError.self) { try RecursiveGaussian(sigma: sigma) }
    }
    for border in [Border.valid, .full] {
      #expect(throws: FiltersmithError.self) { try RecursiveGaussian(sigma: [2], border: border) }
    }
    let gaussian = try RecursiveGaussian(sigma: [2, 2])
    #expect(throws: FiltersmithError.self) { try gaussian.smooth(Tensor<Float>(zeros: [5])) }
  }
}
