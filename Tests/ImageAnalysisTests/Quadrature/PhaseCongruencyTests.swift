import ImageAnalysis
import Tensors
import Testing

@Suite struct PhaseCongruencyTests {
  /// A step of some contrast, oblique, and a little noise.
  static func step(contrast: Float, noise: Double = 0) -> Tensor<Float> {
    var random = RandomSource(seed: 9)
    return Tensor(shape: [96, 96]) { index in
      let side: Float = 3 * (index[1] - 48) + index[0] - 48 >= 0 ? 1 : 0
      return 10 + contrast * side + Float(noise * random.normal())
    }
  }

  @Test("A step is found whatever its contrast, and nothing elsewhere")
  func contrast() throws {
    let strong = try PhaseCongruency()(Self.step(contrast: 100))
    let weak = try PhaseCongruency()(Self.step(contrast: 0.1))
    for (left, right) in zip(strong.congruency.elements, weak.congruency.elements) {
      #expect(abs(left - right) < 0.02)
    }
    #expect(strong.congruency[48, 48] > 0.4)
    #expect(strong.congruency[48, 80] < 0.05)
    #expect(strong.congruency.elements.allSatisfy { $0 >= 0 && $0 <= 1 })
    // Edges have phase ±π/2.
    #expect(abs(abs(strong.phase[48, 48]) - .pi / 2) < 0.6)
    // The orientation lies across the step: along (1/3, 1).
    let vectors = strong.orientation.eigensystem().vectors
    let across = abs(vectors[0, 0, 48, 48] * 0.3162 + vectors[0, 1, 48, 48] * 0.9487)
    #expect(across > 0.99)
  }

  @Test("Noise alone gives nearly nothing, and does not hide a step")
  func noise() throws {
    let flat = try PhaseCongruency()(Self.step(contrast: 0, noise: 1))
    #expect(flat.congruency.mean() < 0.03)
    let step = try PhaseCongruency()(Self.step(contrast: 20, noise: 1))
    let along = (20..<76).map { y -> Float in
      let x = 48 - (y - 48) / 3
      return (x - 2...x + 2).map { step.congruency[y, $0] }.max() ?? 0
    }
    #expect(along.reduce(0, +) / Float(along.count) > 0.3)
  }

  @Test("Spacing: a step's direction is that in space, not on the grid")
  func spacing() throws {
    // Rows lie 2 units apart; the step's normal is (1, 1)/√2 in space. Samples are means over their area:
    // of a step that is only looked at, too much aliases between the far rows.
    let step = Tensor<Float>(shape: [64, 96]) { index in
      var inside = 0
      for part in 0..<64 {
        let y = Double(index[0] - 32) + (Double(part / 8) - 3.5) / 8
        let x = Double(index[1] - 48) + (Double(part % 8) - 3.5) / 8
        inside += 2 * y + x >= 0 ? 1 : 0
      }
      return Float(inside) / 64
    }
    var congruency = PhaseCongruency()
    congruency.scales = 3
    // Waves that the coarser axis can hold.
    congruency.shortestWavelength = 6
    func across(_ result: PhaseCongruency.Result) -> Float {
      let vectors = result.orientation.eigensystem().vectors
      return abs(vectors[0, 0, 32, 48] + vectors[0, 1, 32, 48]) / Float(2).squareRoot()
    }
    let grid = across(try congruency(step))
    congruency.spacing = [2, 1]
    let space = across(try congruency(step))
    // On the grid the normal is (2, 1)/√5, whose cosine with it is 0.949.
    #expect(space > 0.99 && grid < 0.97, "\(space), \(grid)")
    congruency.spacing = [1, 2, 3]
    #expect(throws: FiltersmithError.self) { try congruency(step) }
  }

  @Test("A plane in a volume, and a hole in an image")
  func volumeAndMask() throws {
    var congruency = PhaseCongruency()
    congruency.scales = 3
    let volume = Tensor<Float>(shape: [24, 24, 24]) { $0[0] >= 12 ? 1 : 0 }
    let planes = try congruency(volume)
    #expect(planes.congruency[12, 12, 12] > 0.3)
    #expect(planes.congruency[4, 12, 12] < 0.1)
    var torn = Self.step(contrast: 1)
    for y in 60..<70 { for x in 10..<20 { torn[y, x] = .nan } }
    let patched = try PhaseCongruency()(MaskedImage(torn))
    #expect(patched.congruency.isFinite)
    #expect(patched.congruency[65, 9] < 0.1)
  }

  @Test("Parameters out of range are refused")
  func refusals() throws {
    let image = Self.step(contrast: 1)
    var congruency = PhaseCongruency()
    congruency.scales = 1
    #expect(throws: FiltersmithError.self) { try congruency(image) }
    congruency = PhaseCongruency()
    congruency.scaling = .nan
    #expect(throws: FiltersmithError.self) { try congruency(image) }
    #expect(throws: FiltersmithError.self) {
      try PhaseCongruency()(Tensor<Float>(repeating: 1, shape: [20]))
    }
  }
}
