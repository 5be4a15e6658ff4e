import FilterDesign
import Foundation
import ImageAnalysis
import Tensors
import Testing

@Suite struct LocalPhaseTests {
  /// A wave cos(u·x + φ) about the middle.
  static func wave(_ shape: Shape, frequency: [Double], phase: Double = 0) -> Tensor<Float> {
    Tensor(shape: shape) { index in
      var argument = phase
      for axis in index.indices {
        argument += frequency[axis] * Double(index[axis] - shape[axis] / 2)
      }
      return Float(cos(argument))
    }
  }

  /// The distance of two angles.
  static func distance(_ left: Double, _ right: Double) -> Double {
    abs(atan2(sin(left - right), cos(left - right)))
  }

  @Test(
    "The phase of a wave is the wave's, along a direction on the side of x",
    arguments: [
      [0.0, 1.0], [0.6, 0.8], [-0.6, 0.8], [1, 0],
    ])
  func phaseOfWaves(direction: [Double]) throws {
    let center = Double.pi / 3
    let bank = try FilterBank.quadrature(centerFrequency: center, support: [11, 11])
    let frequency = direction.map { $0 * center }
    for phase in [0.0, 1, -2] {
      let image = Self.wave([41, 41], frequency: frequency, phase: phase)
      let local = try bank.responses(to: image).localPhase()
      for offset in [(0, 0), (3, -2), (-4, 5)] {
        let (y, x) = (20 + offset.0, 20 + offset.1)
        let expected =
          phase + frequency[0] * Double(offset.0) + frequency[1] * Double(offset.1)
        #expect(Self.distance(Double(local.phase[y, x]), expected) < 0.06)
        #expect(abs(Double(local.direction[0, y, x]) - direction[0]) < 0.02)
        #expect(abs(Double(local.direction[1, y, x]) - direction[1]) < 0.02)
        // R(ρ0) = 1, so the magnitude is the amplitude, but for the error of the filters.
        #expect(abs(local.magnitude[y, x] - 1) < 0.1)
      }
    }
  }

  @Test("Another reference turns direction and phase around together")
  func reference() throws {
    let bank = try FilterBank.quadrature(centerFrequency: 1, support: [11, 11])
    let image = Self.wave([31, 33], frequency: [0.3, 0.9], phase: 0.7)
    let responses = try bank.responses(to: image)
    let forward = try responses.localPhase(reference: [0, 1])
    let backward = try responses.localPhase(reference: [0, -1])
    // Near the image's edges the direction may lie between the sides, which are then the same.
    for y in 6..<25 {
      for x in 6..<27 {
        let (left, right) = (Double(forward.phase[y, x]), Double(backward.phase[y, x]))
        #expect(Self.distance(left, -right) < 1e-5)
        #expect(forward.direction[0, y, x] == -backward.direction[0, y, x])
        #expect(forward.direction[1, y, x] == -backward.direction[1, y, x])
      }
    }
    #expect(throws: FiltersmithError.self) { try responses.localPhase(reference: [0, 0]) }
    #expect(throws: FiltersmithError.self) { try responses.localPhase(reference: [1]) }
  }

  @Test("Bright lines have phase 0, dark ones π, rising edges −π/2, falling ones π/2")
  func linesAndEdges() throws {
    let bank = try FilterBank.quadrature(centerFrequency: 1, support: [11, 11])
    let line = Tensor<Float>(shape: [31, 31]) { $0[1] == 15 ? 1 : 0 }
    let edge = Tensor<Float>(shape: [31, 32]) { $0[1] >= 16 ? 1 : 0 }
    func phase(_ image: Tensor<Float>, _ x: Int) throws -> Double {
      Double(try bank.responses(to: image).localPhase().phase[15, x])
    }
    #expect(abs(try phase(line, 15)) < 0.01)
    #expect(Self.distance(try phase(line.map { -$0 }, 15), .pi) < 0.01)
    // The edge lies between samples 15 and 16: half a sample of phase on either side.
    let rising = (try phase(edge, 15) + phase(edge, 16)) / 2
    #expect(Self.distance(rising, -.pi / 2) < 0.02)
    let falling = (try phase(edge.map { 1 - $0 }, 15) + phase(edge.map { 1 - $0 }, 16)) / 2
    #expect(Self.distance(falling, .pi / 2) < 0.02)
  }

  @Test("Quadrature magnitude with non-maximum suppression marks an oblique edge once")
  func thinEdges() throws {
    let bank = try FilterBank.quadrature(centerFrequency: 1, support: [11, 11])
    let image = Tensor<Float>(shape: [64, 64]) { index in
      let distance = 0.8 * (Double(index[1]) - 31.7) + 0.6 * (Double(index[0]) - 31.2)
      return Float(1 / (1 + exp(-2 * distance)))
    }
    let phase = try bank.responses(to: image).localPhase()
    let thin = try phase.magnitude.suppressingNonMaxima(along: phase.direction, threshold: 0.1)
    for y in 15..<49 {
      let marked = (8..<56).filter { thin[y, $0] > 0 }
      #expect((1...2).contains(marked.count), "row \(y): \(marked)")
      for x in marked {
        let distance = 0.8 * (Double(x) - 31.7) + 0.6 * (Double(y) - 31.2)
        #expect(abs(distance) < 0.8)
      }
    }
  }

  @Test("Non-maximum suppression of a ridge in a volume leaves its middle")
  func ridgeInVolume() throws {
    let volume = Tensor<Float>(shape: [9, 9, 9]) { index in
      exp(-0.5 * Float((index[0] - 4) * (index[0] - 4)))
    }
    let directions = Tensor<Float>(shape: [3, 9, 9, 9]) { $0[0] == 0 ? -2 : 0 }
    let thin = try volume.suppressingNonMaxima(along: directions)
    thin.shape.forEachIndex { #expect(thin[$0] == ($0[0] == 4 ? 1 : 0)) }
    #expect(throws: FiltersmithError.self) {
      try volume.suppressingNonMaxima(along: volume)
    }
  }
}
