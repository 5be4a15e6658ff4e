import Foundation
import ImageAnalysis
import Tensors
import Testing

@Suite struct MonogenicSignalTests {
  @Test(
    "A wave has its amplitude, phase and orientation",
    arguments: [
      [0.6, 0.8], [-0.8, 0.6], [1.0, 0],
    ])
  func wave(direction: [Double]) throws {
    let center = Double.pi / 4
    let frequency = direction.map { $0 * center }
    let image = LocalPhaseTests.wave([65, 67], frequency: frequency, phase: 0.4)
      .map { 3 * $0 + 5 }
    let signal = try MonogenicSignal(of: image, centerFrequency: center)
    let (amplitude, phase, orientation) = (signal.amplitude, signal.phase, signal.orientation)
    let signed = try signal.phase(along: direction)
    for offset in [(0, 0), (2, 3), (-5, 1), (4, -6)] {
      let (y, x) = (32 + offset.0, 33 + offset.1)
      let expected = 0.4 + frequency[0] * Double(offset.0) + frequency[1] * Double(offset.1)
      #expect(abs(amplitude[y, x] - 3) < 0.06)
      #expect(LocalPhaseTests.distance(Double(signed[y, x]), expected) < 0.02)
      #expect(abs(Double(phase[y, x]) - acos(cos(expected))) < 0.02)
      let along = (0..<2).reduce(0) { $0 + direction[$1] * Double(orientation[$1, y, x]) }
      #expect(abs(abs(along) - 1) < 1e-3)
    }
  }

  @Test("Spacing: a wave in space has the same amplitude, phase and orientation on any grid")
  func spacing() throws {
    // 0.8 rad per unit along (0.6, 0.8); rows lie 1.5 units apart.
    let (direction, frequency, spacing) = ([0.6, 0.8], 0.8, [1.5, 1.0])
    let image = Tensor<Float>(shape: [61, 81]) { index in
      let place = zip(index, spacing).map { Double($0) * $1 }
      return Float(2 * cos(frequency * (direction[0] * place[0] + direction[1] * place[1])))
    }
    let signal = try MonogenicSignal(of: image, centerFrequency: frequency, spacing: spacing)
    let grid = try MonogenicSignal(of: image, centerFrequency: frequency)
    let (amplitude, orientation) = (signal.amplitude, signal.orientation)
    for (y, x) in [(30, 40), (28, 37), (33, 45)] {
      #expect(abs(amplitude[y, x] - 2) < 0.05)
      let along = (0..<2).reduce(0) { $0 + direction[$1] * Double(orientation[$1, y, x]) }
      #expect(abs(abs(along) - 1) < 2e-3)
      let skewed = (0..<2).reduce(0) { $0 + direction[$1] * Double(grid.orientation[$1, y, x]) }
      #expect(abs(skewed) < 0.99)
    }
    #expect(throws: FiltersmithError.self) {
      try MonogenicSignal(of: image, centerFrequency: 1, spacing: [1, 2, 3])
    }
  }

  @Test("In a volume the amplitude of a wave is the same everywhere")
  func volume() throws {
    let direction = [2.0 / 3, -2.0 / 3, 1.0 / 3]
    let image = LocalPhaseTests.wave([33, 33, 33], frequency: direction.map { $0 * 1.2 })
    let signal = try MonogenicSignal(of: image, centerFrequency: 1.2)
    for index in [[16, 16, 16], [15, 17, 18], [18, 14, 16]] {
      #expect(abs(signal.amplitude[index] - 1) < 0.02)
    }
  }

  @Test("Missing samples change little, and their certainty falls")
  func missing() throws {
    let image = LocalPhaseTests.wave([65, 65], frequency: [0.3, 0.5]).map { $0 + 5 }
    var torn = image
    for y in 30..<33 { torn[y, 20] = .nan }
    let whole = try MonogenicSignal(of: image, centerFrequency: 0.6)
    let (patched, certainty) = try MonogenicSignal.of(MaskedImage(torn), centerFrequency: 0.6)
    #expect(patched.amplitude.isFinite)
    let naive = try MonogenicSignal(
      of: torn.map { $0.isFinite ? $0 : 0 }, centerFrequency: 0.6)
    func error(_ signal: MonogenicSignal) -> Double {
      let parts = [
        signal.even[31, 20] - whole.even[31, 20], signal.odd[0, 31, 20] - whole.odd[0, 31, 20],
        signal.odd[1, 31, 20] - whole.odd[1, 31, 20],
      ]
      return parts.reduce(0) { $0 + Double($1 * $1) }.squareRoot()
    }
    #expect(error(patched) < 0.3)
    #expect(error(patched) < 0.3 * error(naive))
    #expect(certainty[31, 20] < certainty[31, 40] - 0.01)
    #expect(abs(certainty[32, 45] - 1) < 1e-3)
    #expect(throws: FiltersmithError.self) { try MonogenicSignal(of: torn, centerFrequency: 0.6) }
    #expect(throws: FiltersmithError.self) { try MonogenicSignal(of: image, centerFrequency: 4) }
  }
}
