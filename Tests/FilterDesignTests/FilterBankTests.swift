import FilterDesign
import Numerics
import Tensors
import Testing

@Suite struct FilterBankTests {
  /// Two complex 1D filters of three taps.
  static func complexPair() throws -> FilterBank {
    try FilterBank(
      kernels: .complex(
        Tensor(
          shape: [2, 3],
          elements: [
            Complex(1, -1), Complex(2, 0), Complex(1, 1), Complex(3, 5), Complex(4, 0),
            Complex(3, -5),
          ])),
      directions: [[1], [-1]])
  }

  @Test func partsOfAComplexBank() throws {
    let bank = try Self.complexPair()
    #expect(bank.count == 2 && bank.dimensions == 1 && bank.support == [3] && bank.isComplex)
    #expect(bank.even.elements == [1, 2, 1, 3, 4, 3])
    #expect(bank.odd?.elements == [-1, 0, 1, 5, 0, -5])
    #expect(bank.realKernels.shape == [4, 1, 3])
    #expect(bank.realKernels.elements == [1, 2, 1, -1, 0, 1, 3, 4, 3, 5, 0, -5])
    #expect(bank.labels == ["+", "−"])
  }

  @Test func partsOfARealBank() throws {
    let bank = try GradientDesign(.sobel, normalization: .published).bank()
    #expect(!bank.isComplex && bank.odd == nil)
    #expect(bank.realKernels.shape == [2, 1, 3, 3])
    #expect(bank.realKernels.elements.map(Double.init) == bank.even.elements)
    #expect(bank.complexKernels.imaginaryPart().elements.allSatisfy { $0 == 0 })
  }

  @Test func choosing() throws {
    let bank = try Self.complexPair()
    #expect(bank[1].even.elements == [3, 4, 3])
    #expect(bank[1].directions == [[-1]] && bank[1].labels == ["−"])
    let turned = try bank.selecting([1, 0, 1])
    #expect(turned.count == 3 && turned.even.elements == [3, 4, 3, 1, 2, 1, 3, 4, 3])
    expectFailure(.argument, naming: "filter 2") { () throws(FiltersmithError) in
      try bank.selecting([0, 2])
    }
    expectFailure(.argument, naming: "no filter") { () throws(FiltersmithError) in
      try bank.selecting([])
    }
  }

  @Test func joining() throws {
    let pair = try Self.complexPair()
    let smooth = try BoxDesign(support: [3]).bank()
    let both = try smooth.appending(pair)
    #expect(both.count == 3 && both.isComplex && both.directions.isEmpty)
    #expect(both.labels == ["smooth", "+", "−"])
    #expect(both.even.elements.suffix(6) == [1, 2, 1, 3, 4, 3])
    let stillReal = try smooth.appending(GradientDesign(.sobel, dimensions: 1).bank())
    #expect(!stillReal.isComplex && stillReal.count == 2)
    // Made again from its description: the same bits
    #expect(try stillReal.design.bank() == stillReal)
    #expect(try stillReal[1].design.bank() == stillReal[1])
    let wide = try BoxDesign(support: [5]).bank()
    expectFailure(.shape, naming: "[3]", "[5]") { () throws(FiltersmithError) in
      try smooth.appending(wide)
    }
  }

