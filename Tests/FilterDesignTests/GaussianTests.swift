import FilterDesign
import Tensors
import Testing

@Suite struct GaussianTests {
  @Test(arguments: [1, 2, 3, 4]) func moments(dimensions: Int) throws {
    let sigma = Array([1.5, 0.8, 1.2, 0.7].prefix(dimensions))
    // The plain sum over up to 69,000 taps rounds at 1e-14.
    let probe = KernelProbe(try GaussianDesign(sigma: sigma, truncation: 6).bank())
    let none = sigma.map { _ in 0 }
    #expect(abs(probe.response(0, toPowers: none) - 1) < 1e-13)
    for axis in 0..<dimensions {
      var powers = none
      powers[axis] = 1
      #expect(abs(probe.response(0, toPowers: powers)) < 1e-14)
      powers[axis] = 2
      // The sampled Gaussian's variance is σ² but for the aliasing that σ = 0.7 shows.
      #expect(abs(probe.response(0, toPowers: powers) - sigma[axis] * sigma[axis]) < 2e-3)
    }
  }

  @Test func radiusIsSciPys() throws {
    #expect(try GaussianDesign(sigma: [1.5, 1.7]).bank().support == [13, 15])
    #expect(try GaussianDesign(sigma: 0.1, dimensions: 3).bank().support == [1, 1, 1])
    #expect(try GaussianDesign(sigma: 2, dimensions: 1, truncation: 3).bank().support == [13])
  }

  @Test func isSymmetricAndPositive() throws {
    let bank = try GaussianDesign(sigma: [1.5, 0.8]).bank()
    #expect(bank.even.elements == bank.even.elements.reversed())
    #expect(bank.even.elements.allSatisfy { $0 > 0 })
  }

  @Test func responseIsAGaussian() throws {
    let sigma = 2.0
    let bank = try GaussianDesign(sigma: [sigma], truncation: 8).bank()
    for frequency in [0.0, 0.3, 0.7, 1.1] {
      let expected = Double.exp(-0.5 * sigma * sigma * frequency * frequency)
      let response = try bank.frequencyResponse(at: [frequency])[0]
      #expect(abs(response.real - expected) < 1e-7 && abs(response.imaginary) < 1e-15)
    }
  }

  /// Order n differentiates x^n to n! and answers 0 to lower powers, at any σ and in any rank.
  @Test(arguments: [0.4, 0.6, 1.0, 2.3], [1, 2, 3, 4])
  func exactMomentsDifferentiatePolynomials(sigma: Double, dimensions: Int) throws {
    let highest = sigma < 0.5 ? 2 : 4
    let design = GaussianDerivativeDesign(
      sigma: Array(repeating: sigma, count: dimensions),
      orders: (0...highest).map { order in
        (0..<dimensions).map { $0 == dimensions - 1 ? order : 0 }
      }, discretization: .exactMoments)
    let probe = KernelProbe(try design.bank())
    for order in 0...highest {
      for power in 0...order {
        let powers = (0..<dimensions).map { $0 == dimensions - 1 ? power : 0 }
        let factorial = Double((1...max(order, 1)).reduce(1, *))
        let response = probe.response(order, toPowers: powers)
        #expect(
          abs(response - (power == order ? factorial : 0)) < 1e-9 * factorial,
          "order \(order) of power \(power): \(response)")
      }
    }
  }

  @Test func sampledDerivativesApproachTheExactOnes() throws {
    for order in 0...3 {
      let sampled = try GaussianDerivativeDesign(sigma: [3], orders: [[order]], truncation: 8)
        .bank()
      let exact = try GaussianDerivativeDesign(
        sigma: [3], orders: [[order]], truncation: 8, discretization: .exactMoments
      ).bank()
      expectClose(sampled.even.elements, exact.even.elements, relative: 1e-9)
    }
  }

  @Test func parityFollowsTheOrder() throws {
    for discretization in DerivativeDiscretization.allCases {
      for order in 0...5 {
        let taps = try GaussianDerivativeDesign(
          sigma: [1.7], orders: [[order]], discretization: discretization
        ).bank().even.elements
        let mirrored = taps.reversed().map { order % 2 == 0 ? $0 : -$0 }
        expectClose(taps, Array(mirrored), relative: 1e-12)
      }
    }
  }

  /// A ramp rises along each axis in turn: positive responses that near the slope.
  @Test(arguments: [1, 2, 3, 4]) func rampsGiveTheirSlope(dimensions: Int) throws {
    for discretization in DerivativeDiscretization.allCases {
      let bank = try GaussianDerivativeDesign(
        sigma: Array(repeating: 1.1, count: dimensions), totalOrder: 1,
        discretization: discretization
      ).bank()
      #expect(bank.count == dimensions)
      let probe = KernelProbe(bank)
      for filter in 0..<dimensions {
        #expect(bank.directions[filter].firstIndex(of: 1) == filter)
        for axis in 0..<dimensions {
          let response = probe.response(
            filter, toPowers: (0..<dimensions).map { $0 == axis ? 1 : 0 })
          let tolerance = discretization == .sampled ? 2e-3 : 1e-12
          #expect(abs(response - (axis == filter ? 1 : 0)) < tolerance)
        }
      }
    }
  }

  @Test func ordersOfATotal() {
    #expect(
      GaussianDerivativeDesign.orders(total: 2, dimensions: 2) == [[2, 0], [1, 1], [0, 2]])
    #expect(
      GaussianDerivativeDesign.orders(total: 1, dimensions: 3)
        == [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    #expect(GaussianDerivativeDesign.orders(total: 3, dimensions: 4).count == 20)
    #expect(GaussianDerivativeDesign.orders(total: -1, dimensions: 2).isEmpty)
  }

  @Test func labelsNameTheDerivative() throws {
    let bank = try GaussianDerivativeDesign(sigma: [1, 1], totalOrder: 2).bank()
    #expect(bank.labels == ["yy", "yx", "xx"])
    #expect(bank.directions.isEmpty)
  }

  @Test(arguments: [1, 2, 3]) func laplacianOfGaussian(dimensions: Int) throws {
    let sigma = Array([1.4, 1.1, 1.7].prefix(dimensions))
    let exact = KernelProbe(
      try LaplacianOfGaussianDesign(sigma: sigma, discretization: .exactMoments).bank())
    let none = sigma.map { _ in 0 }
    #expect(abs(exact.response(0, toPowers: none)) < 1e-13)
    for axis in 0..<dimensions {
      var powers = none
      powers[axis] = 2
      #expect(abs(exact.response(0, toPowers: powers) - 2) < 1e-10)
    }
    // A bright spot gives a negative response, also with SciPy's numbers.
    let sampled = try LaplacianOfGaussianDesign(sigma: sigma).bank()
    #expect(sampled.even.elements[sampled.even.count / 2] < 0)
    let spot: ([Double]) -> Double = { Double.exp(-0.25 * $0.reduce(0) { $0 + $1 * $1 }) }
    #expect(exact.response(0, to: spot).real < 0)
  }

  @Test func differenceOfGaussians() throws {
    let bank = try DifferenceOfGaussiansDesign(narrowSigma: [1, 1.2], wideSigma: [1.6, 2]).bank()
    let probe = KernelProbe(bank)
    #expect(abs(probe.response(0, toPowers: [0, 0])) < 1e-15)
    #expect(bank.even.elements[bank.even.count / 2] > 0)
    // −x² grows away from a bright spot's centre as the difference of variances tells.
    #expect(abs(probe.response(0, toPowers: [2, 0]) - (1 - 1.6 * 1.6)) < 5e-3)
  }
}
