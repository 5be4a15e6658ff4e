import Convolutions
import DataFiles
import FilterDesign
import Foundation
import Tensors
import TestSupport
import Testing

/// Banks applied to real images give the numbers of SciPy 1.17.1 and scikit-image 0.26.0.
///
/// Skipped where `../shared/data/conformance/golden-scipy` is absent: the images are there.
@Suite(.enabled(if: SharedData.has("conformance/golden-scipy/in_camera96.npy")))
struct SciPyAgreementTests {
  static func golden(_ name: String) throws -> Tensor<Double>? {
    guard let url = SharedData.url("conformance/golden-scipy/\(name).npy") else { return nil }
    return try NPYFile.read(url.path).asDouble()
  }

  let camera: Tensor<Double>
  let volume: Tensor<Double>

  init() throws {
    camera = try #require(try Self.golden("in_camera96"))
    volume = try #require(try Self.golden("in_vol32x32x30"))
  }

  /// One filter's response by the engine and by the definition, at 1e-6 of the largest value.
  func compare(
    _ design: some BankFamily, filter: Int = 0, _ image: Tensor<Double>,
    border: Border = .symmetric,
    to golden: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    guard let expected = try Self.golden(golden) else { return }
    let response = try design.bank()[filter].responses(to: image, border: border).even
    expectClose(
      response.elements, expected.elements, relative: 1e-6, sourceLocation: sourceLocation)
  }

  @Test func wholeImages() throws {
    let borders: [(String, Border)] = [
      ("reflect", .symmetric), ("constant", .zero), ("nearest", .nearest), ("mirror", .mirror),
      ("wrap", .wrap),
    ]
    for (name, border) in borders {
      try compare(
        GaussianDesign(sigma: [1.5, 1.5]), camera, border: border, to: "nd_gauss1.5_\(name)")
    }
    for axis in 0..<2 {
      let sobel = GradientDesign(.sobel, normalization: .published)
      try compare(sobel, filter: axis, camera, to: "nd_sobel_ax\(axis)")
      let prewitt = GradientDesign(.prewitt, normalization: .published)
      try compare(prewitt, filter: axis, camera, to: "nd_prewitt_ax\(axis)")
      let derivative = GaussianDerivativeDesign(sigma: [2, 2], totalOrder: 1)
      try compare(derivative, filter: axis, camera, to: "nd_gauss_deriv_ax\(axis)")
    }
    try compare(LaplacianDesign(), camera, to: "nd_laplace")
    try compare(LaplacianOfGaussianDesign(sigma: [2, 2]), camera, to: "nd_log2")
    for size in [3, 5] {
      try compare(BoxDesign(support: [size, size]), camera, to: "nd_uniform\(size)")
    }
    try compare(
      DifferenceOfGaussiansDesign(narrowSigma: [1, 1], wideSigma: [3, 3]), camera,
      border: .nearest, to: "sk_dog")
    try compare(GaussianDesign(sigma: 1.2, dimensions: 3), volume, to: "nd3_gauss1.2")
    let sobel = GradientDesign(.sobel, dimensions: 3, normalization: .published)
    for axis in 0..<3 { try compare(sobel, filter: axis, volume, to: "nd3_sobel\(axis)") }
  }

  /// Values at [0, 0], [10, 20], [48, 48], [70, 11] and [95, 95] of the camera image.
  func expectSamples(
    _ design: some BankFamily, filter: Int = 0, nearest: Bool = false, _ expected: [Double],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let bank = try design.bank()[filter]
    let places = [[0, 0], [10, 20], [48, 48], [70, 11], [95, 95]]
    // By the definition, and by the engine.
    let defined = KernelProbe(bank).convolution(0, of: camera, nearest: nearest)
    expectClose(
      places.map { defined[$0] }, expected, relative: 1e-10, sourceLocation: sourceLocation)
    let computed = try bank.responses(to: camera, border: nearest ? .nearest : .symmetric).even
    expectClose(
      places.map { computed[[0] + $0] }, expected, relative: 1e-10, sourceLocation: sourceLocation)
  }

  @Test func derivatives() throws {
    let sobel = GradientDesign(.sobel, normalization: .published)
    try expectSamples(sobel, [-15, 13, -22, 2, 1])
    let prewitt = GradientDesign(.prewitt, normalization: .published)
    try expectSamples(prewitt, [-12, 10, -14, -4, 1])
    try expectSamples(prewitt, filter: 1, [6, -1, 10, -49, -2])
    // skimage.filters.scharr_v answers 2 to a ramp of slope 1; these are its numbers halved.
    try expectSamples(
      GradientDesign(.scharr), filter: 1, [1.21875, -0.09375, 1.8125, -5.25, -0.40625])
    try expectSamples(
      GradientDesign(.farid, normalization: .published),
      [
        -1.0262303819128682, 2.3258625611451262, -2.607595760944722, -0.8282146824020007,
        0.009445688605474265,
      ])
    let roberts = GradientDesign(.roberts, normalization: .published)
    try expectSamples(roberts, [-3, 2, 1, -29, 0])
    try expectSamples(roberts, filter: 1, [-6, 1, -4, -3, 0])
    try expectSamples(LaplacianDesign(), [0, 3, 4, -9, 1])
  }

