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

  @Test(arguments: [1, 4, 24])
  func everyFilterHasItsPanels(count: Int) throws {
    let bank = try SampleBanks.planar(count, taps: 7)
    let plain = try BankFigure(bank).figure()
    #expect(plain.groups.count == count)
    #expect(
      plain.groups.allSatisfy { $0.rows.map { $0.map(\.title) } == [["even", "odd", "|F|"]] })
    let directions = bank.directions
    let compared = try BankFigure(bank, ideal: { SampleBanks.ideal(directions[$0], $1) }).figure()
    #expect(
      compared.groups.allSatisfy {
        $0.rows.map { $0.map(\.title) } == [["even", "odd", "|F|", "ideal"]]
      })
    #expect(compared.groups.map(\.heading) == bank.labels)
    #expect(compared.groups[0].caption.contains("weighted error 11.4 %"))
  }

  @Test func volumesAndSequencesAreShownByPlanes() throws {
    let volume = try SampleBanks.quadrature(directions: [[0, 0, 1]], taps: [5, 5, 5])
    let sequence = try SampleBanks.quadrature(directions: [[0, 0, 0, 1]], taps: [3, 3, 3, 3])
    let first = try BankFigure(volume).figure().groups[0]
    #expect(first.rowLabels == ["y–x", "z–x", "z–y"])
    #expect(first.rows.map(\.count) == [3, 3, 3])
    let second = try BankFigure(sequence).figure().groups[0]
    #expect(second.rowLabels == ["y–x", "z–x", "z–y", "t–x", "t–y", "t–z"])
  }

  @Test func signalsAreLinesAndStems() throws {
    let bank = try SampleBanks.quadrature(directions: [[1], [-1]], taps: [9])
    let figure = try BankFigure(bank, ideal: { SampleBanks.ideal(bank.directions[$0], $1) })
      .figure()
    #expect(figure.groups.map(\.heading) == ["direction +1", "direction −1"])
    guard case .axes(let taps) = figure.groups[0].rows[0][0].content,
      case .axes(let magnitude) = figure.groups[0].rows[0][1].content
    else {
      Issue.record("a filter of one axis is drawn in diagrams")
      return
    }
    #expect(taps.series.map(\.label) == ["even", "odd"])
    #expect(
      taps.series.map(\.y)
        == [bank.even.elements[..<9], bank.odd?.elements[..<9]].map { Array($0 ?? []) })
    #expect(magnitude.series.map(\.label) == ["|F|", "ideal"])
    let scale = taps.yRange ?? 0...0
    #expect(scale.lowerBound == -scale.upperBound)
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
    for (column, frequency) in FrequencyPlane.frequencies(33).enumerated() {
      for row in [0, 7, 32] {
        #expect(abs(magnitude[row, column] - abs(sin(frequency))) < 1e-12)
      }
    }
    // On a plane through the origin of a volume: the sums over the other axis.
    var random = RandomSource(seed: 4)
    let volume = try FilterBank(kernels: .real(.normal(shape: [1, 3, 4, 5], using: &random)))
    let planes = try BankFigure(volume).parts(of: 0, planes: [[0, 2]], samples: 9)
    let frequencies = FrequencyPlane.frequencies(9)
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
    let bank = try SampleBanks.planar(1, taps: 3)
    #expect(throws: FiltersmithError.self) { try BankFigure(bank).write(to: "bank.tiff") }
  }
}
