import FilterDesign
import Numerics
import Tensors
import Testing

@Suite("Frequency functions")
struct FrequencyFunctionTests {
  private func radial(_ function: FrequencyFunction, _ radius: Double) -> Double {
    function(FrequencyVector([0.6 * radius, 0.8 * radius])).real
  }

  @Test(
    "the log-normal band is 1 at its centre and ½ half its octaves away",
    arguments: [0.5, 1, 2, 3.3])
  func logNormal(octaves: Double) {
    let band = FrequencyFunction.logNormal(centerFrequency: 1.1, octaves: octaves)
    #expect(abs(radial(band, 1.1) - 1) < 1e-12)
    #expect(abs(radial(band, 1.1 * Double.exp2(octaves / 2)) - 0.5) < 1e-12)
    #expect(abs(radial(band, 1.1 * Double.exp2(-octaves / 2)) - 0.5) < 1e-12)
    #expect(radial(band, 0) == 0)
  }

  @Test("log-erf bands that share limits add up")
  func logErf() {
    let (low, high) = (
      FrequencyFunction.logErf(low: 0.4, high: 0.9), FrequencyFunction.logErf(low: 0.9, high: 2)
    )
    let both = FrequencyFunction.logErf(low: 0.4, high: 2)
    for radius in [0.1, 0.4, 0.7, 0.9, 1.5, 3] {
      #expect(abs(radial(low + high, radius) - radial(both, radius)) < 1e-15)
    }
    // ½(erf 0 + erf(1.4 ln 5)), by the definition.
    #expect(abs(radial(both, 0.4) - 0.5 * Double.erf(1.4 * Double.log(5))) < 1e-15)
    #expect(radial(both, 0) == 0)
  }

  @Test("low, high and band-pass functions")
  func passes() {
    let low = FrequencyFunction.lowPass(cutoff: 1, transition: 0.4)
    #expect(radial(low, 0.79) == 1 && radial(low, 1.21) == 0)
    #expect(abs(radial(low, 1) - 0.5) < 1e-12)
    #expect(abs(radial(low, 1.1) + radial(low, 0.9) - 1) < 1e-12)
    let high = FrequencyFunction.highPass(cutoff: 1, transition: 0.4)
    let band = FrequencyFunction.bandPass(low: 0.3, high: 1, transition: 0.4)
    for radius in [0, 0.2, 0.45, 0.95, 1.15, 2] {
      #expect(abs(radial(low + high, radius) - 1) < 1e-15)
      let expected =
        radial(low, radius) - radial(.lowPass(cutoff: 0.3, transition: 0.4), radius)
      #expect(abs(radial(band, radius) - expected) < 1e-15)
    }
    #expect(radial(.lowPass(cutoff: 1), 1.0001) == 0)
  }

  @Test("directional functions live on one half of the spectrum", arguments: [1.0, 2, 3, 4.5])
  func directional(exponent: Double) {
    let direction = [0.36, 0.48, 0.8]
    let function = FrequencyFunction.directional(direction, exponent: exponent)
    let u = [0.3, -0.2, 0.9]
    let projection = zip(u, direction).reduce(0) { $0 + $1.0 * $1.1 }
    let norm = u.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(
      abs(function(FrequencyVector(u)).real - Double.pow(projection / norm, exponent)) < 1e-14)
    #expect(function(FrequencyVector(u.map { -$0 })) == .zero)
    #expect(function(FrequencyVector([0, 0, 0])) == .zero)
    #expect(function.isReal)
  }

  @Test("angular Gaussians, Gabor and log-Gabor functions peak where they should")
  func gabor() {
    let u = FrequencyVector([0.5, 1.2])
    #expect(abs(FrequencyFunction.gabor(center: [0.5, 1.2], sigma: [2, 3])(u).real - 1) < 1e-15)
    let away = FrequencyFunction.gabor(center: [0, 1.2], sigma: [2, 3])(u).real
    #expect(abs(away - Double.exp(-0.5)) < 1e-15)
    let angle = 0.3
    let turned = [Double.sin(angle), Double.cos(angle)]
    let profile = FrequencyFunction.gaussianAngle([0, 1], deviation: 0.3)
    #expect(abs(profile(FrequencyVector(turned)).real - Double.exp(-0.5)) < 1e-12)
    let logGabor = FrequencyFunction.logGabor(
      direction: turned, centerFrequency: 2, octaves: 1, angularDeviation: 0.3)
    #expect(abs(logGabor(FrequencyVector(turned.map { 2 * $0 })).real - 1) < 1e-6)
  }

