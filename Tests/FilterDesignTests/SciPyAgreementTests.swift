import Convolutions
import FilterDesign
import Tensors
import TestSupport
import Testing

/// Banks applied to images give the numbers of SciPy 1.17.1 and scikit-image 0.26.0.
@Suite struct SciPyAgreementTests {
  /// The images of one source, and places in them.
  struct Source {
    let arrays: ReferenceArrays
    let image: Tensor<Double>
    let volume: Tensor<Double>
    let places: [[Int]]
    let volumePlaces: [[Int]]

    init(_ arrays: ReferenceArrays) throws {
      self.arrays = arrays
      image = try arrays("in_image")
      volume = try arrays("in_volume")
      places =
        arrays.isOwn
        ? [[0, 0], [10, 20], [24, 24], [31, 5], [39, 47]]
        : [[0, 0], [10, 20], [48, 48], [70, 11], [95, 95]]
      volumePlaces =
        arrays.isOwn
        ? [[0, 0, 0], [5, 9, 13], [10, 8, 8], [19, 2, 15]]
        : [[0, 0, 0], [5, 9, 13], [16, 16, 15], [31, 2, 29]]
    }

    /// What the array of this name holds at some places; of the other pictures, whose arrays are not
    /// all kept, the numbers given.
    func samples(_ name: String, other: [Double], at places: [[Int]]) throws -> [Double] {
      guard arrays.isOwn else { return other }
      let array = try arrays(name)
      return places.map { array[$0] }
    }

    /// One filter's response by the engine, at 1e-6 of the largest value.
    func compare(
      _ design: some BankFamily, filter: Int = 0, _ image: Tensor<Double>,
      border: Border = .symmetric,
      to golden: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      guard arrays.has(golden) else { return }
      let expected = try arrays(golden)
      let response = try design.bank()[filter].responses(to: image, border: border).even
      expectClose(
        response.elements, expected.elements, relative: 1e-6, sourceLocation: sourceLocation)
    }

