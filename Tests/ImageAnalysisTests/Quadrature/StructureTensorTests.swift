import FilterDesign
import Foundation
import ImageAnalysis
import Tensors
import Testing

@Suite struct StructureTensorTests {
  @Test("A ramp has the outer product of its slope everywhere")
  func ramp() throws {
    let ramp = Tensor<Float>(shape: [30, 40]) { Float(3 * $0[0] - 2 * $0[1]) }
    for gradient in [
      GradientStructureTensor.Gradient.gaussian, .classical(.sobel), .classical(.scharr),
    ] {
      let tensor = try GradientStructureTensor(gradient: gradient)(ramp)
      let one = tensor[15, 20]
      #expect(abs(one[0, 0] - 9) < 5e-3)
      #expect(abs(one[0, 1] + 6) < 5e-3)
      #expect(abs(one[1, 1] - 4) < 5e-3)
    }
  }

  @Test("Spacing makes slopes per unit and scales in units")
  func spacing() throws {
    // 2 per mm along z, whose samples are 3 mm apart.
    let ramp = Tensor<Float>(shape: [30, 24, 64]) { 6 * Float($0[0]) + Float($0[2]) }
    let tensor = try GradientStructureTensor(
      innerScale: 3, outerScale: 3, spacing: [3, 1, 1])(ramp)
    #expect(abs(tensor[15, 12, 32][0, 0] - 4) < 1e-2)
    #expect(abs(tensor[15, 12, 32][2, 2] - 1) < 1e-2)
    #expect(throws: FiltersmithError.self) {
      try GradientStructureTensor(innerScale: 0.5, outerScale: 1, spacing: [3, 1, 1])(ramp)
    }
  }

  @Test("The outer scale averages outer products, not gradients")
  func outerScale() throws {
    // A wave has no mean gradient, but a mean square of ½ ω².
    let wave = LocalPhaseTests.wave([64, 64], frequency: [0, 0.5])
    let tensor = try GradientStructureTensor(
      innerScale: [1], outerScale: [8], gradient: .gaussian)(wave)
    let attenuation = exp(-0.25)  // exp(−½ σ² ω²), squared
    #expect(abs(tensor[32, 32][1, 1] - 0.5 * 0.25 * attenuation) < 2e-3)
    #expect(abs(tensor[32, 32][0, 0]) < 1e-6)
    #expect(abs(tensor.eigensystem().coherence[32, 32] - 1) < 1e-4)
  }

  @Test("What is missing does not matter to a plane")
  func missing() throws {
    var image = Tensor<Float>(shape: [30, 30]) { Float(2 * $0[0] + $0[1]) }
    for y in 10..<15 { for x in 12..<16 { image[y, x] = .nan } }
    let (tensor, certainty) = try GradientStructureTensor()(MaskedImage(image))
    for (y, x) in [(12, 14), (9, 14), (2, 2)] {
      #expect(abs(tensor[y, x][0, 0] - 4) < 0.02)
      #expect(abs(tensor[y, x][0, 1] - 2) < 0.02)
    }
    #expect(certainty[12, 14] < certainty[25, 20])
    #expect(throws: FiltersmithError.self) { try GradientStructureTensor()(image) }
  }

  @Test("Plane, line and blob are told apart in a volume")
  func shapes() throws {
    func volume(_ axes: Int) -> Tensor<Float> {
      Tensor(shape: [25, 25, 25]) { index in
        let square = index.prefix(axes).reduce(0) { $0 + ($1 - 12) * ($1 - 12) }
        return exp(-Float(square) / 8)
      }
    }
    let structure = GradientStructureTensor(innerScale: 1, outerScale: 3)
    for (axes, name) in [(1, "plane"), (2, "line"), (3, "isotropic")] {
      let measures = try structure(volume(axes)).eigensystem().shapeMeasures()
      let three = [
        measures.plane[12, 12, 12], measures.line[12, 12, 12], measures.isotropic[12, 12, 12],
      ]
      #expect(abs(three.reduce(0, +) - 1) < 1e-5)
      #expect(three[axes - 1] > 0.95, "\(name): \(three)")
    }
    let plane = try structure(Tensor(repeating: 1, shape: [9, 9])).eigensystem()
    #expect(throws: FiltersmithError.self) { try plane.shapeMeasures() }
  }
}

