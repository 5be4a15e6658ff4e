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
  /// A ball of radius 12: of every voxel the part that lies in it.
  static let sphere = Tensor<Double>(shape: [41, 41, 41]) { index in
    let place = index.map { Double(abs($0 - 20)) }
    let middle = place.reduce(0) { $0 + $1 * $1 }.squareRoot()
    if abs(middle - 12) > 0.9 { return middle < 12 ? 1 : 0 }
    let parts = 8
    var count = 0
    Shape([parts, parts, parts]).forEachIndex { part in
      let square = (0..<3).reduce(0.0) {
        $0 + pow(place[$1] + (Double(part[$1]) + 0.5) / Double(parts) - 0.5, 2)
      }
      if square <= 144 { count += 1 }
    }
    return Double(count) / Double(parts * parts * parts)
  }

  /// The sum over a box around every sample of the sphere, by its integral over all before.
  private static func boxSums(_ image: Tensor<Double>, radius: Int) -> Tensor<Double> {
    var sums = image
    for axis in 0..<3 {
      let stride = sums.shape.strides[axis]
      sums = Tensor(shape: sums.shape) { index in
        let place = sums.shape.offset(of: index)
        return (max(index[axis] - radius, 0)...min(index[axis] + radius, sums.shape[axis] - 1))
          .reduce(0) { $0 + sums.elements[place + ($1 - index[axis]) * stride] }
      }
    }
    return sums
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
    // Over the sphere: sums along one axis after the other.
    let sphere = try bank.responses(to: Self.sphere, border: .zero).even.selected(axis: 0, at: 0)
    let sums = Self.boxSums(Self.sphere, radius: 2).map { $0 / 125 }
    #expect(try Self.error(sphere, sums) < 0.01)
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
    // A ball of radius R under the Laplacian of a Gaussian, r F(r) being a function of one axis under
    // the same Gaussian g: F'' + 2 F'/r = h''/r with
    // h'' = g(r+R) (1 + R (r+R)/σ²) − g(r−R) (1 − R (r−R)/σ²). That the ball is made of the parts of
    // voxels that lie in it widens g by a voxel's variance, 1/12.
    let wide = sigma * sigma + 1.0 / 12
    func g(_ x: Double) -> Double { exp(-x * x / (2 * wide)) / (2 * .pi * wide).squareRoot() }
    let ball = Tensor<Double>(shape: Self.sphere.shape) { index in
      let r = max(index.reduce(0.0) { $0 + pow(Double($1 - 20), 2) }.squareRoot(), 1e-3)
      let radius = 12.0
      let far = g(r + radius) * (1 + radius * (r + radius) / wide)
      let near = g(r - radius) * (1 - radius * (r - radius) / wide)
      return (far - near) / r
    }
    #expect(try Self.error(map(Self.sphere, .zero), ball) < 0.01)
  }

  @Test("Gabor filters") func gabor() throws {
    // Magnitudes in the plane, as the initiative's: k along (cos 30°, sin 30°), σ∥ = 3, σ⊥ = 2.
    let direction = [sin(Double.pi / 6), cos(Double.pi / 6)]
    let (wave, along, across) = (0.9, 3.0, 2.0)
    let bank = try GaborDesign(
      directions: [direction], centerFrequency: wave, sigmaAlong: along, sigmaAcross: across,
      truncation: 5, removesDC: false, normalization: .envelope
    ).bank()
    func map(_ image: Tensor<Double>, _ border: Border) throws -> Tensor<Double> {
      let responses = try bank.responses(to: image, border: border)
      let odd = try #require(responses.odd)
      return try responses.even.zip(with: odd) { ($0 * $0 + $1 * $1).squareRoot() }
        .selected(axis: 0, at: 0)
    }
    func envelope(_ y: Double, _ x: Double) -> (value: Double, place: Double) {
      let place = y * direction[0] + x * direction[1]
      let aside = -y * direction[1] + x * direction[0]
      let exponent = pow(place / along, 2) + pow(aside / across, 2)
      return (exp(-0.5 * exponent) / (2 * .pi * along * across), place)
    }
    let impulse = Tensor<Double>(shape: [33, 33]) { $0 == [16, 16] ? 1 : 0 }
    let bell = Tensor<Double>(shape: impulse.shape) {
      envelope(Double($0[0] - 16), Double($0[1] - 16)).value
    }
    #expect(try Self.error(map(impulse, .zero), bell) < 0.01)
    // A checkerboard is a sum of waves, each of which the filter passes by its transform, a Gaussian
    // about k.
    let square: [Double] = (0..<32).map { $0 / 4 % 2 == 0 ? 1 : -1 }
    let checks = Tensor<Double>(shape: [32, 32]) { (1 - square[$0[0]] * square[$0[1]]) / 2 }
    var series: [(u: Double, real: Double, imaginary: Double)] = []
    for harmonic in [-3, -1, 1, 3] {
      let u = Double(harmonic) * .pi / 4
      let real = (0..<8).reduce(0) { $0 + square[$1] * cos(u * Double($1)) / 8 }
      let imaginary = (0..<8).reduce(0) { $0 - square[$1] * sin(u * Double($1)) / 8 }
      series.append((u, real, imaginary))
    }
    func transform(_ y: Double, _ x: Double) -> Double {
      let place = y * direction[0] + x * direction[1] - wave
      let aside = -y * direction[1] + x * direction[0]
      return exp(-0.5 * (pow(place * along, 2) + pow(aside * across, 2)))
    }
    let passed = Tensor<Double>(shape: checks.shape) { index in
      var (real, imaginary) = (0.5 * transform(0, 0), 0.0)
      for y in series {
        for x in series {
          let gain = -0.5 * transform(y.u, x.u)
          let (a, b) = (
            y.real * x.real - y.imaginary * x.imaginary, y.real * x.imaginary + y.imaginary * x.real
          )
          let turn = y.u * Double(index[0]) + x.u * Double(index[1])
          real += gain * (a * cos(turn) - b * sin(turn))
          imaginary += gain * (a * sin(turn) + b * cos(turn))
        }
      }
      return (real * real + imaginary * imaginary).squareRoot()
    }
    #expect(try Self.error(map(checks, .wrap), passed) < 0.01)
    // The sphere's middle plane: the integral of the filter's formula over it.
    let disk = try Self.sphere.selected(axis: 0, at: 20)
    let integral = Tensor<Double>(shape: disk.shape) { index in
      var (real, imaginary) = (0.0, 0.0)
      disk.shape.forEachIndex { other in
        guard disk[other] > 0 else { return }
        let (value, place) = envelope(
          Double(index[0] - other[0]), Double(index[1] - other[1]))
        real += disk[other] * value * cos(wave * place)
        imaginary += disk[other] * value * sin(wave * place)
      }
      return (real * real + imaginary * imaginary).squareRoot()
    }
    #expect(try Self.error(map(disk, .zero), integral) < 0.01)
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
    // The sphere's map by the definition, out(x) = Σ k(e) f(x − e).
    let sphere = try Self.sphere.convolved(with: kernel, border: .zero)
    let taps = kernel.elements
    let extent = Self.sphere.shape[0]
    let definition = Tensor<Double>(shape: Self.sphere.shape) { index in
      var sum = 0.0
      for tap in 0..<125 {
        let from = [index[0] - tap / 25 + 2, index[1] - tap / 5 % 5 + 2, index[2] - tap % 5 + 2]
        if from.allSatisfy({ (0..<extent).contains($0) }) { sum += taps[tap] * Self.sphere[from] }
      }
      return sum
    }
    #expect(try Self.error(sphere, definition) < 0.01)
  }
}