  @Test("derivatives are powers of i·u, the Riesz transform is −i·û, monomials are powers of û")
  func algebra() {
    let u = FrequencyVector([0.5, -1.2])
    let i = Complex<Double>(0, 1)
    #expect((FrequencyFunction.derivative([0, 1])(u) - i * Complex(-1.2)).length < 1e-15)
    #expect((FrequencyFunction.derivative([1, 1])(u) - Complex(0.6)).length < 1e-15)
    #expect((FrequencyFunction.derivative([0, 3])(u) - i * Complex(1.728)).length < 1e-15)
    #expect(
      FrequencyFunction.derivative([2, 2]).isReal && !FrequencyFunction.riesz([0, 1]).isReal)
    #expect((FrequencyFunction.riesz([1, 0])(u) + i * Complex(0.5 / 1.3)).length < 1e-15)
    #expect(abs(FrequencyFunction.monomial([1, 2])(u).real - 0.5 * 1.44 / 2.197) < 1e-15)
    // Σ û_i û_i = 1.
    let trace = FrequencyFunction.monomial([2, 0]) + .monomial([0, 2])
    #expect(abs(trace(u).real - 1) < 1e-15)
    let product = FrequencyFunction.riesz([0, 1]) * .riesz([0, 1])
    #expect(abs(product(u).real + 1.44 / 1.69) < 1e-15)
    let own = FrequencyFunction { u in u[0] } - .constant(1) * 2
    #expect(own(u) == Complex(-1.5))
  }
}

@Suite("Sets of directions")
struct DirectionTests {
  static let sets = [(1, 1), (1, 2), (2, 3), (2, 4), (2, 7), (3, 6), (4, 12)]

  @Test(
    "are unit vectors, no two on one line, that span the tensors isotropically", arguments: sets)
  func isotropy(dimensions: Int, count: Int) throws {
    let directions = try DirectionSets.isotropic(dimensions: dimensions, count: count)
    #expect(directions.count == count)
    #expect(DirectionSets.span(directions))
    // Σ_k (x·n_k)² M_k = x xᵀ with M_k = D(D+2)/(2K) (n nᵀ − I/(D+2)).
    let x = [0.3, -1.1, 0.7, 0.5].prefix(dimensions)
    for row in 0..<dimensions {
      for column in 0..<dimensions {
        var sum = 0.0
        for n in directions {
          let projection = zip(x, n).reduce(0) { $0 + $1.0 * $1.1 }
          let dual =
            Double(dimensions * (dimensions + 2)) / Double(2 * count)
            * (n[row] * n[column] - (row == column ? 1 / Double(dimensions + 2) : 0))
          sum += projection * projection * dual
        }
        #expect(abs(sum - x[row] * x[column]) < 1e-12)
      }
    }
    for n in directions { #expect(abs(n.reduce(0) { $0 + $1 * $1 } - 1) < 1e-15) }
  }

  @Test("evenly spaced directions are exact about the axes")
  func exactness() throws {
    let directions = try DirectionSets.isotropic(dimensions: 2, count: 4)
    #expect(directions[0] == [0, 1] && directions[2] == [1, 0])
    #expect(directions[1][0] == directions[1][1] && directions[3][0] == -directions[3][1])
    for (k, n) in try DirectionSets.isotropic(dimensions: 2, count: 7).enumerated() {
      #expect(abs(n[0] - Double.sin(.pi * Double(k) / 7)) < 1e-15)
      #expect(abs(n[1] - Double.cos(.pi * Double(k) / 7)) < 1e-15)
    }
  }

  @Test("too few, or all in one plane, do not span")
  func spanning() {
    #expect(!DirectionSets.span([]))
    #expect(!DirectionSets.span([[0, 1], [1, 0]]))
    #expect(!DirectionSets.span([[0, 1], [0, 1], [0, -1], [1, 0]]))
    #expect(DirectionSets.span([[0, 1], [1, 0], [0.6, 0.8]]))
    let plane = (0..<8).map { [0, Double.sin(Double($0)), Double.cos(Double($0))] }
    #expect(!DirectionSets.span(plane))
  }

  @Test(
    "there is not one for every number",
    arguments: [(0, 1), (5, 4), (1, 3), (2, 0), (3, 4), (4, 10)])
  func missing(dimensions: Int, count: Int) {
    let error = #expect(throws: FiltersmithError.self) {
      try DirectionSets.isotropic(dimensions: dimensions, count: count)
    }
    #expect(error?.kind == .argument)
  }
}
