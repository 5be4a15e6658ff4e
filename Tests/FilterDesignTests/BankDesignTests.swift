import FilterDesign
import Tensors
import Testing

@Suite struct BankDesignTests {
  static let half = 0.5.squareRoot()

  /// One description of every family, none with customary parameters only.
  static let designs: [BankDesign] =
    [
      .gaussian(GaussianDesign(sigma: [1.1, 0.7], truncation: 3.5)),
      .derivative(
        GaussianDerivativeDesign(sigma: [1.3, 0.9], totalOrder: 2, discretization: .exactMoments)),
      .box(BoxDesign(support: [3, 4])),
      .laplacian(LaplacianDesign(dimensions: 3, neighborhood: .all, normalization: .published)),
      .laplacianOfGaussian(LaplacianOfGaussianDesign(sigma: [1.7, 1.2])),
      .differenceOfGaussians(DifferenceOfGaussiansDesign(narrowSigma: [1], wideSigma: [1.6])),
      .gabor(
        GaborDesign(
          directions: [[0.6, 0.8], [half, half]], centerFrequency: 0.9, octaves: 1.2, aspect: 1.5)),
      .logGabor(
        LogGaborDesign(
          directions: [[0, 1], [1, 0]], centerFrequency: 1.1, octaves: 1.4, support: [15, 17],
          window: .kaiser(beta: 2.5))),
      .riesz(
        RieszDesign(upToOrder: 2, centerFrequency: 1.2, octaves: 2, support: [9, 9], window: .hann)
      ),
      .windowedSinc(
        WindowedSincDesign(
          .bandpass, cutoffs: [0.5, 1.5], support: [15, 15], window: .chebyshev(attenuation: 50),
          form: .radial)),
      .windowedSinc(WindowedSincDesign(.lowpass, cutoffs: [0.1 + 0.2], support: [7])),
      .windowedSinc(WindowedSincDesign(.highpass, cutoffs: [1], support: [7], scaled: false)),
      .windowedSinc(WindowedSincDesign(.bandstop, cutoffs: [1, 2], support: [9])),
      .savitzkyGolay(SavitzkyGolayDesign(support: [7, 5], degree: 3, orders: [[1, 0], [0, 1]])),
    ]
    + GradientDesign.Operator.allCases.map {
      .gradient(GradientDesign($0, dimensions: 2, normalization: .published))
    }

  @Test(arguments: designs) func jsonMakesTheSameBankAgain(design: BankDesign) throws {
    let bank = try design.bank()
    #expect(bank.design == design)
    let text = try design.json()
    #expect(text.contains("\"family\":\"\(design.family)\""))
    let read = try BankDesign(json: text)
    #expect(read == design)
    #expect(try read.json() == text)
    // All bits: kernels, directions, labels
    #expect(try read.bank() == bank)
  }

  @Test func everyFamilyIsTried() {
    let tried = Set(Self.designs.map(\.family)).union(["custom", "sequence", "selection"])
    let leastSquares: Set = ["quadrature", "monomial"]
    #expect(tried == Set(BankDesign.families).subtracting(leastSquares))
  }

  @Test func compositesMakeTheSameBankAgain() throws {
    let gradient = try GradientDesign(.sobel, dimensions: 2).bank()
    let laplacian = try LaplacianDesign(dimensions: 2).bank()
    let whole = try gradient[1].appending(laplacian).appending(gradient[0])
    let read = try BankDesign(json: try whole.design.json())
    #expect(try read.bank() == whole)
    guard case .sequence(let sequence) = read else {
      Issue.record("not a sequence")
      return
    }
    #expect(sequence.parts.map(\.family) == ["selection", "laplacian", "selection"])
  }

  @Test func textIsStable() throws {
    #expect(
      try BankDesign.gradient(GradientDesign(.sobel)).json()
        == #"{"dimensions":2,"family":"sobel","normalization":"slope","taps":3}"#)
    #expect(try BankDesign.custom.json() == #"{"family":"custom"}"#)
    #expect(
      try BankDesign.windowedSinc(
        WindowedSincDesign(.lowpass, cutoffs: [0.25], support: [5], window: .kaiser(beta: 8.6))
      ).json()
        == #"{"cutoffs":[0.25],"family":"lowpass","form":"separable","scaled":true,"support":[5],"window":"kaiser:8.6"}"#
    )
  }

  @Test func customBanksCannotBeMadeAgain() {
    expectFailure(.argument, naming: "custom") { () throws(FiltersmithError) in
      try BankDesign.custom.bank()
    }
  }

  @Test func wrongText() {
    func read(_ text: String, _ words: String) {
      expectFailure(.format, naming: words) { () throws(FiltersmithError) in
        try BankDesign(json: text)
      }
    }
    read("", "not JSON")
    read("{\"family\":", "not JSON")
    read("[1,2]", "type")
    read("{}", "lacks 'family'")
    read(#"{"family":"sobble"}"#, "unknown family 'sobble'")
    read(#"{"family":"sobel","dimensions":2,"normalization":"slope"}"#, "lacks 'taps'")
    read(#"{"family":"gaussian","sigma":"wide","truncation":4}"#, "'sigma'")
    read(#"{"family":"sobel","dimensions":2,"normalization":"steep","taps":3}"#, "'normalization'")
    read(
      #"{"cutoffs":[1],"family":"lowpass","form":"separable","scaled":true,"support":[5],"window":"han"}"#,
      "window 'han'")
    read(#"{"family":"sequence","parts":[{"family":"gaussian","truncation":4}]}"#, "sigma")
  }

  @Test func numbersThatAreNotFinite() {
    expectFailure(.argument, naming: "not finite") { () throws(FiltersmithError) in
      try BankDesign.gaussian(GaussianDesign(sigma: [.nan])).json()
    }
  }
}
