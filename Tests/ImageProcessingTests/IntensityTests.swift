import Convolutions
import Foundation
import ImageProcessing
import Tensors
import TestSupport
import Testing

@Suite("Colours, histograms, noise and comparison")
struct IntensityTests {
  @Test("Colours go there and back, and known ones arrive where they should")
  func colors() throws {
    var random = RandomSource(seed: 10)
    let colors = Tensor<Float>.uniform(shape: [3, 20, 31], using: &random)
    #expect(try largestDifference(colors.hsvFromRGB().rgbFromHSV(), colors) < 1e-5)
    #expect(try largestDifference(colors.labFromRGB().rgbFromLab(), colors) < 1e-4)
    let known = try Tensor<Float>(
      shape: [3, 4], elements: [1, 0, 1, 0.5, 0, 1, 1, 0.5, 0, 0, 1, 0.5])
    let hsv = try known.hsvFromRGB()
    #expect((0..<4).map { hsv[0, $0] } == [0, 1 / 3, 0, 0])
    #expect((0..<4).map { hsv[1, $0] } == [1, 1, 0, 0])
    // Lab of pure red and green, white and a middle grey (CIE, D65).
    let lab = try known.labFromRGB()
    let expected: [[Float]] = [
      [53.24, 80.09, 67.20], [87.74, -86.18, 83.18], [100, 0, 0], [53.39, 0, 0],
    ]
    for (column, values) in expected.enumerated() {
      for channel in 0..<3 { #expect(abs(lab[channel, column] - values[channel]) < 0.05) }
    }
    #expect(try known.luma()[0] == 0.299)
    #expect(throws: FiltersmithError.self) { try Tensor<Float>(zeros: [2, 4]).luma() }
  }

  @Test("Histograms count every value once; masks leave out; quantiles come back")
  func histograms() throws {
    var random = RandomSource(seed: 11)
    let image = Tensor<Double>.uniform(shape: [50, 60], using: &random)
    let histogram = try Histogram(of: image, bins: 64)
    #expect(histogram.total == 3000)
    #expect(abs(histogram.quantile(0.3) - image.elements.sorted()[900]) < 1.0 / 64)
    let mask = image.map { $0 < 0.5 }
    let masked = try Histogram(of: image, bins: 10, range: 0...1, mask: mask)
    #expect(masked.total == mask.elements.filter { $0 }.count)
    #expect(masked.counts[5...].allSatisfy { $0 == 0 })
    #expect(try Histogram(of: Tensor<Float>([.nan, 1, 2]), bins: 2).counts == [1, 1])
    #expect(throws: FiltersmithError.self) { try Histogram(of: Tensor<Float>([.nan])) }
    #expect(throws: FiltersmithError.self) { try Histogram(of: image, bins: 0) }
  }

  @Test("Otsu's thresholds lie between well parted classes and are the best of all")
  func otsu() throws {
    var random = RandomSource(seed: 12)
    let image = Tensor<Double>(shape: [3000]) { index in
      Double(index[0] % 3) * 10 + random.normal()
    }
    let thresholds = try Histogram(of: image, bins: 128).otsuThresholds(classes: 3)
    #expect(abs(thresholds[0] - 5) < 2.5 && abs(thresholds[1] - 15) < 2.5)
    // Exhaustively, on few bins.
    let coarse = try Histogram(of: image, bins: 24)
    func between(_ cuts: [Int]) -> Double {
      let edges = [0] + cuts + [24]
      return zip(edges, edges.dropFirst()).reduce(0) { sum, part in
        let counts = coarse.counts[part.0..<part.1].map(Double.init)
        let weight = counts.reduce(0, +)
        guard weight > 0 else { return -.infinity }
        let moment = zip(counts, coarse.centers[part.0..<part.1]).reduce(0) { $0 + $1.0 * $1.1 }
        return sum + moment * moment / weight
      }
    }
    var best = (value: -Double.infinity, cuts: [Int]())
    for first in 1..<23 {
      for second in first + 1..<24 where between([first, second]) > best.value {
        best = (between([first, second]), [first, second])
      }
    }
    #expect(try coarse.otsuThresholds(classes: 3) == best.cuts.map { coarse.centers[$0 - 1] })
    #expect(throws: FiltersmithError.self) {
      try Histogram(of: Tensor<Float>([1, 1])).otsuThreshold()
    }
  }

