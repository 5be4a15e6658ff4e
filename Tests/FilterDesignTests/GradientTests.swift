import FilterDesign
import Tensors
import Testing

@Suite struct GradientTests {
  static let separable: [GradientDesign.Operator] = [
    .centralDifference, .sobel, .prewitt, .scharr, .farid,
  ]

  /// All operators × ranks: a ramp along an axis gives its slope there and nothing elsewhere.
  @Test(arguments: separable, [1, 2, 3, 4])
  func rampsGiveTheirSlope(operation: GradientDesign.Operator, dimensions: Int) throws {
    let sizes = operation == .farid ? [3, 5] : operation == .sobel ? [3, 5, 7] : [3]
    for taps in sizes {
      let bank = try GradientDesign(operation, dimensions: dimensions, taps: taps).bank()
      let probe = KernelProbe(bank)
      for filter in 0..<dimensions {
        let none = Array(repeating: 0, count: dimensions)
        #expect(abs(probe.response(filter, toPowers: none)) < 1e-14)
        for axis in 0..<dimensions {
          var powers = none
          powers[axis] = 1
          let response = probe.response(filter, toPowers: powers)
          #expect(abs(response - (axis == filter ? 1 : 0)) < 1e-13)
        }
        #expect(bank.directions[filter].firstIndex(of: 1) == filter)
      }
    }
  }

  /// The derivative's response near frequency 0 is i u, and its even part vanishes.
  @Test(arguments: separable) func responseIsImaginary(operation: GradientDesign.Operator) throws {
    let bank = try GradientDesign(operation).bank()
    let response = try bank.frequencyResponse(at: [0.02, 0.01])
    #expect(abs(response[0].imaginary - 0.02) < 1e-4 && abs(response[0].real) < 1e-15)
    #expect(abs(response[1].imaginary - 0.01) < 1e-4 && abs(response[1].real) < 1e-15)
  }

  @Test func publishedNumbers() throws {
    func kernels(_ design: GradientDesign) throws -> [Double] { try design.bank().even.elements }
    #expect(
      try kernels(GradientDesign(.sobel, normalization: .published))
        == [1, 2, 1, 0, 0, 0, -1, -2, -1, 1, 0, -1, 2, 0, -2, 1, 0, -1])
    #expect(
      try kernels(GradientDesign(.sobel, dimensions: 1, taps: 5, normalization: .published))
        == [1, 2, 0, -2, -1])
    #expect(
      try kernels(GradientDesign(.sobel, taps: 5, normalization: .published)).prefix(5)
        == [1, 4, 6, 4, 1])
    #expect(
      try kernels(GradientDesign(.prewitt, normalization: .published)).prefix(9)
        == [1, 1, 1, 0, 0, 0, -1, -1, -1])
    #expect(
      try kernels(GradientDesign(.scharr, normalization: .published)).suffix(9)
        == [3, 0, -3, 10, 0, -10, 3, 0, -3])
    #expect(
      try kernels(GradientDesign(.centralDifference, normalization: .published)).suffix(9)
        == [0, 0, 0, 1, 0, -1, 0, 0, 0])
    #expect(try kernels(GradientDesign(.centralDifference, dimensions: 1)) == [0.5, 0, -0.5])
  }

  @Test func robertsFollowsTheDiagonals() throws {
    let bank = try GradientDesign(.roberts).bank()
    let probe = KernelProbe(bank)
    for (filter, direction) in bank.directions.enumerated() {
      let along = probe.response(filter) { $0[0] * direction[0] + $0[1] * direction[1] }
      let across = probe.response(filter) { $0[0] * direction[1] - $0[1] * direction[0] }
      #expect(abs(along.real - 1) < 1e-15 && abs(across.real) < 1e-15)
    }
    #expect(
      try GradientDesign(.roberts, normalization: .published).bank().even.elements
        == [1, 0, 0, -1, 0, 1, -1, 0])
  }

  @Test(arguments: [1, 2, 3, 4], LaplacianDesign.Neighborhood.allCases)
  func laplacian(dimensions: Int, neighborhood: LaplacianDesign.Neighborhood) throws {
    let bank = try LaplacianDesign(dimensions: dimensions, neighborhood: neighborhood).bank()
    let probe = KernelProbe(bank)
    let none = Array(repeating: 0, count: dimensions)
    #expect(abs(probe.response(0, toPowers: none)) < 1e-13)
    for axis in 0..<dimensions {
      var powers = none
      powers[axis] = 1
      #expect(abs(probe.response(0, toPowers: powers)) < 1e-13)
      powers[axis] = 2
      #expect(abs(probe.response(0, toPowers: powers) - 2) < 1e-13)
    }
    #expect(bank.even.elements[bank.even.count / 2] < 0)
  }

  @Test func laplaciansAsPublished() throws {
    #expect(
      try LaplacianDesign(normalization: .published).bank().even.elements
        == [0, 1, 0, 1, -4, 1, 0, 1, 0])
    #expect(
      try LaplacianDesign(neighborhood: .all, normalization: .published).bank().even.elements
        == [1, 1, 1, 1, -8, 1, 1, 1, 1])
  }

  @Test(arguments: [[5], [2, 3], [3, 4, 5], [2, 2, 2, 2]]) func boxesAreMeans(support: [Int]) throws
  {
    let bank = try BoxDesign(support: support).bank()
    #expect(bank.support == Shape(support))
    #expect(abs(bank.even.sum() - 1) < 1e-14)
    #expect(Set(bank.even.elements).count == 1)
  }

  @Test func savitzkyGolayDifferentiatesPolynomials() throws {
    let design = SavitzkyGolayDesign(
      support: [7, 5], degree: 3, orders: [[0, 0], [1, 0], [2, 1]])
    let probe = KernelProbe(try design.bank())
    // Derivatives at the origin of y^a x^b: a! b! where the orders are (a, b), otherwise 0.
    for (filter, order) in design.orders.enumerated() {
      for a in 0...3 {
        for b in 0...3 {
          let factorials = [1.0, 1, 2, 6]
          let expected = order == [a, b] ? factorials[a] * factorials[b] : 0
          #expect(abs(probe.response(filter, toPowers: [a, b]) - expected) < 1e-12)
        }
      }
    }
  }
}