    /// Values at the places of the image, by the definition and by the engine.
    func expectSamples(
      _ design: some BankFamily, filter: Int = 0, nearest: Bool = false, _ golden: String,
      other: [Double], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let bank = try design.bank()[filter]
      let expected = try samples(golden, other: other, at: places)
      let defined = KernelProbe(bank).convolution(0, of: image, nearest: nearest)
      expectClose(
        places.map { defined[$0] }, expected, relative: 1e-10, sourceLocation: sourceLocation)
      let computed = try bank.responses(to: image, border: nearest ? .nearest : .symmetric).even
      expectClose(
        places.map { computed[[0] + $0] }, expected, relative: 1e-10,
        sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: ReferenceArrays.all)
  func wholeImages(_ arrays: ReferenceArrays) throws {
    let source = try Source(arrays)
    let (image, volume) = (source.image, source.volume)
    let borders: [(String, Border)] = [
      ("reflect", .symmetric), ("constant", .zero), ("nearest", .nearest), ("mirror", .mirror),
      ("wrap", .wrap),
    ]
    for (name, border) in borders {
      try source.compare(
        GaussianDesign(sigma: [1.5, 1.5]), image, border: border, to: "nd_gauss1.5_\(name)")
    }
    for axis in 0..<2 {
      let sobel = GradientDesign(.sobel, normalization: .published)
      try source.compare(sobel, filter: axis, image, to: "nd_sobel_ax\(axis)")
      let prewitt = GradientDesign(.prewitt, normalization: .published)
      try source.compare(prewitt, filter: axis, image, to: "nd_prewitt_ax\(axis)")
      let derivative = GaussianDerivativeDesign(sigma: [2, 2], totalOrder: 1)
      try source.compare(derivative, filter: axis, image, to: "nd_gauss_deriv_ax\(axis)")
    }
    try source.compare(LaplacianDesign(), image, to: "nd_laplace")
    try source.compare(LaplacianOfGaussianDesign(sigma: [2, 2]), image, to: "nd_log2")
    for size in [3, 5] {
      try source.compare(BoxDesign(support: [size, size]), image, to: "nd_uniform\(size)")
    }
    try source.compare(
      DifferenceOfGaussiansDesign(narrowSigma: [1, 1], wideSigma: [3, 3]), image,
      border: .nearest, to: "sk_dog")
    try source.compare(GaussianDesign(sigma: 1.2, dimensions: 3), volume, to: "nd3_gauss1.2")
    let sobel = GradientDesign(.sobel, dimensions: 3, normalization: .published)
    for axis in 0..<3 { try source.compare(sobel, filter: axis, volume, to: "nd3_sobel\(axis)") }
  }

  @Test(arguments: ReferenceArrays.all)
  func derivatives(_ arrays: ReferenceArrays) throws {
    let source = try Source(arrays)
    let sobel = GradientDesign(.sobel, normalization: .published)
    try source.expectSamples(sobel, "nd_sobel_ax0", other: [-15, 13, -22, 2, 1])
    let prewitt = GradientDesign(.prewitt, normalization: .published)
    try source.expectSamples(prewitt, "nd_prewitt_ax0", other: [-12, 10, -14, -4, 1])
    try source.expectSamples(prewitt, filter: 1, "nd_prewitt_ax1", other: [6, -1, 10, -49, -2])
    // skimage.filters.scharr_v answers 2 to a ramp of slope 1: its numbers halved.
    try source.expectSamples(
      GradientDesign(.scharr), filter: 1, "sk_scharr_v_half",
      other: [1.21875, -0.09375, 1.8125, -5.25, -0.40625])
    try source.expectSamples(
      GradientDesign(.farid, normalization: .published), "sk_farid_h",
      other: [
        -1.0262303819128682, 2.3258625611451262, -2.607595760944722, -0.8282146824020007,
        0.009445688605474265,
      ])
    let roberts = GradientDesign(.roberts, normalization: .published)
    try source.expectSamples(roberts, "sk_roberts_pos", other: [-3, 2, 1, -29, 0])
    try source.expectSamples(roberts, filter: 1, "sk_roberts_neg", other: [-6, 1, -4, -3, 0])
    try source.expectSamples(LaplacianDesign(), "nd_laplace", other: [0, 3, 4, -9, 1])
  }

  @Test(arguments: ReferenceArrays.all)
  func gaussians(_ arrays: ReferenceArrays) throws {
    let source = try Source(arrays)
    let first = GaussianDerivativeDesign(sigma: [2, 2], totalOrder: 1)
    try source.expectSamples(
      first, "nd_gauss_deriv_ax0",
      other: [
        -0.2507700210191015, 2.2315177566096813, -2.4983214524747623, 0.5353703027811921,
        -0.008363361120463474,
      ])
    try source.expectSamples(
      first, filter: 1, "nd_gauss_deriv_ax1",
      other: [
        0.4202765522306035, -1.3875722117910512, 1.2589348673162213, -10.305805669048132,
        -0.013189867353060178,
      ])
    try source.expectSamples(
      GaussianDerivativeDesign(sigma: [1.7, 1.7], orders: [[2, 3]]), "nd_gauss_deriv_23",
      other: [
        0.15085391305825652, -0.01457737247637423, 0.058631839515998166, 0.4794294745913915,
        -0.008371188422813501,
      ])
    try source.expectSamples(
      LaplacianOfGaussianDesign(sigma: [2, 2]), "nd_log2",
      other: [
        0.3322079535700226, 2.061309845333976, -1.6500390015411148, -3.5558510314052665,
        0.049283144645304644,
      ])
    try source.expectSamples(
      DifferenceOfGaussiansDesign(narrowSigma: [1, 1], wideSigma: [3, 3]), nearest: true, "sk_dog",
      other: [
        -1.8856209259655365, -8.08871867324827, 5.860419295767798, 14.390677948753222,
        -0.5592594854102115,
      ])
    try source.expectSamples(
      BoxDesign(support: [3, 3]), "nd_uniform3",
      other: [
        11.666666666666666, 8.666666666666666, 159.33333333333334, 113.1111111111111,
        7.222222222222208,
      ]
    )
    try source.expectSamples(
      BoxDesign(support: [5, 5]), "nd_uniform5", other: [12.04, 10.52, 157.08, 104.56, 7.2])
  }

  /// The lengths of gradients: `gaussian_gradient_magnitude(image, 1.5)`.
  @Test(arguments: ReferenceArrays.all)
  func gradientMagnitude(_ arrays: ReferenceArrays) throws {
    let source = try Source(arrays)
    let bank = try GaussianDerivativeDesign(sigma: [1.5, 1.5], totalOrder: 1).bank()
    let parts = try bank.responses(to: source.image, border: .symmetric).even
    let expected = try source.samples(
      "nd_ggm1.5",
      other: [
        0.9804418744905238, 2.385901310545338, 2.8621943624496633, 9.469761235512221,
        0.019393650279765088,
      ], at: source.places)
    let magnitudes = source.places.map { place in
      (0..<2).reduce(0) { $0 + parts[[$1] + place] * parts[[$1] + place] }.squareRoot()
    }
    expectClose(magnitudes, expected, relative: 1e-10)
  }

  @Test(arguments: ReferenceArrays.all)
  func volumes(_ arrays: ReferenceArrays) throws {
    let source = try Source(arrays)
    let places = source.volumePlaces
    let sobel = try GradientDesign(.sobel, dimensions: 3, normalization: .published).bank()
    let other: [[Double]] = [
      [361, -184, -8571, -309], [73, 1324, 37, -225], [-679, -120, -403, -105],
    ]
    let responses = try sobel.responses(to: source.volume, border: .symmetric).even
    for axis in 0..<3 {
      let expected = try source.samples("nd3_sobel\(axis)", other: other[axis], at: places)
      expectClose(places.map { responses[[axis] + $0] }, expected, relative: 1e-10)
    }
    let smooth = try GaussianDesign(sigma: 1.2, dimensions: 3).bank()
      .responses(to: source.volume, border: .symmetric).even
    let expected = try source.samples(
      "nd3_gauss1.2",
      other: [60.76879618705654, 106.20511426273433, 583.6511490511665, 91.65399459823081],
      at: places)
    expectClose(places.map { smooth[[0] + $0] }, expected, relative: 1e-10)
  }

  @Test(arguments: ReferenceArrays.all)
  func windows(_ arrays: ReferenceArrays) throws {
    let names: [(String, Window)] = [
      ("hann", .hann), ("hamming", .hamming), ("blackman", .blackman), ("bartlett", .bartlett),
      ("flattop", .flattop), ("nuttall", .nuttall), ("kaiser", .kaiser(beta: 8.6)),
      ("tukey", .tukey(fraction: 0.25)), ("gaussian", .gaussian(sigma: 3)),
      ("chebwin", .chebyshev(attenuation: 60)),
    ]
    for (name, window) in names {
      for taps in [16, 17] {
        let golden = "win_\(name)_\(taps)"
        guard arrays.has(golden) else { continue }
        try expectClose(window.values(taps), arrays(golden).elements, relative: 1e-12)
      }
    }
  }
}
