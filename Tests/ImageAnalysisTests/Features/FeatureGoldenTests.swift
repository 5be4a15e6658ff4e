import Convolutions
import Foundation
import ImageAnalysis
import Tensors
import TestSupport
import Testing

@Suite("Features as scikit-image finds them")
struct FeatureGoldenTests {
  @Test(arguments: ReferenceArrays.all)
  func canny(_ arrays: ReferenceArrays) throws {
    let image = Tensor<Float>(try arrays("in_image"))
    // Its Sobel operator is 8 times the slope.
    for (name, sigma, low, high) in [
      ("sk_canny_s1.0", 1.0, 0.1, 0.2), ("sk_canny_s2.0", 2, 0.1, 0.2),
      ("sk_canny_explicit", 1.5, 10, 30),
    ] where arrays.has(name) {
      let edges = try Canny(sigma: sigma, thresholds: .absolute(low: low / 8, high: high / 8))(
        image)
      #expect(largestDifference(edges.map { $0 ? 1.0 : 0 }, try arrays(name)) == 0, "\(name)")
    }
  }

  @Test(arguments: ReferenceArrays.all)
  func corners(_ arrays: ReferenceArrays) throws {
    guard arrays.has("sk_harris", "sk_shi_tomasi", "sk_foerstner") else { return }
    let image = Tensor<Float>(try arrays("in_image"))
    func response(_ measure: CornerDetector.Measure) throws -> Tensor<Float> {
      try CornerDetector(measure, sigma: 1.5, border: .zero).response(image)
    }
    let harris = try arrays("sk_harris")
    let scale = try #require(harris.max())
    #expect(largestDifference(try response(.harris(k: 0.05)) * 4096, harris) < 1e-5 * scale)
    let tomasi = try arrays("sk_shi_tomasi")
    let largest = try #require(tomasi.max())
    #expect(largestDifference(try response(.shiTomasi) * 64, tomasi) < 1e-5 * largest)
    // Both its arrays, w and q.
    let foerstner = try arrays("sk_foerstner").selected(axis: 0, at: 0)
    let most = try #require(foerstner.max())
    #expect(largestDifference(try response(.foerstner(roundness: 0)) * 64, foerstner) < 1e-4 * most)
  }

  @Test(arguments: ReferenceArrays.all)
  func hessian(_ arrays: ReferenceArrays) throws {
    guard arrays.has("sk_hessian_rr", "sk_hessian_rc", "sk_hessian_cc") else { return }
    let elements = try arrays("in_image").gaussianHessian(sigma: 2, border: .zero, truncation: 8)
    for (index, name) in ["rr", "rc", "cc"].enumerated() {
      let expected = try arrays("sk_hessian_\(name)")
      #expect(largestDifference(try elements.selected(axis: 0, at: index), expected) < 1e-9 * 255)
    }
  }

  @Test(arguments: ReferenceArrays.all)
  func frangi(_ arrays: ReferenceArrays) throws {
    guard arrays.has("sk_frangi", "sk3_frangi") else { return }
    // scikit-image does not normalise scales, and keeps the first scale's half largest norm.
    func compare(
      _ name: String, _ image: Tensor<Float>, _ sigmas: [Double], _ polarity: FrangiFilter.Polarity
    ) throws {
      let hessian = try Tensor<Double>(image).gaussianHessian(sigma: sigmas[0], truncation: 12)
      let axes = image.rank
      let diagonals = axes == 2 ? [0, 2] : [0, 3, 5]
      var largest = 0.0
      for place in 0..<image.count {
        let square = (0..<hessian.shape[0]).reduce(0.0) { sum, element in
          let value = hessian.elements[element * image.count + place]
          return sum + (diagonals.contains(element) ? 1 : 2) * value * value
        }
        largest = max(largest, square)
      }
      let half = largest.squareRoot() / 2
      var result = Tensor<Float>(zeros: image.shape)
      for sigma in sigmas {
        let filter = FrangiFilter(
          sigmas: [sigma], polarity: polarity, structure: sigma * sigma * half, truncation: 12)
        result = try result.zip(with: filter(image)) { max($0, $1) }
      }
      let expected = try arrays(name)
      let wrong = zip(result.elements, expected.elements).filter { abs(Double($0) - $1) > 1e-4 }
      // scikit-image puts 1e-10 in place of negative eigenvalues, and so answers where it should not
      // in the rare place where λ₁ is as small; the definition's answer is 0.
      #expect(wrong.count <= 1 && wrong.allSatisfy { $0.0 == 0 }, "\(name)")
    }
    try compare("sk_frangi", Tensor<Float>(arrays("in_image")), [1, 2, 3], .dark)
    try compare("sk3_frangi", Tensor<Float>(arrays("in_volume")), [1.5, 2], .bright)
  }

  @Test(arguments: ReferenceArrays.all)
  func orientedGradients(_ arrays: ReferenceArrays) throws {
    guard arrays.has("sk_hog") else { return }
    let features = try OrientedGradients()(Tensor<Float>(arrays("in_image")))
    let expected = try arrays("sk_hog")
    #expect(largestDifference(try features.reshaped(to: [features.count]), expected) < 1e-5)
  }

  @Test(arguments: ReferenceArrays.all)
  func hough(_ arrays: ReferenceArrays) throws {
    guard arrays.has("sk_hough_acc", "sk_canny_s2.0") else { return }
    let edges = try arrays("sk_canny_s2.0").map { $0 > 0 }
    let votes = try HoughLines(edges).votes
    #expect(largestDifference(votes.map { Double($0) }, try arrays("sk_hough_acc")) == 0)
  }

  @Test("The glyphs of gradients lie along the edges")
  func glyphs() throws {
    let stripes = Tensor<Float>(shape: [32, 32]) { $0[0] % 8 < 4 ? 0 : 1 }
    let picture = try OrientedGradients(orientations: 9, cell: [8, 8]).glyphs(of: stripes)
    #expect(picture.shape == [32, 32] && picture.max() == 1)
    // Horizontal edges: bright along the middle row of a cell, dark along its middle column's ends.
    #expect(picture[12, 9] > 0.9 || picture[11, 9] > 0.9)
    #expect(picture[8, 12] < 0.3 && picture[15, 12] < 0.3)
    let flat = try OrientedGradients().glyphs(of: Tensor(repeating: 1, shape: [16, 16]))
    #expect(flat.max() == 0)
  }
}