  @Test func gaussians() throws {
    let first = GaussianDerivativeDesign(sigma: [2, 2], totalOrder: 1)
    try expectSamples(
      first,
      [
        -0.2507700210191015, 2.2315177566096813, -2.4983214524747623, 0.5353703027811921,
        -0.008363361120463474,
      ])
    try expectSamples(
      first, filter: 1,
      [
        0.4202765522306035, -1.3875722117910512, 1.2589348673162213, -10.305805669048132,
        -0.013189867353060178,
      ])
    try expectSamples(
      GaussianDerivativeDesign(sigma: [1.7, 1.7], orders: [[2, 3]]),
      [
        0.15085391305825652, -0.01457737247637423, 0.058631839515998166, 0.4794294745913915,
        -0.008371188422813501,
      ])
    try expectSamples(
      LaplacianOfGaussianDesign(sigma: [2, 2]),
      [
        0.3322079535700226, 2.061309845333976, -1.6500390015411148, -3.5558510314052665,
        0.049283144645304644,
      ])
    try expectSamples(
      DifferenceOfGaussiansDesign(narrowSigma: [1, 1], wideSigma: [3, 3]), nearest: true,
      [
        -1.8856209259655365, -8.08871867324827, 5.860419295767798, 14.390677948753222,
        -0.5592594854102115,
      ])
    try expectSamples(
      BoxDesign(support: [3, 3]),
      [
        11.666666666666666, 8.666666666666666, 159.33333333333334, 113.1111111111111,
        7.222222222222208,
      ]
    )
    try expectSamples(BoxDesign(support: [5, 5]), [12.04, 10.52, 157.08, 104.56, 7.2])
  }

  /// The lengths of gradients: `gaussian_gradient_magnitude(camera, 1.5)`.
  @Test func gradientMagnitude() throws {
    let bank = try GaussianDerivativeDesign(sigma: [1.5, 1.5], totalOrder: 1).bank()
    let parts = try bank.responses(to: camera, border: .symmetric).even
    let expected = [
      0.9804418744905238, 2.385901310545338, 2.8621943624496633, 9.469761235512221,
      0.019393650279765088,
    ]
    let places = [[0, 0], [10, 20], [48, 48], [70, 11], [95, 95]]
    let magnitudes = places.map { place in
      (0..<2).reduce(0) { $0 + parts[[$1] + place] * parts[[$1] + place] }.squareRoot()
    }
    expectClose(magnitudes, expected, relative: 1e-10)
  }

  /// Values at [0, 0, 0], [5, 9, 13], [16, 16, 15] and [31, 2, 29] of the volume.
  @Test func volumes() throws {
    let places = [[0, 0, 0], [5, 9, 13], [16, 16, 15], [31, 2, 29]]
    let sobel = try GradientDesign(.sobel, dimensions: 3, normalization: .published).bank()
    let expected: [[Double]] = [
      [361, -184, -8571, -309], [73, 1324, 37, -225], [-679, -120, -403, -105],
    ]
    let responses = try sobel.responses(to: volume, border: .symmetric).even
    for axis in 0..<3 {
      expectClose(places.map { responses[[axis] + $0] }, expected[axis], relative: 1e-10)
    }
    let smooth = try GaussianDesign(sigma: 1.2, dimensions: 3).bank()
      .responses(to: volume, border: .symmetric).even
    expectClose(
      places.map { smooth[[0] + $0] },
      [60.76879618705654, 106.20511426273433, 583.6511490511665, 91.65399459823081],
      relative: 1e-10)
  }

  @Test func windows() throws {
    let names: [(String, Window)] = [
      ("hann", .hann), ("hamming", .hamming), ("blackman", .blackman), ("bartlett", .bartlett),
      ("flattop", .flattop), ("nuttall", .nuttall), ("kaiser", .kaiser(beta: 8.6)),
      ("tukey", .tukey(fraction: 0.25)), ("gaussian", .gaussian(sigma: 3)),
      ("chebwin", .chebyshev(attenuation: 60)),
    ]
    for (name, window) in names {
      for taps in [16, 17] {
        guard let expected = try Self.golden("win_\(name)_\(taps)") else { continue }
        expectClose(try window.values(taps), expected.elements, relative: 1e-12)
      }
    }
  }
}
