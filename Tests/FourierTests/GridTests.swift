import Fourier
import Numerics
import Tensors
import Testing

@Suite("Frequency grids, shifts and sizes")
struct GridTests {
  @Test("centred grids run from −(N−1)/2 to (N−1)/2 in steps of 2π/N")
  func centred() {
    let grid = FrequencyGrid(shape: [5, 4])
    let step = 2 * Double.pi / 5
    #expect(grid.frequencies(axis: 0) == [-2, -1, 0, 1, 2].map { step * $0 })
    #expect(grid.frequencies(axis: 1) == [-2, -1, 0, 1].map { Double.pi / 2 * $0 })
    #expect(grid.component(axis: 1)[3, 0] == -Double.pi)
    #expect(grid.radius()[2, 2] == 0)
    #expect(abs(grid.radius()[0, 3] - (4 * step * step + .pi * .pi / 4).squareRoot()) < 1e-15)
  }

  @Test("both orders hold the same frequencies, shifted", arguments: [1, 2, 5, 6, 23])
  func orders(extent: Int) throws {
    let centred = Tensor(FrequencyGrid(shape: [extent]).frequencies(axis: 0))
    let ordered = Tensor(FrequencyGrid(shape: [extent], order: .transform).frequencies(axis: 0))
    #expect(try ordered.centered() == centred)
    #expect(try centred.uncentered() == ordered)
    #expect(ordered[0] == 0)
  }

  @Test(
    "a wave of a grid frequency has its peak there",
    arguments: [FrequencyGrid.Order.centered, .transform])
  func peak(order: FrequencyGrid.Order) throws {
    let shape: Shape = [7, 9]
    let grid = FrequencyGrid(shape: shape, order: order)
    let (row, column) = (5, 2)
    let (u, v) = (grid.frequencies(axis: 0)[row], grid.frequencies(axis: 1)[column])
    let wave = Tensor<Complex<Double>>(shape: shape) { index in
      Complex(length: 1, phase: u * Double(index[0]) + v * Double(index[1]))
    }
    var spectrum = try wave.fourierTransform()
    if order == .centered { spectrum = try spectrum.centered() }
    #expect((spectrum[row, column] - 63).length < 1e-12)
    #expect(abs(spectrum.map(\.lengthSquared).sum() - 63 * 63) < 1e-9)
  }

  @Test("shifts move only the axes asked for")
  func shifts() throws {
    let tensor = Tensor<Int>(shape: [3, 4]) { 10 * $0[0] + $0[1] }
    #expect(try tensor.centered(axes: [1]).elements.prefix(4) == [2, 3, 0, 1])
    #expect(try tensor.centered().elements.prefix(4) == [22, 23, 20, 21])
    #expect(try tensor.centered().uncentered() == tensor)
    #expect(throws: FiltersmithError.self) { try tensor.centered(axes: [2]) }
  }

  @Test("good sizes are the smallest products of small primes")
  func sizes() {
    #expect(FourierSize.good(atLeast: 0) == 1)
    #expect(FourierSize.good(atLeast: 11) == 11)
    #expect(FourierSize.good(atLeast: 17) == 18)
    #expect(FourierSize.good(atLeast: 121) == 125)
    #expect(FourierSize.good(atLeast: 143) == 144)
    #expect(FourierSize.goodEven(atLeast: 125) == 126)
    for minimum in 1...300 {
      let size = FourierSize.good(atLeast: minimum)
      #expect(size >= minimum && FourierSize.isGood(size))
      #expect(!(minimum..<size).contains { FourierSize.isGood($0) })
      let even = FourierSize.goodEven(atLeast: minimum)
      #expect(even >= minimum && even % 2 == 0 && FourierSize.isGood(even / 2))
    }
  }
}
