import FilterDesign
import Foundation
import Tensors
import Testing

@Suite struct WindowTests {
  /// The first half of `scipy.signal.get_window(…, 17, fftbins=False)`, SciPy 1.17.1; the second is
  /// its mirror image.
  static let ofSeventeen: [(String, [Double])] = [
    (
      "hann",
      [
        0.0, 0.03806023374435663, 0.14644660940672627, 0.30865828381745514, 0.5, 0.6913417161825449,
        0.8535533905932737, 0.9619397662556434, 1.0,
      ]
    ),
    (
      "hamming",
      [
        0.08000000000000007, 0.11501541504480817, 0.21473088065418822, 0.36396562111205877, 0.54,
        0.7160343788879413, 0.865269119345812, 0.9649845849551919, 1.0,
      ]
    ),
    (
      "blackman",
      [
        0, 0.014628776239280404, 0.06644660940672624, 0.1720897413225313, 0.34, 0.5547731736876211,
        0.7735533905932738, 0.9385083087505672, 1,
      ]
    ),
    (
      "blackmanharris",
      [
        6.0000000000001025e-05, 0.00305916662607495, 0.021735837018679628, 0.08278037370414673,
        0.21747000000000008, 0.43491953420378254, 0.6957641629813204, 0.914240925465996, 1.0,
      ]
    ),
    ("bartlett", [0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0]),
    (
      "flattop",
      [
        -0.0004210510000000013, -0.005268058476261594, -0.026872193286334545, -0.06269683377894208,
        -0.05473684, 0.10174541538894774, 0.4441353572863345, 0.8285352768662559, 1.000000003,
      ]
    ),
    (
      "nuttall",
      [
        0.0003628000000000381, 0.004159080069511673, 0.025205566515401824, 0.08962243700094036,
        0.22698240000000006, 0.44436049748567613, 0.7019582334845982, 0.9161855854438719, 1.0,
      ]
    ),
    (
      "kaiser:8.6",
      [
        0.0013325139979024198, 0.017351642916088306, 0.06747207920440855, 0.1723884340205331,
        0.34039362244018856, 0.5552257905328044, 0.7738293810170912, 0.9385836693589701, 1.0,
      ]
    ),
    ("tukey:0.25", [0.0, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
    (
      "gaussian:3",
      [
        0.028565500784550377, 0.06572852861653047, 0.1353352832366127, 0.24935220877729622,
        0.41111229050718745, 0.6065306597126334, 0.8007374029168081, 0.9459594689067654, 1.0,
      ]
    ),
    (
      "chebyshev:60",
      [
        0.022678148274521488, 0.07097636610736122, 0.1612193203362563, 0.29732474051949664,
        0.4713323472290384, 0.6611727623957866, 0.8343182771346993, 0.9560991028869872, 1.0,
      ]
    ),
    ("rectangular", [1, 1, 1, 1, 1, 1, 1, 1, 1]),
  ]

  /// The first half of `get_window(…, 8, fftbins=False)`.
  static let ofEight: [(String, [Double])] = [
    ("hann", [0.0, 0.18825509907063326, 0.6112604669781572, 0.9504844339512095]),
    ("bartlett", [0.0, 0.2857142857142857, 0.5714285714285714, 0.8571428571428571]),
    (
      "flattop",
      [-0.0004210510000000013, -0.03684078115492349, 0.010703716716153475, 0.78087391493877]
    ),
    (
      "kaiser:8.6",
      [0.0013325139979024198, 0.09113651292826536, 0.45964377459338085, 0.9204615832581574]
    ),
    ("tukey:0.25", [0.0, 1.0, 1.0, 1.0]),
    (
      "gaussian:3",
      [0.5063356166481006, 0.7066482778577162, 0.8824969025845955, 0.9862071167439163]
    ),
    ("chebyshev:60", [0.06847555416399577, 0.303219161655201, 0.686846620773932, 1.0]),
  ]

  @Test(arguments: ofSeventeen) func oddLengths(name: String, half: [Double]) throws {
    let values = try Window(parsing: name).values(17)
    expectClose(values, half + half.dropLast().reversed(), relative: 1e-12)
  }

  @Test(arguments: ofEight) func evenLengths(name: String, half: [Double]) throws {
    let values = try Window(parsing: name).values(8)
    expectClose(values, half + half.reversed(), relative: 1e-12)
  }

  @Test(arguments: ofSeventeen.map(\.0)) func textRoundTrips(name: String) throws {
    let window = try Window(parsing: name)
    #expect(try Window(parsing: window.description) == window)
    #expect(try window.values(1) == [1])
  }

  @Test func wrongWindows() {
    func fails(_ text: String, _ words: String) {
      expectFailure(.argument, naming: words) { () throws(FiltersmithError) in
        try Window(parsing: text)
      }
    }
    fails("han", "there is no window 'han'")
    fails("", "there is no window")
    fails("hann:2", "takes no parameter")
    fails("kaiser", "takes a number")
    fails("kaiser:nan", "takes a number")
    fails("kaiser:-1", "out of range")
    fails("tukey:1.5", "0 to 1")
    fails("gaussian:0", "positive")
    fails("chebyshev:0", "dB")
    expectFailure(.argument, naming: "given 0") { () throws(FiltersmithError) in
      try Window.hann.values(0)
    }
  }

  // MARK: - Filters by windows

  static func taps(_ design: WindowedSincDesign) throws -> [Double] {
    try design.bank().even.elements
  }

  /// `scipy.signal.firwin` of SciPy 1.17.1: the first half and the middle; the rest is its mirror.
  @Test func firwinNumbers() throws {
    func expect(_ design: WindowedSincDesign, _ half: [Double]) throws {
      expectClose(try Self.taps(design), half + half.dropLast().reversed(), relative: 1e-12)
    }
    // firwin(21, 0.3)
    try expect(
      WindowedSincDesign(.lowpass, cutoffs: [0.3 * .pi], support: [21]),
      [
        9.34176167519117e-19, 0.0029289031790009096, 0.006342347322322931, 0.003783041971756365,
        -0.012387848056448455, -0.034326572827062196, -0.031859861089054115, 0.026531216606606865,
        0.13786316455699657, 0.25134767914641787, 0.2995558583789267,
      ])
    // firwin(31, [.2, .5], pass_zero=False)
    try expect(
      WindowedSincDesign(.bandpass, cutoffs: [0.2 * .pi, 0.5 * .pi], support: [31]),
      [
        -0.0016899777812667699, -0.0011980274778895168, 0.0001428823356640007,
        -0.004215356787359136, -0.010620462096599429, 8.420790301115493e-18, 0.022240946538298893,
        0.018530637257783793, -0.0013029201458699268, 0.021175232900502036, 0.048798108434077905,
        -0.03947611573192317, -0.18797326512726775, -0.14468858814975485, 0.12930583685968422,
        0.2986437252576181,
      ])
    // firwin(21, .4, window='blackman', pass_zero=False)
    try expect(
      WindowedSincDesign(.highpass, cutoffs: [0.4 * .pi], support: [21], window: .blackman),
      [
        0, 0.00030918582952497585, 0.0009403453912548343, -0.0027095203073162124,
        -0.010128564981150914, 1.8552887840630788e-17, 0.03857704188140424, 0.04297523967906792,
        -0.07943422427380765, -0.2906592731248099, 0.5999220681175325,
      ])
    // firwin(15, [.3, .6], window=('kaiser', 5), pass_zero=True)
    try expect(
      WindowedSincDesign(
        .bandstop, cutoffs: [0.3 * .pi, 0.6 * .pi], support: [15], window: .kaiser(beta: 5)),
      [
        -0.0004640187073209333, 0.002459374309721187, -0.017183220543732346, -0.05539726326683775,
        0.06183635782916621, 0.20282319548384817, -0.04306458800025144, 0.697980325790814,
      ])
    // firwin(9, .5, window='hann', scale=False)
    try expect(
      WindowedSincDesign(
        .lowpass, cutoffs: [0.5 * .pi], support: [9], window: .hann, scaled: false),
      [0, -0.01553846785741903, 9.745429581298439e-18, 0.2716944826115336, 0.5])
  }

  @Test(arguments: WindowedSincDesign.Form.allCases, [1, 2, 3, 4])
  func passAndStop(form: WindowedSincDesign.Form, dimensions: Int) throws {
    let taps = [41, 31, 25, 17][dimensions - 1]
    func bank(_ passband: WindowedSincDesign.Passband, _ cutoffs: [Double]) throws -> FilterBank {
      try WindowedSincDesign(
        passband, cutoffs: cutoffs, support: Array(repeating: taps, count: dimensions), form: form
      ).bank()
    }
    func amplitude(_ bank: FilterBank, _ frequency: Double) throws -> Double {
      var vector = Array(repeating: 0.0, count: dimensions)
      vector[dimensions - 1] = frequency
      let response = try bank.frequencyResponse(at: vector)[0]
      #expect(abs(response.imaginary) < 1e-14)
      return response.real
    }
    let low = try bank(.lowpass, [1.2])
    #expect(abs(try amplitude(low, 0) - 1) < 1e-13)
    #expect(abs(try amplitude(low, 2.6)) < 0.005)
    // A blurred ball's edge curves inwards: half the amplitude passes below the cut-off, the more so
    // the more dimensions and the fewer taps.
    let curvature = form == .radial ? [0.005, 0.03, 0.08, 0.15][dimensions - 1] : 0.005
    #expect(abs(try amplitude(low, 1.2) - 0.5) < curvature)
    let band = try bank(.bandpass, [1, 2])
    #expect(abs(try amplitude(band, 1.5) - 1) < 1e-13)
    #expect(abs(try amplitude(band, 0)) < 0.02)
    let high = try bank(.highpass, [1.6])
    #expect(abs(try amplitude(high, 0)) < 0.02)
    let corner = Array(repeating: Double.pi, count: dimensions)
    #expect(abs(try high.frequencyResponse(at: corner)[0].real - 1) < 1e-13)
    let stop = try bank(.bandstop, [0.9, 2.2])
    #expect(abs(try amplitude(stop, 0) - 1) < 1e-13)
    #expect(abs(try amplitude(stop, 1.55)) < 0.02)
  }

  /// The radial low-pass treats all directions alike; the separable one does not.
  @Test func radialIsIsotropic() throws {
    func difference(_ form: WindowedSincDesign.Form) throws -> Double {
      let bank = try WindowedSincDesign(
        .lowpass, cutoffs: [1.2], support: [31, 31], form: form
      ).bank()
      let along = try bank.frequencyResponse(at: [0, 1.2])[0].real
      let across = try bank.frequencyResponse(at: [1.2 * 0.5.squareRoot(), 1.2 * 0.5.squareRoot()])
      return abs(along - across[0].real)
    }
    #expect(try difference(.radial) < 0.02)
    #expect(try difference(.separable) > 0.3)
  }

  /// `scipy.signal.savgol_coeffs(7, 2)`, `(9, 4, deriv=2)` and `(7, 3, deriv=1)`.
  @Test func savgolNumbers() throws {
    func taps(_ taps: Int, _ degree: Int, _ order: Int) throws -> [Double] {
      try SavitzkyGolayDesign(support: [taps], degree: degree, orders: [[order]]).bank().even
        .elements
    }
    expectClose(
      try taps(7, 2, 0),
      [
        -0.09523809523809523, 0.14285714285714307, 0.285714285714286, 0.33333333333333365,
        0.2857142857142859, 0.142857142857143, -0.09523809523809527,
      ], relative: 1e-12)
    expectClose(
      try taps(9, 4, 2),
      [
        -0.07342657342657546, 0.2162004662004666, 0.08799533799533725, -0.12296037296037535,
        -0.21561771561771867, -0.12296037296037535, 0.0879953379953374, 0.21620046620046665,
        -0.0734265734265756,
      ], relative: 1e-12)
    expectClose(
      try taps(7, 3, 1),
      [
        -0.08730158730158721, 0.2658730158730158, 0.23015873015873023, 0, -0.23015873015873023,
        -0.2658730158730159, 0.08730158730158737,
      ], relative: 1e-12)
  }
}
