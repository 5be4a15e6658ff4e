import FilterDesign
import Tensors
import Testing

/// Wrong parameters: each is named in one sentence.
@Suite struct ParameterTests {
  static func expect(
    _ design: some BankFamily, _ words: String..., kind: FiltersmithError.Kind = .argument,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for word in words {
      expectFailure(kind, naming: word, sourceLocation: sourceLocation) {
        () throws(FiltersmithError) in try design.bank()
      }
    }
    // Checking says the same as making.
    expectFailure(kind, sourceLocation: sourceLocation) { () throws(FiltersmithError) in
      try design.validate()
    }
  }

  @Test(arguments: [0, -1, .nan, .infinity]) func widths(sigma: Double) {
    Self.expect(GaussianDesign(sigma: [1, sigma]), "sigma \(sigma)", "gaussian", "positive")
    Self.expect(GaussianDesign(sigma: [1], truncation: sigma), "truncation")
    Self.expect(GaussianDerivativeDesign(sigma: [sigma], orders: [[1]]), "sigma \(sigma)")
    Self.expect(LaplacianOfGaussianDesign(sigma: [sigma]), "sigma \(sigma)", "log")
    Self.expect(
      DifferenceOfGaussiansDesign(narrowSigma: [sigma], wideSigma: [2]), "sigma \(sigma)", "dog")
    Self.expect(
      GaborDesign(directions: [[1]], centerFrequency: 1, sigmaAlong: sigma, sigmaAcross: 1),
      "along")
    Self.expect(
      GaborDesign(directions: [[1]], centerFrequency: 1, sigmaAlong: 1, sigmaAcross: sigma),
      "across")
    Self.expect(
      LogGaborDesign(directions: [[1]], centerFrequency: 1, octaves: sigma, support: [9]),
      "bandwidth")
    Self.expect(
      LogGaborDesign(
        directions: [[1]], centerFrequency: 1, octaves: 1, angularDeviation: sigma, support: [9]),
      "angular deviation")
    Self.expect(
      RieszDesign(upToOrder: 1, centerFrequency: 1, octaves: sigma, support: [9]), "bandwidth")
  }

  @Test func widthsTooLarge() {
    Self.expect(GaussianDesign(sigma: [1e300]), "too large", kind: .limit)
    Self.expect(GaussianDesign(sigma: [1000, 1000, 1000]), "more than", kind: .limit)
    Self.expect(
      GaborDesign(directions: [[1, 0]], centerFrequency: 1, sigmaAlong: 1e9, sigmaAcross: 1),
      "too large", kind: .limit)
    Self.expect(
      GaborDesign(directions: [[1]], centerFrequency: 1, octaves: 0), "sigma")
  }

  @Test(arguments: [0, 5, -2]) func ranks(dimensions: Int) {
    Self.expect(GaussianDesign(sigma: 1, dimensions: dimensions), "1 to 4 dimensions")
    Self.expect(GradientDesign(.sobel, dimensions: dimensions), "sobel", "1 to 4", "\(dimensions)")
    Self.expect(LaplacianDesign(dimensions: dimensions), "laplacian", "1 to 4")
    let support = Array(repeating: 3, count: max(dimensions, 0))
    Self.expect(BoxDesign(support: support), "box", "1 to 4")
    Self.expect(WindowedSincDesign(.lowpass, cutoffs: [1], support: support), "lowpass", "1 to 4")
  }

  @Test(arguments: [0, 4, -3]) func sizes(taps: Int) {
    Self.expect(WindowedSincDesign(.highpass, cutoffs: [1], support: [taps]), "highpass", "\(taps)")
    Self.expect(SavitzkyGolayDesign(support: [5, taps], degree: 2), "\(taps)")
    Self.expect(
      LogGaborDesign(directions: [[1]], centerFrequency: 1, octaves: 1, support: [taps]), "\(taps)")
    Self.expect(
      RieszDesign(upToOrder: 1, centerFrequency: 1, octaves: 1, support: [taps]), "\(taps)")
    Self.expect(
      GaborDesign(
        directions: [[1]], centerFrequency: 1, sigmaAlong: 1, sigmaAcross: 1, support: [taps]),
      "\(taps)")
  }

  @Test func sizesOfBoxes() {
    Self.expect(BoxDesign(support: [3, 0]), "0 taps")
    Self.expect(BoxDesign(support: [1 << 40, 1 << 40]), "more than", kind: .limit)
  }

  @Test func sizesOfOperators() {
    Self.expect(GradientDesign(.sobel, taps: 4), "odd", "4")
    Self.expect(GradientDesign(.sobel, taps: 1), "odd")
    Self.expect(GradientDesign(.scharr, taps: 5), "scharr", "3 taps")
    Self.expect(GradientDesign(.farid, taps: 7), "3 or 5")
    Self.expect(GradientDesign(.roberts, dimensions: 3), "2 dimensions", "3")
  }

