import Convolutions
import FilterDesign
import Numerics
import Tensors
import Testing

@Suite struct ResponsesTests {
  /// The engine's responses are the convolutions of the definition, for odd and even supports.
  @Test(arguments: [
    BankDesign.gradient(GradientDesign(.sobel)), .gradient(GradientDesign(.roberts)),
    .box(BoxDesign(support: [3, 4])),
    .derivative(
      GaussianDerivativeDesign(sigma: [1.2, 0.8], totalOrder: 1)),
  ])
  func areConvolutions(design: BankDesign) throws {
    var source = RandomSource(seed: 11)
    let image = Tensor<Double>.normal(shape: [17, 23], using: &source)
    let bank = try design.bank()
    let responses = try bank.responses(to: image, border: .symmetric)
    #expect(responses.shape == [17, 23] && responses.count == bank.count && !responses.isComplex)
    #expect(responses.labels == bank.labels && responses.directions == bank.directions)
    for filter in 0..<bank.count {
      let expected = KernelProbe(bank).convolution(filter, of: image)
      expectClose(
        try responses.even.selected(axis: 0, at: filter).elements, expected.elements,
        relative: 1e-12)
    }
  }

  /// A unit impulse gives back the impulse response around it, in 1D to 4D.
  @Test(arguments: [1, 2, 3, 4]) func impulseGivesTheKernel(dimensions: Int) throws {
    var source = RandomSource(seed: 5)
    let support = Shape(Array([3, 4, 5, 2].prefix(dimensions)))
    let kernels = Tensor<Complex<Double>>(shape: [2] + support) { _ in
      Complex(source.normal(), source.normal())
    }
    let bank = try FilterBank(kernels: .complex(kernels))
    let extent = 9
    var image = Tensor<Double>(zeros: Shape(Array(repeating: extent, count: dimensions)))
    image[Array(repeating: 4, count: dimensions)] = 1
    let responses = try bank.responses(to: image, border: .zero)
    #expect(responses.values.shape == [2] + image.shape)
    var worst = 0.0
    for filter in 0..<2 {
      image.shape.forEachIndex { index in
        let tap = zip(index, support).map { $0 - 4 + $1 / 2 }
        let inside = zip(tap, support).allSatisfy { $0 >= 0 && $0 < $1 }
        let expected = inside ? kernels[[filter] + tap] : .zero
        worst = max(worst, (responses.values[[filter] + index] - expected).length)
      }
    }
    #expect(worst < 1e-14)
  }

  @Test func partsMagnitudeAndPhase() throws {
    var source = RandomSource(seed: 3)
    let image = Tensor<Float>.normal(shape: [20, 31], using: &source)
    let bank = try GaborDesign(
      directions: [[0, 1], [0.6, 0.8]], centerFrequency: 1.2, octaves: 1.5
    ).bank()
    let responses = try bank.responses(to: image, border: .mirror)
    let (even, odd) = (responses.even, try #require(responses.odd))
    #expect(even.shape == [2, 20, 31] && responses.parts.shape == [2, 2, 20, 31])
    let (values, magnitude, phase) = (responses.values, responses.magnitude(), responses.phase())
    for position in stride(from: 0, to: even.count, by: 7) {
      let value = Complex(even.elements[position], odd.elements[position])
      #expect(values.elements[position] == value)
      #expect(abs(magnitude.elements[position] - value.length) <= 1e-6)
      #expect(abs(phase.elements[position] - value.phase) <= 1e-6)
    }
    #expect(responses[1].shape == [20, 31])
    #expect(responses[1].elements == Array(values.elements.suffix(20 * 31)))
    let fused = try bank.magnitudes(of: image, border: .mirror)
    expectClose(
      fused.elements.map(Double.init), magnitude.elements.map(Double.init), relative: 1e-5)
    // Parts are the convolutions with real and imaginary parts.
    let real = try FilterBank(kernels: .real(bank.even)).responses(to: image, border: .mirror)
    expectClose(even.elements.map(Double.init), real.even.elements.map(Double.init), relative: 1e-5)
  }

  @Test func realResponsesHaveASign() throws {
    let bank = try GradientDesign(.centralDifference, dimensions: 1).bank()
    let responses = try bank.responses(
      to: Tensor<Double>([0, 1, 2, 2, 1, 1]), border: .nearest)
    #expect(responses.even.elements == [0.5, 1, 0.5, -0.5, -0.5, 0])
    #expect(responses.magnitude().elements == [0.5, 1, 0.5, 0.5, 0.5, 0])
    #expect(responses.phase().elements == [0, 0, 0, .pi, .pi, 0])
    #expect(
      responses.odd == nil && responses.values.imaginaryPart().elements == [0, 0, 0, 0, 0, 0])
  }

  /// Channels in front are filtered each by itself.
  @Test func channels() throws {
    var source = RandomSource(seed: 8)
    let image = Tensor<Double>.normal(shape: [3, 11, 13], using: &source)
    let bank = try GaborDesign(
      directions: [[0, 1], [1, 0]], centerFrequency: 1.2, sigmaAlong: 1, sigmaAcross: 1
    ).bank()
    let responses = try bank.responses(to: image)
    #expect(responses.shape == [3, 11, 13] && responses.values.shape == [2, 3, 11, 13])
    let magnitudes = try bank.magnitudes(of: image)
    #expect(magnitudes.shape == [2, 3, 11, 13])
    expectClose(magnitudes.elements, responses.magnitude().elements, relative: 1e-12)
    for channel in 0..<3 {
      let alone = try bank.responses(to: image.selected(axis: 0, at: channel))
      let among = try responses.even.selected(axis: 1, at: channel)
      expectClose(among.elements, alone.even.elements, relative: 1e-12)
    }
  }

  @Test func sizesFollowTheBorder() throws {
    let image = Tensor<Float>(repeating: 1, shape: [10, 12])
    let bank = try GaussianDesign(sigma: [0.5, 0.6]).bank()
    #expect(bank.support == [5, 5])
    #expect(try bank.responses(to: image, border: .valid).shape == [6, 8])
    #expect(try bank.responses(to: image, border: .full).shape == [14, 16])
    let inside = try bank.responses(to: image, border: .valid).even
    #expect(inside.elements.allSatisfy { abs($0 - 1) < 1e-6 })
  }

  @Test func wrongImages() throws {
    let bank = try GradientDesign(.sobel).bank()
    expectFailure(.shape, naming: "[9]", "2 axes") { () throws(FiltersmithError) in
      try bank.responses(to: Tensor<Float>(repeating: 0, shape: [9]))
    }
    expectFailure(.shape, naming: "[1, 1, 9, 9]") { () throws(FiltersmithError) in
      try bank.responses(to: Tensor<Float>(repeating: 0, shape: [1, 1, 9, 9]))
    }
    expectFailure(.shape) { () throws(FiltersmithError) in
      try bank.responses(to: Tensor<Float>(repeating: 0, shape: [2, 2]), border: .valid)
    }
    var holed = Tensor<Float>(repeating: 0, shape: [9, 9])
    holed[4, 7] = .nan
    let image = holed
    expectFailure(.argument, naming: "nan", "[4, 7]") { () throws(FiltersmithError) in
      try bank.responses(to: image)
    }
    expectFailure(.argument, naming: "sobel", "real") { () throws(FiltersmithError) in
      try bank.magnitudes(of: Tensor<Float>(repeating: 0, shape: [9, 9]))
    }
  }
}
