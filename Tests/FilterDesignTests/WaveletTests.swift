import FilterDesign
import Numerics
import Tensors
import Testing

/// Gabor, log-Gabor and Riesz filters: what they do to waves.
@Suite struct WaveletTests {
  /// Unit vectors of one to four axes, none along an axis.
  static let directions: [[Double]] = [
    [1], [0.6, 0.8], [2.0 / 3, -1.0 / 3, 2.0 / 3], [0.5, 0.5, -0.5, 0.5],
  ]

  /// Frequencies inside the band of the Riesz filters.
  static let frequencies: [[Double]] = [[0.9], [0.7, -0.8], [0.7, 0.5, -0.6]]

  @Test(arguments: directions) func gaborPeak(direction: [Double]) throws {
    for removesDC in [true, false] {
      let bank = try GaborDesign(
        directions: [direction], centerFrequency: 1.3, sigmaAlong: 1.5, sigmaAcross: 1.8,
        truncation: 2, removesDC: removesDC
      ).bank()
      let peak = try bank.frequencyResponse(at: direction.map { 1.3 * $0 })[0]
      #expect((peak - 1).length < 1e-12)
      let dc = KernelProbe(bank).response(0) { _ in 1 }
      #expect(removesDC ? dc.length < 1e-14 : dc.real > 1e-4)
      // Real part even, imaginary part odd
      expectClose(bank.even.elements, bank.even.elements.reversed(), relative: 1e-13)
      let odd = try #require(bank.odd).elements
      expectClose(odd, odd.reversed().map { -$0 }, relative: 1e-13)
    }
  }

  /// The response to a wave that moves along the direction turns its phase forward by ω a sample.
  @Test func gaborPhaseFollowsTheWave() throws {
    let direction = [0.6, 0.8]
    let bank = try GaborDesign(
      directions: [direction], centerFrequency: 1.1, octaves: 1
    ).bank()
    let probe = KernelProbe(bank)
    for shift in [0.0, 0.5, 1.5] {
      let response = probe.response(0) { position in
        Double.cos(1.1 * (position[0] * direction[0] + position[1] * direction[1] + shift))
      }
      #expect(abs(response.phase - 1.1 * shift) < 1e-3)
      #expect(abs(response.length - 0.5) < 2e-3)
    }
  }

  /// Half amplitude at two frequencies B octaves apart.
  @Test(arguments: [0.8, 1.0, 1.5]) func gaborBandwidth(octaves: Double) throws {
    let center = 0.6
    let bank = try GaborDesign(
      directions: [[1]], centerFrequency: center, octaves: octaves, truncation: 6, removesDC: false
    ).bank()
    // Symmetric in frequency: ω (1 ± (2^B − 1) / (2^B + 1)), whose ratio is 2^B
    let spread = (Double.exp2(octaves) - 1) / (Double.exp2(octaves) + 1)
    for frequency in [center * (1 - spread), center * (1 + spread)] {
      let response = try bank.frequencyResponse(at: [frequency])[0]
      #expect(abs(response.length - 0.5) < 1e-4)
    }
  }

  @Test func gaborSizeIsTheSameForAllDirections() throws {
    let sizes = try (0..<12).map { step in
      let angle = Double.pi * Double(step) / 12
      return try GaborDesign(
        directions: [[.sin(angle), .cos(angle)]], centerFrequency: 0.8, sigmaAlong: 2,
        sigmaAcross: 3
      ).bank().support
    }
    #expect(Set(sizes) == [[19, 19]])
  }