  @Test(arguments: [0, -1, 3.2, .nan, .infinity]) func frequencies(frequency: Double) {
    Self.expect(
      GaborDesign(directions: [[1]], centerFrequency: frequency, sigmaAlong: 1, sigmaAcross: 1),
      "center frequency \(frequency)", "between 0 and π")
    Self.expect(
      LogGaborDesign(directions: [[1]], centerFrequency: frequency, octaves: 1, support: [9]),
      "between 0 and π")
    Self.expect(
      RieszDesign(upToOrder: 1, centerFrequency: frequency, octaves: 1, support: [9]),
      "between 0 and π")
    Self.expect(
      WindowedSincDesign(.lowpass, cutoffs: [frequency], support: [9]), "cut-off \(frequency)")
    Self.expect(
      WindowedSincDesign(.bandpass, cutoffs: [0.5, frequency], support: [9]),
      "cut-off \(frequency)")
  }

  @Test func cutoffs() {
    Self.expect(WindowedSincDesign(.lowpass, cutoffs: [1, 2], support: [9]), "one cut-off", "2")
    Self.expect(WindowedSincDesign(.bandpass, cutoffs: [1], support: [9]), "two cut-offs")
    Self.expect(WindowedSincDesign(.bandstop, cutoffs: [2, 1], support: [9]), "must rise")
    Self.expect(
      WindowedSincDesign(.lowpass, cutoffs: [1], support: [9], window: .kaiser(beta: -1)),
      "kaiser:-1.0")
  }

  @Test func tooFewTapsToPassAnything() {
    expectFailure(.argument, naming: "too few taps") { () throws(FiltersmithError) in
      // Under a window that is 0 at its ends the middle tap alone is left, (2.001 − 2) / π high.
      try WindowedSincDesign(.bandpass, cutoffs: [2, 2.001], support: [3], window: .hann).bank()
    }
  }

  @Test func directions() {
    func gabor(_ directions: [[Double]]) -> GaborDesign {
      GaborDesign(directions: directions, centerFrequency: 1, sigmaAlong: 1, sigmaAcross: 1)
    }
    Self.expect(gabor([]), "at least one direction")
    Self.expect(gabor([[1, 1]]), "length")
    Self.expect(gabor([[.nan, 1]]), "length")
    Self.expect(gabor([[1, 0], [1]]), "differ in rank")
    Self.expect(gabor([[]]), "1 to 4")
    Self.expect(gabor([[1, 0, 0, 0, 0]]), "1 to 4")
    Self.expect(
      LogGaborDesign(directions: [[1, 0]], centerFrequency: 1, octaves: 1, support: [9]), "2 axes")
    var sized = gabor([[1, 0]])
    sized.support = [9]
    Self.expect(sized, "2 axes")
  }

  @Test func orders() {
    func derivative(_ orders: [[Int]], sigma: [Double] = [1, 1]) -> GaussianDerivativeDesign {
      GaussianDerivativeDesign(sigma: sigma, orders: orders)
    }
    Self.expect(derivative([]), "at least one order")
    Self.expect(derivative([[1]]), "2 numbers, one for each axis")
    Self.expect(derivative([[-1, 0]]), "[-1, 0]", "between 0 and 12")
    Self.expect(derivative([[13, 0]]), "between 0 and 12")
    Self.expect(derivative([[3]], sigma: [0.3]), "order 3", "3 taps")
    Self.expect(LaplacianOfGaussianDesign(sigma: [0.1]), "order 2", "1 taps")
    Self.expect(SavitzkyGolayDesign(support: [5], degree: 5), "degree 5")
    Self.expect(SavitzkyGolayDesign(support: [5], degree: -1), "degree -1")
    Self.expect(SavitzkyGolayDesign(support: [7], degree: 2, orders: [[3]]), "[3]")
    Self.expect(SavitzkyGolayDesign(support: [7], degree: 2, orders: []), "at least one order")
    Self.expect(RieszDesign(upToOrder: -1, centerFrequency: 1, octaves: 1, support: [9]), "order")
    Self.expect(
      RieszDesign(orders: [[1]], centerFrequency: 1, octaves: 1, support: [9, 9]), "2 numbers")
  }

  @Test func differences() {
    Self.expect(
      DifferenceOfGaussiansDesign(narrowSigma: [2], wideSigma: [1]), "narrow sigma", "below")
    Self.expect(
      DifferenceOfGaussiansDesign(narrowSigma: [1, 1], wideSigma: [2]), "number of axes")
  }

  @Test func composites() {
    Self.expect(SequenceDesign(parts: []), "at least one part")
    Self.expect(
      SequenceDesign(parts: [.gaussian(GaussianDesign(sigma: [0]))]), "sigma 0")
    expectFailure(.argument, naming: "filter 4") { () throws(FiltersmithError) in
      try SelectionDesign(filters: [4], of: .box(BoxDesign(support: [3]))).bank()
    }
  }
}