@Suite struct LocalVelocityTests {
  /// Blobs that move by `velocity` per frame.
  static func sequence(_ shape: Shape, velocity: [Double], isWave: Bool) -> Tensor<Float> {
    Tensor(shape: shape) { index in
      let time = Double(index[0] - shape[0] / 2)
      var place: [Double] = []
      for axis in 1..<index.count {
        place.append(Double(index[axis] - shape[axis] / 2) - velocity[axis - 1] * time)
      }
      if isWave { return Float(sin(0.6 * place[0] + 0.8 * (place.last ?? 0))) }
      let square: Double = place.reduce(0) { $0 + $1 * $1 }
      return Float(exp(-square / 12))
    }
  }

  @Test("A moving wave has the velocity across it, a moving blob its own")
  func plane() throws {
    let velocity = [0.5, -0.75]
    let structure = GradientStructureTensor(innerScale: 1, outerScale: 2)
    let wave = try LocalVelocity(
      structure(Self.sequence([21, 33, 33], velocity: velocity, isWave: true)).eigensystem())
    // The component along (0.6, 0.8), a unit vector: −0.3.
    #expect(abs(wave.normal[0, 10, 16, 16] + 0.3 * 0.6) < 0.01)
    #expect(abs(wave.normal[1, 10, 16, 16] + 0.3 * 0.8) < 0.01)
    #expect(wave.normalCertainty[10, 16, 16] > 0.95)
    #expect(wave.pathCertainty[10, 16, 16] < 0.05)
    let blob = try LocalVelocity(
      structure(Self.sequence([21, 33, 33], velocity: velocity, isWave: false)).eigensystem())
    #expect(abs(blob.path[0, 10, 16, 16] - 0.5) < 0.02)
    #expect(abs(blob.path[1, 10, 16, 16] + 0.75) < 0.02)
    #expect(blob.pathCertainty[10, 16, 16] > 0.5)
  }

  @Test("The velocity of a blob in a sequence of volumes, in units of the spacing")
  func volumes() throws {
    let velocity = [0.5, -0.25, 0.75]
    let sequence = Self.sequence([11, 15, 15, 15], velocity: velocity, isWave: false)
    let tensor = try GradientStructureTensor(innerScale: 1, outerScale: 1.5)(sequence)
    let plain = try LocalVelocity(tensor.eigensystem())
    let scaled = try LocalVelocity(tensor.eigensystem(), spacing: [2, 3, 1, 1])
    for axis in 0..<3 {
      #expect(abs(Double(plain.path[axis, 5, 7, 7, 7]) - velocity[axis]) < 0.05)
      let unit = axis == 0 ? 1.5 : 0.5
      #expect(abs(Double(scaled.path[axis, 5, 7, 7, 7]) - velocity[axis] * unit) < 0.05)
    }
    #expect(throws: FiltersmithError.self) {
      try LocalVelocity(tensor.eigensystem(), spacing: [1, 2])
    }
  }

  @Test("The tensors of a four-dimensional quadrature bank tell the velocity too")
  func quadrature() throws {
    let bank = try FilterBank.quadrature(centerFrequency: 1, support: [5, 5, 5, 5])
    let wave = Self.sequence([9, 11, 11, 11], velocity: [0.5, 0, 0], isWave: true)
    let tensor = try bank.responses(to: wave).orientationTensor()
    let velocity = try LocalVelocity(tensor.eigensystem())
    // The wave runs along (0.6, 0, 0.8): 0.3 across it.
    #expect(abs(velocity.normal[0, 4, 5, 5, 5] - 0.3 * 0.6) < 0.05)
    #expect(abs(velocity.normal[2, 4, 5, 5, 5] - 0.3 * 0.8) < 0.05)
  }

  @Test("The tensors of a bank, averaged in units of the spacing")
  func banks() throws {
    var source = RandomSource(seed: 4)
    let image = Tensor<Float>.normal(shape: [24, 31], using: &source)
    let bank = try FilterBank.quadrature(centerFrequency: 1, support: [7, 7])
    let plain = try bank.responses(to: image).orientationTensor()
    #expect(try bank.orientationTensor(of: image, outerScale: [0]) == plain)
    let averaged = try bank.orientationTensor(of: image, outerScale: [3], spacing: [2, 1])
    #expect(try averaged == plain.smoothed(sigma: [1.5, 3]))
    let (masked, certainty) = try bank.orientationTensor(
      of: MaskedImage(image), outerScale: [3], spacing: [2, 1])
    let (responses, known) = try bank.responses(to: MaskedImage(image))
    let expected = try responses.orientationTensor().smoothed(sigma: [1.5, 3], certainty: known)
    #expect(masked == expected.tensor && certainty == expected.certainty)
  }
}
