import Foundation
import ImageAnalysis
import LinearAlgebra
import Tensors
import Testing

@testable import Figures

@Suite struct ResponseFigureTests {
  private static let directions: [[Double]] = (0..<4).map { step in
    [sin(Double(step) * .pi / 4), cos(Double(step) * .pi / 4)]
  }

  @Test func imageMagnitudesAndOrientationStandSideBySide() throws {
    let image = Tensor<Float>(shape: [20, 30]) { Float($0[1]) }
    // A pattern that varies along x everywhere.
    let magnitudes = Tensor<Float>(shape: [4, 20, 30]) { index in
      Float(pow(cos(Double(index[0]) * .pi / 4), 2))
    }
    let tensor = try OrientationTensor(magnitudes: magnitudes, directions: Self.directions)
    let figure = try ResponseFigure(
      image: image, magnitudes: magnitudes, labels: ["0°", "45°", "90°", "135°"],
      orientation: tensor
    ).figure()
    #expect(
      figure.groups.map(\.heading) == [
        "image", "|q|  0°", "|q|  45°", "|q|  90°", "|q|  135°", "orientation",
      ])
    #expect(figure.legends.count == 2)
    guard case .picture(let orientation) = figure.groups[5].rows[0][0].content else {
      Issue.record("orientation is a picture")
      return
    }
    // The direction of x is red and everywhere equally certain.
    #expect(Set(orientation.image.pixels) == [OrientationColors.color(angle: 0, certainty: 1).hex])
    for format in FigureFormat.allCases { #expect(!(try figure.rendered(as: format)).isEmpty) }
  }

  @Test(arguments: [(1, 1), (3, 3), (4, 6)])
  func otherRanksAreDrawn(axes: Int, panels: Int) throws {
    let space = Shape(Array([4, 5, 6, 40].suffix(axes)))
    var random = RandomSource(seed: 1)
    let magnitudes = Tensor<Float>.uniform(shape: Shape([12]) + space, using: &random)
    let count = SymmetricMatrix.elementCount(order: axes)
    let tensor = try OrientationTensor(
      components: .normal(shape: Shape([count]) + space, using: &random))
    let figure = try ResponseFigure(
      image: .normal(shape: space, using: &random), magnitudes: magnitudes, orientation: tensor
    ).figure()
    #expect(figure.groups.allSatisfy { $0.rows[0].count == panels })
    #expect(figure.groups.count == (axes == 1 ? 13 : 14))
    #expect(!(try figure.rendered(as: .png)).isEmpty)
  }

  @Test func samplesAreAsLargeOnEveryPlane() throws {
    let figure = try ResponseFigure(image: Tensor(zeros: [10, 20, 40])).figure()
    let sizes = figure.groups[0].rows[0].map(\.size)
    // y–x, z–x, z–y
    #expect(sizes == [Size(100, 50), Size(100, 25), Size(50, 25)])
  }

  @Test func largeImagesAreAveragedDown() throws {
    let image = Tensor<Float>(shape: [10, 3000]) { Float($0[1] % 2) }
    let figure = try ResponseFigure(image: image).figure()
    guard case .picture(let picture) = figure.groups[0].rows[0][0].content else {
      Issue.record("an image is a picture")
      return
    }
    #expect(picture.image.width == 600)
    #expect(picture.image.height == 2)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    #expect(throws: FiltersmithError.self) { try ResponseFigure() }
    #expect(
      throws: FiltersmithError(
        .shape,
        "image, magnitudes and orientation need the same extents; [4, 5] and [5, 4] differ")
    ) {
      try ResponseFigure(image: Tensor(zeros: [4, 5]), magnitudes: Tensor(zeros: [2, 5, 4]))
    }
    #expect(throws: FiltersmithError.self) { try ResponseFigure(image: Tensor(zeros: [0, 5])) }
    #expect(throws: FiltersmithError.self) {
      try ResponseFigure(image: Tensor(zeros: [1, 1, 1, 1, 2]))
    }
  }
}
