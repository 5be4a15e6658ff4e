import FilterDesign
import Foundation
import Numerics
import Tensors
import Testing

@testable import Figures

@Suite struct BankFigureTests {
  private func pictures(_ figure: Figure) -> [Panel.Picture] {
    figure.groups.flatMap { $0.rows.joined() }.compactMap { panel in
      if case .picture(let picture) = panel.content { picture } else { nil }
    }
  }

  private func bank(
    _ directions: [[Double]], taps: Int, octaves: Double = 2
  ) throws -> FilterBank {
    try QuadratureDesign(
      support: directions[0].map { _ in taps }, centerFrequency: .pi / 3, octaves: octaves,
      directions: directions
    ).bank()
  }

  private func planar(_ count: Int, taps: Int) throws -> FilterBank {
    try bank(
      (0..<count).map { step in
        let angle = Double.pi * Double(step) / Double(count)
        return [sin(angle), cos(angle)]
      }, taps: taps)
  }

  @Test(arguments: [1, 4, 24])
  func everyFilterHasItsPanels(count: Int) throws {
    let bank = try planar(count, taps: 11)
    let compared = try BankFigure(bank).figure()
    #expect(compared.groups.count == count)
    #expect(
      compared.groups.allSatisfy {
        $0.rows.map { $0.map(\.title) } == [["even", "odd", "|F|", "ideal"]]
      })
    #expect(compared.groups.map(\.heading) == bank.labels)
    // The known answer for the first direction.
    #expect(compared.groups[0].caption.contains("weighted error 11.4 %"))
    let custom = try FilterBank(kernels: bank.kernels, directions: bank.directions)
    let plain = try BankFigure(custom).figure()
    #expect(
      plain.groups.allSatisfy { $0.rows.map { $0.map(\.title) } == [["even", "odd", "|F|"]] })
  }

  @Test func volumesAndSequencesAreShownByPlanes() throws {
    let first = try BankFigure(bank([[0, 0, 1]], taps: 5)).figure().groups[0]
    #expect(first.rowLabels == ["y–x", "z–x", "z–y"])
    #expect(first.rows.map(\.count) == [4, 4, 4])
    let second = try BankFigure(bank([[0, 0, 0, 1]], taps: 3)).figure().groups[0]
    #expect(second.rowLabels == ["y–x", "z–x", "z–y", "t–x", "t–y", "t–z"])
  }

  @Test func signalsAreLinesAndStems() throws {
    let bank = try bank([[1], [-1]], taps: 9)
    let figure = try BankFigure(bank).figure()
    #expect(figure.groups.map(\.heading) == ["direction +1", "direction −1"])
    guard case .axes(let taps) = figure.groups[0].rows[0][0].content,
      case .axes(let magnitude) = figure.groups[0].rows[0][1].content
    else {
      Issue.record("a filter of one axis is drawn in diagrams")
      return
    }
    #expect(taps.series.map(\.label) == ["even", "odd"])
    let kernel = bank.complexKernels.elements.prefix(9)
    #expect(taps.series.map(\.y) == [kernel.map(\.real), kernel.map(\.imaginary)])
    #expect(magnitude.series.map(\.label) == ["|F|", "ideal"])
    let scale = taps.yRange ?? 0...0
    #expect(scale.lowerBound == -scale.upperBound)
  }

  @Test func idealsAreThoseOfTheDesign() throws {
    func value(_ bank: FilterBank, _ filter: Int, _ frequency: [Double]) -> Double {
      bank.ideal?(filter, frequency).length ?? .nan
    }
    let center = Double.pi / 3
    let four = try planar(4, taps: 5)
    for (filter, direction) in four.directions.enumerated() {
      #expect(abs(value(four, filter, direction.map { $0 * center }) - 1) < 1e-12)
      #expect(value(four, filter, direction.map { -$0 * center }) == 0)
    }
    // Half the amplitude at half the bandwidth: one octave beside the centre.
    #expect(abs(value(four, 0, [0, 2 * center]) - 0.5) < 1e-12)
    let chosen = try four.selecting([2, 0])
    #expect(abs(value(chosen, 0, [center, 0]) - 1) < 1e-12)
    let joined = try chosen.appending(four)
    #expect(abs(value(joined, 2, [0, center]) - 1) < 1e-12)
    let monomial = try MonomialDesign(support: [5, 5], centerFrequency: center).bank()
    #expect(abs(value(monomial, 1, [center, 0]) - 1) < 1e-12)
    #expect(value(monomial, 1, [0, center]) == 0)
    // Samples twice as far apart along y see twice the frequency per sample.
    let coarse = try QuadratureDesign(
      support: [5, 5], centerFrequency: center, directions: [[1, 0]],
      parameters: LeastSquaresParameters(spacing: [2, 1])
    ).bank()
    #expect(abs(value(coarse, 0, [2 * center, 0]) - 1) < 1e-12)
    // A description that does not belong to the kernels is not believed.
    let other = try FilterBank(
      kernels: .real(Tensor(repeating: 1, shape: [4, 3, 3])), design: four.design)
    #expect(other.ideal == nil)
    #expect(try GradientDesign(.sobel).bank().ideal == nil)
    #expect(try four.appending(FilterBank(kernels: four.kernels)).ideal == nil)
  }

  @Test func zeroIsNeutralAndTheScaleSymmetric() throws {
    let kernels = try Tensor<Double>(shape: [1, 3, 3], elements: [-2, 0, 1, 0, 0, 0, 0, 0, 0.5])
    let figure = try BankFigure(FilterBank(kernels: .real(kernels))).figure()
    let kernel = pictures(figure)[0].image
    #expect(kernel[1, 1] == .white)
    #expect(kernel[0, 0].hex == ColorMap.diverging(0).hex)
    #expect(kernel[0, 2].hex == ColorMap.diverging(0.75).hex)
    guard case .colorBar(_, let range, let ticks, _) = figure.legends[0] else {
      Issue.record("the first legend is the bar of coefficients")
      return
    }
    #expect(range == -2...2)
    #expect(ticks.labels == ["−2", "0", "2"])
  }

  @Test func peaksFarApartGetTheirOwnScale() throws {
    let kernels = try Tensor<Double>(shape: [2, 1, 2], elements: [1, -1, 0.01, 0.01])
    let bank = try FilterBank(kernels: .real(kernels))
    let own = try BankFigure(bank).figure()
    #expect(own.groups.map(\.caption[0]) == ["s = 1", "s = 0.01"])
    #expect(pictures(own)[2].image[0, 0].hex == ColorMap.diverging(1).hex)
    let shared = try BankFigure(bank, scale: .shared).figure()
    #expect(pictures(shared)[2].image[0, 0].hex == ColorMap.diverging(0.505).hex)
    // A bank of nothing is white, not an error.
    let empty = try BankFigure(FilterBank(kernels: .real(Tensor(zeros: [1, 3, 3])))).figure()
    #expect(Set(pictures(empty)[0].image.pixels) == [0xFFFFFF])
    #expect(!(try empty.rendered(as: .png)).isEmpty)
  }

  @Test func magnitudesAreThoseOfTheTransform() throws {
    // |F| of the central difference is |sin u| along its axis and constant across.
    let bank = try FilterBank(
      kernels: .real(try Tensor(shape: [1, 1, 3], elements: [0.5, 0, -0.5])))
    let parts = try BankFigure(bank).parts(of: 0, planes: [[0, 1]], samples: 33)
    let magnitude = parts.frequency[0][0]
    for (column, frequency) in BankFigure.frequencies(33).enumerated() {
      for row in [0, 7, 32] {
        #expect(abs(magnitude[row, column] - abs(sin(frequency))) < 1e-12)
      }
    }
    // On a plane through the origin of a volume: the sums over the other axis.
    var random = RandomSource(seed: 4)
    let volume = try FilterBank(kernels: .real(.normal(shape: [1, 3, 4, 5], using: &random)))
    let planes = try BankFigure(volume).parts(of: 0, planes: [[0, 2]], samples: 9)
    let frequencies = BankFigure.frequencies(9)
    for (row, column) in [(0, 3), (4, 4), (8, 1)] {
      var sum = Complex<Double>.zero
      volume.even.shape.forEachIndex { index in
        let phase =
          frequencies[row] * Double(index[1] - 1) + frequencies[column] * Double(index[3] - 2)
        sum += Complex(length: 1, phase: -phase) * Complex(volume.even[index])
      }
      #expect(abs(planes.frequency[0][0][row, column] - sum.length) < 1e-12)
    }
  }

  @Test func wrongEndingsAreRefusedBeforeDrawing() throws {
    let bank = try planar(1, taps: 3)
    #expect(throws: FiltersmithError.self) { try BankFigure(bank).write(to: "bank.tiff") }
  }
}