  @Test func validation() throws {
    func bank(
      _ shape: Shape, value: Double = 1, directions: [[Double]] = [], labels: [String] = []
    ) throws(FiltersmithError) -> FilterBank {
      try FilterBank(
        kernels: .real(Tensor(repeating: value, shape: shape)), directions: directions,
        labels: labels)
    }
    expectFailure(.shape, naming: "[3]") { () throws(FiltersmithError) in try bank([3]) }
    expectFailure(.shape, naming: "1 to 4 axes") { () throws(FiltersmithError) in
      try bank([1, 1, 1, 1, 1, 1])
    }
    expectFailure(.shape, naming: "no taps") { () throws(FiltersmithError) in try bank([0, 3]) }
    expectFailure(.argument, naming: "not finite", "[0, 0]") { () throws(FiltersmithError) in
      try bank([1, 3], value: .nan)
    }
    expectFailure(.argument, naming: "not finite") { () throws(FiltersmithError) in
      try FilterBank(
        kernels: .complex(Tensor(repeating: Complex(0, .infinity), shape: [1, 3])))
    }
    expectFailure(.shape, naming: "1 directions", "2 filters") { () throws(FiltersmithError) in
      try bank([2, 3], directions: [[1]])
    }
    expectFailure(.shape, naming: "[1.0, 0.0]") { () throws(FiltersmithError) in
      try bank([1, 3], directions: [[1, 0]])
    }
    expectFailure(.argument, naming: "length") { () throws(FiltersmithError) in
      try bank([1, 3, 3], directions: [[1, 1]])
    }
    expectFailure(.argument, naming: "length") { () throws(FiltersmithError) in
      try bank([1, 3, 3], directions: [[.nan, 1]])
    }
    expectFailure(.shape, naming: "3 labels") { () throws(FiltersmithError) in
      try bank([2, 3], labels: ["a", "b", "c"])
    }
  }

  @Test func labelsTellDirections() throws {
    let half = 0.5.squareRoot()
    let flat = try FilterBank(
      kernels: .real(Tensor(repeating: 1, shape: [3, 3, 3])),
      directions: [[0, 1], [half, half], [-half, half]])
    #expect(flat.labels == ["0°", "45°", "-45°"])
    let solid = try FilterBank(
      kernels: .real(Tensor(repeating: 1, shape: [1, 3, 3, 3])), directions: [[0, half, -half]])
    #expect(solid.labels == ["(0, 0.71, -0.71)"])
    #expect(try GradientDesign(.sobel, dimensions: 4).bank().labels == ["t", "z", "y", "x"])
    let plain = try FilterBank(kernels: .real(Tensor(repeating: 1, shape: [2, 3])))
    #expect(plain.labels == ["0", "1"])
  }

  @Test(arguments: [1, 2, 3, 4]) func frequencyResponseIsTheFourierSum(dimensions: Int) throws {
    var source = RandomSource(seed: UInt64(dimensions))
    // Even and odd extents, two filters
    let support = Shape(Array([4, 3, 2, 5].prefix(dimensions)))
    let kernels = Tensor<Complex<Double>>(shape: [2] + support) { _ in
      Complex(source.normal(), source.normal())
    }
    let bank = try FilterBank(kernels: .complex(kernels))
    let probe = KernelProbe(bank)
    let grid = Shape(Array([5, 6, 3, 7].prefix(dimensions)))
    let response = try bank.frequencyResponse(grid: grid)
    #expect(response.shape == [2] + grid)
    var worst = 0.0
    for filter in 0..<2 {
      grid.forEachIndex { index in
        let frequency = zip(index, grid).map { 2 * .pi * Double($0 - $1 / 2) / Double($1) }
        let expected = probe.spectrum(filter, at: frequency)
        worst = max(worst, (response[[filter] + index] - expected).length)
      }
    }
    #expect(worst < 1e-11)
    let point = Array([0.3, -1.2, 2.5, 0.9].prefix(dimensions))
    let single = try bank.frequencyResponse(at: point)
    #expect((single[1] - probe.spectrum(1, at: point)).length < 1e-11)
  }

  @Test func frequencyResponseValidates() throws {
    let bank = try BoxDesign(support: [3, 3]).bank()
    expectFailure(.shape, naming: "1 axes", "2") { () throws(FiltersmithError) in
      try bank.frequencyResponse(grid: [5])
    }
    expectFailure(.shape, naming: "3 axes") { () throws(FiltersmithError) in
      try bank.frequencyResponse(at: [0, 0, 0])
    }
    expectFailure(.limit, naming: "2000000") { () throws(FiltersmithError) in
      try bank.frequencyResponse(grid: [2_000_000, 2_000_000])
    }
  }
}
