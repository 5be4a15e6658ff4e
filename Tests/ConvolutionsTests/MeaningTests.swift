import Numerics
import Tensors
import Testing

@testable import Convolutions

/// What convolution, correlation, center and the borders mean.
@Suite struct MeaningTests {
  let image = Tensor<Double>(shape: [3, 3]) { Double(3 * $0[0] + $0[1] + 1) }
  let lectureKernel = Tensor<Double>(shape: [3, 3], [-1, -2, -1, 0, 0, 0, 1, 2, 1])

  @Test(arguments: Algorithm.allCases)
  func lectureExample(_ algorithm: Algorithm) throws {
    try checkLectureExample(algorithm, Float.self, tolerance: 1e-4)
    guard !AgreementTests.singlePrecision.contains(algorithm) else { return }
    try checkLectureExample(algorithm, Double.self, tolerance: 1e-12)
  }

  private func checkLectureExample<Scalar: ConvolutionScalar>(
    _ algorithm: Algorithm, _: Scalar.Type, tolerance: Scalar
  ) throws {
    let (image, kernel) = (Tensor<Scalar>(image), Tensor<Scalar>(lectureKernel))
    let valid = try image.convolved(with: kernel, border: .valid, algorithm: algorithm)
    #expect(valid.shape == [1, 1])
    #expect(abs(valid[0, 0] + 24) < tolerance)
    let same = try image.convolved(with: kernel, border: .zero, algorithm: algorithm)
    let expected: [Scalar] = [-13, -20, -17, -18, -24, -18, 13, 20, 17]
    for (value, truth) in zip(same.elements, expected) { #expect(abs(value - truth) < tolerance) }
    let correlated = try image.correlated(with: kernel, border: .valid, algorithm: algorithm)
    #expect(abs(correlated[0, 0] - 24) < tolerance)
  }

  @Test func impulseGivesTheKernelBack() throws {
    for taps in [[5], [4], [3, 4], [2, 3, 4], [2, 3, 2, 3]] {
      var source = RandomSource(seed: 3)
      let kernel = Tensor<Double>.normal(shape: Shape(taps), using: &source)
      var impulse = Tensor<Double>(zeros: Shape(taps.map { _ in 11 }))
      impulse[taps.map { _ in 5 }] = 1
      let response = try impulse.convolved(with: kernel, border: .zero)
      let start = taps.map { 5 - $0 / 2 }
      let found = try response.sliced(zip(start, taps).map { $0..<$0 + $1 })
      for (value, truth) in zip(found.elements, kernel.elements) {
        #expect(abs(value - truth) < 1e-12)
      }
      #expect(abs(response.map { $0 * $0 }.sum() - kernel.map { $0 * $0 }.sum()) < 1e-12)
    }
  }

  /// The pictures in ``Border``'s documentation, letter by letter.
  @Test(arguments: [
    (Border.zero, "0000|abcdef|0000"), (.constant(3), "3333|abcdef|3333"),
    (.nearest, "aaaa|abcdef|ffff"), (.mirror, "edcb|abcdef|edcb"),
    (.symmetric, "dcba|abcdef|fedc"), (.wrap, "cdef|abcdef|abcd"),
  ])
  func bordersAreAsDrawn(_ border: Border, _ drawing: String) throws {
    let row = Tensor<Double>("abcdef".unicodeScalars.map { Double($0.value) })
    // A kernel with one tap at its far end reads the sample four away.
    var drawn: [Double] = []
    for part in drawing.split(separator: "|") {
      drawn += part.unicodeScalars.map { letter in
        letter.properties.isAlphabetic
          ? Double(letter.value) : Double(letter.value) - Double(("0" as Unicode.Scalar).value)
      }
    }
    var reader = Tensor<Double>(zeros: [9])
    for shift in -4...4 {
      reader = Tensor<Double>(zeros: [9])
      reader[4 + shift] = 1
      let shifted = try row.correlated(with: reader, border: border)
      #expect(shifted.elements == Array(drawn[(4 + shift)..<(10 + shift)]))
    }
  }

  @Test func bordersReachAnyDistance() {
    for border in [Border.mirror, .symmetric, .wrap, .nearest] {
      for extent in [1, 2, 5] {
        let period = border == .mirror ? max(2 * (extent - 1), 1) : 2 * extent
        for position in -23...23 {
          let source = border.source(of: position, extent: extent)
          #expect(source.map { (0..<extent).contains($0) } == true)
          if border != .nearest {
            #expect(source == border.source(of: position + period, extent: extent))
          }
        }
      }
    }
  }

  @Test func centerMayBeChosen() throws {
    let row = Tensor<Double>([1, 2, 3, 4, 5])
    let kernel = Tensor<Double>([1, 0, 0, 0])
    #expect(
      try row.correlated(with: kernel, border: .zero).elements == [0, 0, 1, 2, 3])
    #expect(
      try row.correlated(with: kernel, border: .zero, center: [0]).elements == [1, 2, 3, 4, 5])
    #expect(
      try row.convolved(with: kernel, border: .zero, center: [0]).elements == [1, 2, 3, 4, 5])
    #expect(
      try row.convolved(with: kernel, border: .zero, center: [1]).elements == [2, 3, 4, 5, 0])
  }

  @Test func complexKernelsAreTwoRealOnes() throws {
    var source = RandomSource(seed: 11)
    let image = Tensor<Double>.normal(shape: [9, 8], using: &source)
    let real = Tensor<Double>.normal(shape: [3, 3], using: &source)
    let imaginary = Tensor<Double>.normal(shape: [3, 3], using: &source)
    let kernel = try Tensor<Complex<Double>>(real: real, imaginary: imaginary)
    let both = try image.convolved(with: kernel)
    #expect(relativeError(both.realPart(), try image.convolved(with: real)) < 1e-14)
    #expect(relativeError(both.imaginaryPart(), try image.convolved(with: imaginary)) < 1e-14)
  }

  @Test func sameWithStrideIsKeras() throws {
    let even = try Convolution(
      input: [1, 1, 8], kernel: [1, 1, 3], padding: .same, stride: [2])
    #expect(even.output == [1, 1, 4])
    #expect(even.before == [0])
    #expect(even.after == [1])
    let odd = try Convolution(input: [1, 1, 7], kernel: [1, 1, 3], padding: .same, stride: [2])
    #expect(odd.output == [1, 1, 4])
    #expect(odd.before == [1])
  }

  @Test func transposedShapes() throws {
    func extent(_ padding: Padding, stride: Int, outputPadding: Int = 0) throws -> Int {
      try Convolution(
        transposing: [1, 3, 5], kernel: [3, 2, 3], padding: padding, stride: [stride],
        outputPadding: [outputPadding]
      ).input[2]
    }
    #expect(try extent(.valid, stride: 1) == 7)
    #expect(try extent(.valid, stride: 2) == 11)
    #expect(try extent(.same, stride: 2) == 10)
    #expect(try extent(.symmetric([1]), stride: 2, outputPadding: 1) == 10)
  }
}
