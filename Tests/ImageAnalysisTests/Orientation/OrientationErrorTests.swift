import FilterDesign
import Foundation
import ImageAnalysis
import Numerics
import Tensors
import Testing

/// How well banks find the direction of a pattern that has all of them.
///
/// cos(½κr²) has the local frequency κr: every direction and, along the radius, every frequency. The
/// errors to find are known ones.
@Suite struct OrientationErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var family: String
    var dimensions: Int
    var taps: Int
    var center: Double
    /// Degrees without noise, and at 20, 10 and 0 dB.
    var degrees: [Double]

    var testDescription: String { "\(family) \(dimensions)D, \(taps) taps" }
    var extent: Int { dimensions == 2 ? 257 : 65 }
    var chirp: Double { dimensions == 2 ? .pi / 160 : .pi / 45 }

    func bank() throws -> FilterBank {
      let support = Array(repeating: taps, count: dimensions)
      return family == "monomial"
        ? try MonomialDesign(support: support, centerFrequency: center).bank()
        : try QuadratureDesign(support: support, centerFrequency: center).bank()
    }
  }

  static let cases = [
    Case(
      family: "quadrature", dimensions: 2, taps: 11, center: .pi / 3,
      degrees: [0.225, 0.95, 2.91, 10.4]),
    Case(
      family: "quadrature", dimensions: 2, taps: 9, center: .pi * 2.0.squareRoot() / 3,
      degrees: [0.129, 1.23, 3.88, 16.2]),
    Case(
      family: "monomial", dimensions: 2, taps: 11, center: .pi / 3,
      degrees: [0.264, 1.18, 3.65, 12.6]),
    Case(
      family: "quadrature", dimensions: 3, taps: 9, center: .pi / 3,
      degrees: [0.743, 1.06, 2.53, 8.2]),
    Case(
      family: "monomial", dimensions: 3, taps: 9, center: .pi / 3,
      degrees: [0.372, 1.00, 2.95, 9.5]),
  ]

  @Test(arguments: cases)
  func errorsAreTheKnownOnes(item: Case) throws {
    let bank = try item.bank()
    let space = Shape(Array(repeating: item.extent, count: item.dimensions))
    let middle = Double(item.extent / 2)
    func position(_ index: [Int]) -> [Double] { index.map { Double($0) - middle } }
    func radius(_ index: [Int]) -> Double {
      position(index).reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    let pattern = Tensor<Float>(shape: space) { index in
      let r = radius(index)
      return Float(cos(0.5 * item.chirp * r * r))
    }
    var inside: [[Int]] = []
    space.forEachIndex { index in
      let r = radius(index)
      let frequency = item.chirp * r
      let isFar = index.allSatisfy { $0 >= item.taps && $0 < item.extent - item.taps }
      if r > 3, isFar, frequency > item.center / 1.25, frequency < 1.25 * item.center {
        inside.append(index)
      }
    }
    let power = inside.reduce(0) { $0 + pow(Double(pattern[$1]), 2) } / Double(inside.count)
    // Filters are linear: the pattern and the noise are filtered once and mixed afterwards, and only
    // what is measured is kept: the samples inside, as a field of one row.
    let row = Shape([inside.count] + Array(repeating: 1, count: item.dimensions - 1))
    let offsets = inside.map { space.offset(of: $0) }
    func kept(_ values: Tensor<Complex<Float>>) -> Tensor<Complex<Float>> {
      let (elements, samples) = (values.elements, space.elementCount)
      return Tensor(shape: Shape([bank.count]) + row) { elements[$0[0] * samples + offsets[$0[1]]] }
    }
    let responses = try bank.responses(to: pattern)
    let clean = kept(responses.values)
    // More than one picture of the noise, so that chance is well inside the 5 %.
    var noise: [Tensor<Complex<Float>>] = []
    for seed in 0..<(item.dimensions == 2 ? 4 : 2) {
      var random = RandomSource(seed: UInt64(seed))
      let picture = Tensor<Float>.normal(shape: space, using: &random)
      noise.append(kept(try bank.responses(to: picture).values))
    }
    // The field that responses make themselves is the one measured here.
    let whole = try responses.orientationTensor()
    let part = try tensor(of: bank, from: clean)
    for sample in stride(from: 0, to: inside.count, by: 97) {
      let difference = zip(
        whole[inside[sample]].elements,
        part[[sample] + Array(repeating: 0, count: item.dimensions - 1)].elements)
      #expect(difference.allSatisfy { abs($0 - $1) < 1e-6 })
    }
    for (decibels, expected) in zip([nil, 20.0, 10, 0], item.degrees) {
      var sum = 0.0
      let pictures = decibels == nil ? Array(noise.prefix(1)) : noise
      for one in pictures {
        let deviation = decibels.map { power.squareRoot() * pow(10, -$0 / 20) } ?? 0
        let mixed = try clean.zip(with: one) { $0 + $1 * Complex(Float(deviation)) }
        let vectors = try tensor(of: bank, from: mixed).eigensystem().vectors.elements
        for (sample, index) in inside.enumerated() {
          let x = position(index)
          let along = x.indices.reduce(0) {
            $0 + x[$1] * Double(vectors[$1 * inside.count + sample])
          }
          sum += 1 - pow(along / radius(index), 2)
        }
      }
      let mean = sum / Double(inside.count * pictures.count)
      let degrees = asin(mean.squareRoot()) * 180 / .pi
      // Without noise the figure holds to its last digit; with noise to 5 %.
      let tolerance = decibels == nil ? 0.0005 : 0.05 * expected
      #expect(
        abs(degrees - expected) <= tolerance,
        "\(item.testDescription) at \(decibels.map { "\($0) dB" } ?? "no noise"): \(degrees)")
    }
  }

  /// The orientation from responses `[filters, space…]`.
  private func tensor(
    of bank: FilterBank, from responses: Tensor<Complex<Float>>
  ) throws -> OrientationTensor {
    let axes = bank.dimensions
    guard bank.directions.isEmpty else {
      return try OrientationTensor(magnitudes: responses.magnitude(), directions: bank.directions)
    }
    let second = axes + 1
    return try OrientationTensor(
      first: responses.sliced(axis: 0, 1..<second).imaginaryPart(),
      second: responses.sliced(axis: 0, second..<responses.shape[0]).realPart())
  }
}
