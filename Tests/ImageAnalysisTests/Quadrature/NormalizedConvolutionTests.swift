import FilterDesign
import Foundation
import ImageAnalysis
import Tensors
import Testing

@Suite struct NormalizedConvolutionTests {
  /// Half of the samples, drawn by lot.
  static func mask(_ shape: Shape, share: Double = 0.5, seed: UInt64 = 1) -> Tensor<Float> {
    var random = RandomSource(seed: seed)
    return Tensor(shape: shape) { _ in random.uniform() < share ? 1 : 0 }
  }

  @Test("A constant stays one, whatever is missing")
  func constants() throws {
    let image = Tensor<Float>(repeating: 7, shape: [20, 30])
    for model in NormalizedConvolution.Model.allCases {
      let result = try NormalizedConvolution(model, sigma: 2)(
        MaskedImage(image, certainty: Self.mask(image.shape)))
      #expect(result.values.elements.allSatisfy { abs($0 - 7) < 1e-3 })
      #expect(result.certainty.elements.allSatisfy { $0 > 0 && $0 < 1.001 })
      #expect((result.gradient == nil) == (model == .constant))
    }
  }

  @Test("A linear model gives a plane and its slope exactly, up to the edge")
  func planes() throws {
    let plane = Tensor<Float>(shape: [12, 14, 13]) {
      Float(2 * $0[0] - 3 * $0[1]) + 0.5 * Float($0[2])
    }
    let result = try NormalizedConvolution(.linear, sigma: 1.5)(
      MaskedImage(plane, certainty: Self.mask(plane.shape)))
    for (fitted, expected) in zip(result.values.elements, plane.elements) {
      #expect(abs(fitted - expected) < 0.02)
    }
    let gradient = try #require(result.gradient)
    for (axis, slope) in [2, -3, 0.5].enumerated() {
      let slopes = try gradient.selected(axis: 0, at: axis).elements
      #expect(slopes.allSatisfy { abs($0 - Float(slope)) < 0.02 })
    }
  }

  @Test("With every sample known it is the plain average inside, of any applicability")
  func complete() throws {
    var random = RandomSource(seed: 3)
    let image = Tensor<Float>.normal(shape: [32, 32], using: &random)
    let taps = Tensor<Double>(shape: [3, 5]) { Double(1 + $0[0] + $0[1]) }
    let result = try NormalizedConvolution(applicability: .kernel(taps))(MaskedImage(image))
    let sum = taps.elements.reduce(0, +)
    var expected = 0.0
    taps.shape.forEachIndex {
      expected += taps[$0] / sum * Double(image[10 + $0[0] - 1, 12 + $0[1] - 2])
    }
    #expect(abs(Double(result.values[10, 12]) - expected) < 1e-6)
    #expect(abs(result.certainty[10, 12] - 1) < 1e-6)
    #expect(abs(result.certainty[0, 12] - 0.75) < 0.1)
    let sharp = try NormalizedConvolution(
      applicability: .radial(radius: 4, sharpness: 1, smoothness: 2))(MaskedImage(image))
    #expect(sharp.values.isFinite)
  }

  @Test("Holes are filled from around them, and known samples keep their place")
  func fillsHoles() throws {
    let image = Tensor<Float>(shape: [40, 40]) { index in
      sin(0.2 * Float(index[0])) + cos(0.15 * Float(index[1]))
    }
    var torn = image
    let mask = Self.mask(image.shape, share: 0.3, seed: 4)
    image.shape.forEachIndex { if mask[$0] == 0 { torn[$0] = .nan } }
    let constant = try NormalizedConvolution(.constant, sigma: 1.2)(MaskedImage(torn))
    let linear = try NormalizedConvolution(.linear, sigma: 1.2)(MaskedImage(torn))
    func error(_ values: Tensor<Float>) throws -> Float {
      try (values - image).norm() / image.norm()
    }
    #expect(try error(constant.values) < 0.12)
    #expect(try error(linear.values) < 0.05)
  }

  @Test("A bank's responses are the plain ones where all is known")
  func bankWithoutHoles() throws {
    let bank = try FilterBank.quadrature(centerFrequency: 1, support: [9, 9])
    var random = RandomSource(seed: 5)
    let image = Tensor<Float>.normal(shape: [40, 41], using: &random)
    let plain = try bank.responses(to: image, border: .zero)
    let (responses, certainty) = try bank.responses(to: MaskedImage(image))
    for y in 5..<35 {
      for x in 5..<36 {
        #expect(abs(certainty[y, x] - 1) < 1e-4)
        for filter in 0..<4 {
          #expect((responses[filter][y, x] - plain[filter][y, x]).length < 1e-4)
        }
      }
    }
  }

  @Test("A hole in a constant gives no response, where zeros in its place would")
  func holesAreNoEdges() throws {
    let bank = try FilterBank.quadrature(centerFrequency: 1, support: [9, 9])
    var image = Tensor<Float>(repeating: 10, shape: [40, 40])
    for y in 15..<22 { for x in 10..<30 { image[y, x] = .nan } }
    let (responses, certainty) = try bank.responses(to: MaskedImage(image))
    #expect((responses.magnitude().max() ?? 1) < 1e-2)
    #expect(certainty[18, 20] < 0.5)
    let zeros = image.map { $0.isFinite ? $0 : 0 }
    #expect((try bank.responses(to: zeros).magnitude().max() ?? 0) > 1)
  }

  @Test("Tensors are averaged by certainty")
  func tensors() throws {
    var components = Tensor<Float>(zeros: [3, 20, 20])
    for y in 0..<20 { for x in 0..<20 { components[x < 10 ? 0 : 2, y, x] = 1 } }
    let field = try OrientationTensor(components: components)
    let left = Tensor<Float>(shape: [20, 20]) { $0[1] < 10 ? 1 : 0 }
    let (average, certainty) = try field.smoothed(sigma: [3], certainty: left)
    // Only tensors of the left half have a say, wherever one looks.
    for x in [2, 9, 12] {
      #expect(abs(average[10, x][0, 0] - 1) < 1e-4)
      #expect(abs(average[10, x][1, 1]) < 1e-4)
    }
    #expect(certainty[10, 2] > certainty[10, 12])
  }

  @Test("Masks that make no sense are refused")
  func refusals() throws {
    let image = Tensor<Float>(repeating: 1, shape: [4, 5])
    #expect(throws: FiltersmithError.self) {
      try MaskedImage(image, certainty: Tensor(repeating: 1, shape: [5, 4]))
    }
    #expect(throws: FiltersmithError.self) {
      try MaskedImage(image, certainty: Tensor(repeating: -1, shape: [4, 5]))
    }
    #expect(throws: FiltersmithError.self) {
      try MaskedImage(image, certainty: Tensor(zeros: [4, 5]))
    }
    #expect(throws: FiltersmithError.self) {
      try NormalizedConvolution(sigma: -1)(MaskedImage(image))
    }
    #expect(throws: FiltersmithError.self) {
      try NormalizedConvolution(applicability: .kernel(Tensor(repeating: 1, shape: [2, 3])))(
        MaskedImage(image))
    }
  }
}