  /// `skimage.filters.gabor_kernel(0.2, theta=0.6, bandwidth=1)` and `gabor_kernel(0.15, theta=2.1,
  /// sigma_x=2, sigma_y=4)` of scikit-image 0.26.0.
  @Test func gaborReproducesScikitImage() throws {
    let round = try GaborDesign(
      directions: [[.sin(0.6), .cos(0.6)]], centerFrequency: 2 * .pi * 0.2, octaves: 1,
      support: [15, 15], removesDC: false, normalization: .envelope
    ).bank().complexKernels
    let expected: [([Int], Complex<Double>)] = [
      ([7, 7], Complex(0.020143822852565305, 0)),
      ([7, 8], Complex(0.00961836816941652, 0.01627943830149716)),
      ([6, 9], Complex(0.0030034688202828144, 0.014369365240401891)),
      ([0, 0], Complex(3.8477923605764e-05, 1.3588758174168911e-05)),
      ([14, 3], Complex(0.00022512772451776955, 0.00024043495957301765)),
    ]
    for (index, value) in expected {
      #expect((round[[0] + index] - value).length < 1e-12 * value.length)
    }
    let long = try GaborDesign(
      directions: [[.sin(2.1), .cos(2.1)]], centerFrequency: 2 * .pi * 0.15, sigmaAlong: 2,
      sigmaAcross: 4, support: [15, 23], removesDC: false, normalization: .envelope
    ).bank().complexKernels
    #expect(abs(long[0, 7, 11].real - 0.019894367886486918) < 1e-15)
    #expect(
      (long[0, 8, 13] - Complex(0.016820775934431535, -0.002337089915296383)).length < 1e-15)
  }

  @Test(arguments: zip(directions.prefix(3), [31, 25, 15]))
  func logGaborPeak(direction: [Double], taps: Int) throws {
    let center = 1.3
    let bank = try LogGaborDesign(
      directions: [direction], centerFrequency: center, octaves: 1.5,
      support: direction.map { _ in taps }
    ).bank()
    let peak = try bank.frequencyResponse(at: direction.map { center * $0 })[0]
    #expect((peak - 1).length < 0.02, "\(peak)")
    let opposite = try bank.frequencyResponse(at: direction.map { -center * $0 })[0]
    #expect(opposite.length < 0.02, "\(opposite)")
    #expect(KernelProbe(bank).response(0) { _ in 1 }.length < 1e-14)
    let half = center * Double.exp2(-0.75)
    let edge = try bank.frequencyResponse(at: direction.map { half * $0 })[0]
    #expect(abs(edge.length - 0.5) < 0.03, "\(edge)")
    expectClose(bank.even.elements, bank.even.elements.reversed(), relative: 1e-12)
    let odd = try #require(bank.odd).elements
    expectClose(odd, odd.reversed().map { -$0 }, relative: 1e-12)
  }

  @Test func logGaborAngle() throws {
    let bank = try LogGaborDesign(
      directions: [[0, 1]], centerFrequency: 1.3, octaves: 1.5, angularDeviation: 0.5,
      support: [31, 31]
    ).bank()
    let response = try bank.frequencyResponse(at: [1.3 * .sin(0.5), 1.3 * .cos(0.5)])[0]
    #expect(abs(response.length - Double.exp(-0.5)) < 0.02)
  }

  /// R, −i R u/ρ and −R u u/ρ² at a frequency in the band.
  @Test(arguments: zip(frequencies, [41, 25, 17]))
  func rieszResponses(frequency: [Double], taps: Int) throws {
    let dimensions = frequency.count
    let design = RieszDesign(
      upToOrder: 2, centerFrequency: 1, octaves: 2, support: frequency.map { _ in taps })
    let bank = try design.bank()
    #expect(bank.count == 1 + dimensions + dimensions * (dimensions + 1) / 2)
    #expect(bank.labels[0] == "band")
    let radius = frequency.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let band = Double.exp(-4 / (4 * Double.log(2)) * Double.pow(Double.log(radius), 2))
    let probe = KernelProbe(bank)
    for (filter, order) in design.orders.enumerated() {
      var expected = Complex(band)
      for (u, order) in zip(frequency, order) {
        for _ in 0..<order { expected *= Complex(0, -u / radius) }
      }
      let response = try bank.frequencyResponse(at: frequency)[filter]
      #expect((response - expected).length < 0.03, "order \(order): \(response), not \(expected)")
      #expect(abs(probe.response(filter) { _ in 1 }.real) < 1e-14)
      let taps = bank[filter].even.elements
      let parity: Double = order.reduce(0, +) % 2 == 0 ? 1 : -1
      expectClose(taps, taps.reversed().map { parity * $0 }, relative: 1e-12)
    }
    // Order 1 answers to a rising edge with the opposite sign of a derivative.
    #expect(probe.response(1) { $0[0] > 0 ? 1 : $0[0] < 0 ? -1 : 0 }.real < 0)
  }
}
