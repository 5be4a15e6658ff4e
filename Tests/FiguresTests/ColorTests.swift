import Foundation
import Tensors
import Testing

@testable import Figures

@Suite struct ColorTests {
  @Test func zeroIsWhiteAndSignsAreEquallyStrong() {
    #expect(ColorMap.diverging(0.5) == .white)
    for step in 1...50 {
      let amount = Double(step) / 100
      let (below, above) = (ColorMap.diverging(0.5 - amount), ColorMap.diverging(0.5 + amount))
      #expect(abs(below.lightness - above.lightness) < 1.5)
      #expect(below.blue > below.red)
      #expect(above.red > above.blue)
    }
  }

  @Test func lightnessOfMagnitudesRises() {
    var last = -1.0
    for step in 0...200 {
      let lightness = ColorMap.sequential(Double(step) / 200).lightness
      #expect(lightness > last)
      last = lightness
    }
    #expect(ColorMap.sequential(0).hex == 0x440154)
    #expect(ColorMap.sequential(1).hex == 0xFDE725)
  }

  @Test func whatLiesOutsideTakesTheEnds() {
    for map in [ColorMap.diverging, .sequential, .gray] {
      #expect(map(-3) == map(0))
      #expect(map(7) == map(1))
      #expect(map(.nan) == .axis)
    }
    #expect(ColorMap.cyclic(1.25).hex == ColorMap.cyclic(0.25).hex)
    #expect(ColorMap.cyclic(-0.1).hex == ColorMap.cyclic(0.9).hex)
  }

  @Test func oppositeOrientationsShareAColor() {
    for step in 0..<24 {
      let angle = Double(step) / 24 * .pi
      let color = OrientationColors.color(angle: angle, certainty: 1)
      #expect(color.hex == OrientationColors.color(angle: angle - .pi, certainty: 1).hex)
      // Across is the complement: the three waves add up to white.
      let across = OrientationColors.color(angle: angle + .pi / 2, certainty: 1)
      #expect(abs(color.red + across.red - 1) < 1e-3)
      #expect(abs(color.green + across.green - 1) < 1e-3)
      #expect(OrientationColors.color(angle: angle, certainty: 0) == .black)
    }
    #expect(OrientationColors.color(direction: [0, 0, -1], certainty: 1).hex == 0xFF0000)
    #expect(OrientationColors.color(direction: [0, 1, 0], certainty: 1).hex == 0x00FF00)
    #expect(OrientationColors.color(direction: [1, 0, 0], certainty: 2).hex == 0x0000FF)
  }

  @Test func lightnessOfGraysIsTheStandards() {
    #expect(abs(Color.white.lightness - 100) < 1e-9)
    #expect(Color.black.lightness == 0)
    // The middle grey of sRGB.
    #expect(abs(Color(gray: 0.5).lightness - 53.389) < 1e-3)
    for lightness in [20.0, 50, 80] {
      #expect(abs(Color(lightness: lightness, chroma: 0, hue: 0).lightness - lightness) < 0.05)
    }
  }

  @Test func matricesBecomePixels() throws {
    let matrix = try Tensor<Double>(shape: [2, 3], elements: [-2, 0, 2, -1, 1, 5])
    let image = try ColorImage(matrix, map: .gray, range: -2...2)
    #expect(image.width == 3)
    #expect(image.height == 2)
    #expect(image.pixels == [0x000000, 0x808080, 0xFFFFFF, 0x404040, 0xBFBFBF, 0xFFFFFF])
    let large = image.magnified(by: 3)
    #expect(large.width == 9)
    #expect(large.reduced(by: 3) == image)
    #expect(throws: FiltersmithError.self) {
      try ColorImage(Tensor<Double>(zeros: [2, 2, 2]), map: .gray, range: 0...1)
    }
  }
}