  @Test("Equalized images have an even histogram; locally too, within the limit of contrast")
  func equalization() throws {
    var random = RandomSource(seed: 13)
    let image = Tensor<Double>(shape: [64, 96]) { _ in exp(random.normal()) }
    let equal = try image.equalized(bins: 4096)
    let counts = try Histogram(of: equal, bins: 8, range: 0...1).counts
    for count in counts { #expect(abs(Double(count) / 6144 - 0.125) < 0.02) }
    // The order of values is kept.
    let order = zip(image.elements, equal.elements).sorted { $0.0 < $1.0 }.map(\.1)
    #expect(zip(order, order.dropFirst()).allSatisfy { $0 <= $1 })
    let local = try Tensor<Float>(image).locallyEqualized(tiles: (4, 4), clipLimit: 2)
    #expect(local.elements.allSatisfy { $0 >= 0 && $0 <= 1 })
    // One tile without a limit is the whole image equalized; with one, slopes are bounded.
    let whole = try image.locallyEqualized(tiles: (1, 1), clipLimit: 1e6)
    #expect(largestDifference(whole, try image.equalized()) < 1e-12)
    let bounded = try image.locallyEqualized(tiles: (1, 1), clipLimit: 2)
    let (low, high) = (try #require(image.min()), try #require(image.max()))
    let pairs = zip(image.elements, bounded.elements).sorted { $0.0 < $1.0 }
    for (first, second) in zip(pairs, pairs.dropFirst()) {
      #expect(second.1 - first.1 <= 3 * (second.0 - first.0) / (high - low) + 1e-9)
    }
  }

  @Test("Noise has the moments it is described by, and the same bits with any number of threads")
  func noise() throws {
    let flat = Tensor<Double>(repeating: 10, shape: [400, 400])
    var random = RandomSource(seed: 14)
    func moments(_ model: NoiseModel, of image: Tensor<Double>) throws -> (Double, Double) {
      let noisy = try image.withNoise(model, using: &random)
      return (noisy.mean(), noisy.variance())
    }
    for (model, mean, variance) in [
      (NoiseModel.gaussian(deviation: 2), 10.0, 4.0), (.poisson(gain: 1), 10, 10),
      (.poisson(gain: 4), 10, 2.5), (.speckle(deviation: 0.1), 10, 1),
    ] {
      let (m, v) = try moments(model, of: flat)
      #expect(abs(m - mean) < 0.05 && abs(v / variance - 1) < 0.02, "\(model)")
    }
    // Of nothing, Rician noise is Rayleigh noise.
    let (rayleigh, _) = try moments(.rician(deviation: 2), of: Tensor(zeros: [400, 400]))
    #expect(abs(rayleigh - 2 * (Double.pi / 2).squareRoot()) < 0.02)
    let ramp = Tensor<Double>(shape: [300, 300]) { Double($0[0]) }
    let noisy = try ramp.withNoise(.signalToNoise(decibels: 20), using: &random)
    let added = try (noisy - ramp).variance()
    #expect(abs(10 * log10(ramp.variance() / added) - 20) < 0.1)
    let salted = try ramp.withNoise(.saltAndPepper(fraction: 0.2), using: &random)
    let changed = zip(salted.elements, ramp.elements).count { $0 != $1 }
    #expect(abs(Double(changed) / 90000 - 0.2) < 0.01)
    let before = Threads.count
    defer { Threads.count = before }
    var results: [Tensor<Double>] = []
    for threads in [1, 2] {
      Threads.count = threads
      var source = RandomSource(seed: 15)
      results.append(try ramp.withNoise(.poisson(gain: 1), using: &source))
    }
    #expect(results[0] == results[1])
    #expect(throws: FiltersmithError.self) {
      try flat.withNoise(.gaussian(deviation: -1), using: &random)
    }
  }

  @Test("Equal images compare as equal; known differences have known ratios; masks leave out")
  func comparison() throws {
    let image = Tensor<Double>(shape: [20, 20]) { Double(($0[0] * 7 + $0[1] * 3) % 11) / 11 }
    #expect(abs(try ImageComparison.structuralSimilarity(image, image) - 1) < 1e-12)
    #expect(try ImageComparison.peakSignalToNoise(image, image) == .infinity)
    #expect(abs(try ImageComparison.peakSignalToNoise(image, image + 0.1) - 20) < 1e-9)
    var spoilt = image
    spoilt[0, 0] += 5
    let mask = Tensor(shape: [20, 20]) { $0[0] > 8 }
    #expect(try ImageComparison.meanSquaredError(image, spoilt, mask: mask) == 0)
    #expect(abs(try ImageComparison.structuralSimilarity(image, spoilt, mask: mask) - 1) < 1e-9)
    #expect(throws: FiltersmithError.self) {
      try ImageComparison.structuralSimilarity(
        Tensor<Float>(zeros: [6, 9]), Tensor(zeros: [6, 9]))
    }
  }
}

@Suite("Intensities as scikit-image does")
struct IntensityGoldenTests {
  @Test(arguments: ReferenceArrays.all)
  func otsu(_ arrays: ReferenceArrays) throws {
    guard arrays.has("sk_thr_otsu") else { return }
    let coins = try arrays("in_coins")
    let (low, high) = (try #require(coins.min()), try #require(coins.max()))
    let histogram = try Histogram(
      of: coins, bins: Int(high - low) + 1, range: low - 0.5...high + 0.5)
    #expect(try histogram.otsuThreshold() == arrays("sk_thr_otsu").elements[0])
    if arrays.has("sk_thr_multiotsu") {
      #expect(try histogram.otsuThresholds(classes: 3) == arrays("sk_thr_multiotsu").elements)
    }
  }

  @Test(arguments: ReferenceArrays.all)
  func equalize(_ arrays: ReferenceArrays) throws {
    guard arrays.has("sk_equalize") else { return }
    let result = try arrays("in_image").equalized()
    #expect(largestDifference(result, try arrays("sk_equalize")) < 1e-9)
  }

  @Test(arguments: ReferenceArrays.all)
  func metrics(_ arrays: ReferenceArrays) throws {
    guard arrays.has("metric_ssim_psnr", "nd_gauss1_for_metrics") else { return }
    let image = try arrays("in_image")
    let blurred = try arrays("nd_gauss1_for_metrics")
    let expected = try arrays("metric_ssim_psnr").elements
    let similarity = try ImageComparison.structuralSimilarity(image, blurred, range: 255)
    let ratio = try ImageComparison.peakSignalToNoise(image, blurred, range: 255)
    #expect(abs(similarity - expected[0]) < 1e-9)
    #expect(abs(ratio - expected[1]) < 1e-9)
  }
}
