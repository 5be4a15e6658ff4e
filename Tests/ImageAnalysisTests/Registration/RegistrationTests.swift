import DataFiles
import Foundation
import ImageAnalysis
import Tensors
import TestSupport
import Testing

@Suite struct PhaseCorrelationTests {
  /// Two parts of a photograph, the fixed one displaced by `shift` samples of the whole.
  ///
  /// Both come from a picture of twice the extents, averaged down after a shift by whole samples, so
  /// that no interpolation has a part in the truth.
  static func pair(_ shift: [Int], by factor: Int = 4) throws -> (Tensor<Float>, Tensor<Float>) {
    let large = try AdaptiveFilterTests.photograph("camera")
    let extent = (512 - 80) / factor
    func part(_ start: [Int]) -> Tensor<Float> {
      Tensor(shape: [extent, extent]) { index in
        var sum: Float = 0
        for y in 0..<factor {
          for x in 0..<factor {
            sum += large[start[0] + factor * index[0] + y, start[1] + factor * index[1] + x]
          }
        }
        return sum / Float(factor * factor)
      }
    }
    // fixed(x) = moving(x + shift / factor)
    return (part([40 + shift[0], 40 + shift[1]]), part([40, 40]))
  }

  @Test(
    "Translations of a photograph by quarters of a sample are found to 0.02",
    arguments: [
      [1, -2], [3, 3], [-7, 10], [38, -33], [0, 2],
    ])
  func quarters(shift: [Int]) throws {
    let (fixed, moving) = try Self.pair(shift)
    let expected = shift.map { Double($0) / 4 }
    let result = try PhaseCorrelation()(fixed: fixed, moving: moving)
    let linear = try LinearRegistration(.translation)(fixed: fixed, moving: moving)
    for axis in 0..<2 {
      #expect(abs(result.shift[axis] - expected[axis]) < 0.02, "\(result)")
      #expect(abs(linear.transform.offset[axis] - expected[axis]) < 0.02, "\(linear)")
    }
    #expect(result.peak > 0.05 && result.peak <= 1)
  }

  @Test("Whole samples are exact in one, two and three axes, for odd and even extents")
  func whole() throws {
    var random = RandomSource(seed: 6)
    for shape in [Shape([101]), [64, 51], [24, 31, 20]] {
      let padded = Shape(shape.map { $0 + 10 })
      let noise = Tensor<Float>.normal(shape: padded, using: &random)
      let moving = try noise.sliced(shape.map { 5..<5 + $0 })
      let fixed = try noise.sliced(shape.enumerated().map { 5 + $0 - 2..<5 + $0 - 2 + $1 })
      let result = try PhaseCorrelation()(fixed: fixed, moving: moving)
      for axis in shape.indices { #expect(abs(result.shift[axis] - Double(axis - 2)) < 1e-3) }
    }
  }

  @Test("Images that cannot be compared are refused")
  func refusals() throws {
    let image = Tensor<Float>(repeating: 1, shape: [16, 16])
    #expect(throws: FiltersmithError.self) { try PhaseCorrelation()(fixed: image, moving: image) }
    let other = Tensor<Float>(repeating: 1, shape: [16, 17])
    #expect(throws: FiltersmithError.self) { try PhaseCorrelation()(fixed: image, moving: other) }
    #expect(throws: FiltersmithError.self) {
      try LinearRegistration(.affine)(fixed: image, moving: image)
    }
  }
}

@Suite struct LinearRegistrationTests {
  /// The mean distance between two maps' images of a grid of samples.
  fileprivate static func error(
    _ left: AffineMap, _ right: AffineMap, over shape: Shape
  ) -> Double {
    var (sum, count) = (0.0, 0.0)
    shape.forEachIndex { index in
      guard index.allSatisfy({ $0 % 7 == 3 }) else { return }
      let (a, b) = (left(index.map(Double.init)), right(index.map(Double.init)))
      sum += zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      count += 1
    }
    return sum / count
  }

  @Test("An affine map of a photograph in noise and of other brightness")
  func affine() throws {
    let moving = try AdaptiveFilterTests.photograph("camera").sliced([100..<356, 120..<376])
    let map = AffineMap.translation([4.3, -6.2]).after(
      AffineMap.rotation(by: 0.12, dimensions: 2).after(.scaling([1.08, 0.95]))
        .about([127, 127]))
    let fixed = try AdaptiveFilterTests.noisy(
      moving.warped(by: map, interpolation: .cubic, border: .mirror).map { 0.6 * $0 + 0.3 })
    let found = try LinearRegistration(.affine)(fixed: fixed, moving: moving)
    #expect(Self.error(found.transform, map, over: fixed.shape) < 0.25)
  }

  @Test("A rigid map stays rigid in units of length")
  func rigid() throws {
    let moving = try AdaptiveFilterTests.photograph("coins").sliced([20..<270, 60..<310])
    // Samples of 1 along y and 2 along x, in millimetres: every second column.
    func thinned(_ image: Tensor<Float>) -> Tensor<Float> {
      Tensor(shape: [250, 125]) { 0.5 * (image[$0[0], 2 * $0[1]] + image[$0[0], 2 * $0[1] + 1]) }
    }
    let map = AffineMap.translation([3, 5]).after(
      AffineMap.rotation(by: -0.1, dimensions: 2).about([125, 125]))
    let fixed = try moving.warped(by: map, interpolation: .cubic, border: .mirror)
    let found = try LinearRegistration(.rigid)(
      fixed: MaskedImage(thinned(fixed)), moving: MaskedImage(thinned(moving)),
      fixedSpacing: [1, 2])
    let matrix = found.positions.matrix
    #expect(abs(matrix[0][0] * matrix[1][1] - matrix[0][1] * matrix[1][0] - 1) < 1e-9)
    #expect(abs(matrix[0][0] * matrix[0][1] + matrix[1][0] * matrix[1][1]) < 1e-9)
    #expect(
      abs(atan2(matrix[0][1], matrix[1][1]) - atan2(map.matrix[0][1], map.matrix[1][1])) < 2e-3)
  }

  @Test("What a mask leaves out has no say")
  func mask() throws {
    let moving = try AdaptiveFilterTests.photograph("camera").sliced([100..<300, 120..<320])
    let map = AffineMap.translation([2.4, -3.7])
    var fixed = try moving.warped(by: map, interpolation: .cubic, border: .mirror)
    var known = Tensor<Float>(repeating: 1, shape: fixed.shape)
    // A bright frame that does not move.
    for y in 60..<140 {
      for x in 60..<140 {
        fixed[y, x] = (y / 8 + x / 8) % 2 == 0 ? 1 : 0
        known[y, x] = 0
      }
    }
    let found = try LinearRegistration(.translation)(
      fixed: MaskedImage(fixed, certainty: known), moving: MaskedImage(moving))
    #expect(Self.error(found.transform, map, over: fixed.shape) < 0.05)
  }

  /// A volume of bright blobs of several widths and, where it lies beside the package, the MNI volume
  /// at a third of its resolution.
  @Test("An affine map of a volume", arguments: [nil] + [mniVolume].filter { $0 != nil })
  func volume(file: URL?) throws {
    let volume =
      try file.map {
        try NIfTIVolume(contentsOf: $0.path).values().resized(to: [66, 78, 63])
      } ?? Self.blobs([66, 78, 63])
    let deviation = volume.map { $0 > 0 ? $0 * $0 : 0 }.mean().squareRoot() / 10
    let center = volume.shape.map { Double($0 - 1) / 2 }
    let map = AffineMap.translation([2, -2.5, 1.5]).after(
      try AffineMap.rotation(about: [1, 2, -1], by: 0.17)
        .after(.scaling([1.1, 0.92, 1.04])).about(center))
    var random = RandomSource(seed: 8)
    func noise() -> Tensor<Float> {
      .normal(shape: volume.shape, deviation: Double(deviation), using: &random)
    }
    let fixed = try volume.warped(by: map, interpolation: .cubic) + noise()
    let moving = try volume + noise()
    let found = try LinearRegistration(.affine)(fixed: fixed, moving: moving)
    // In voxels of the full volume, which are a third as large.
    #expect(3 * Self.error(found.transform, map, over: fixed.shape) < 0.3)
  }

  /// A head of blobs: 40 of random places, widths and heights.
  private static func blobs(_ shape: Shape) -> Tensor<Float> {
    var random = RandomSource(seed: 9)
    let blobs = (0..<40).map { _ in
      (
        place: shape.map { random.uniform(in: 0.2..<0.8) * Double($0) },
        width: random.uniform(in: 2..<8), height: random.uniform(in: 20..<100)
      )
    }
    return Tensor(shape: shape) { index in
      var sum = 0.0
      for blob in blobs {
        var square = 0.0
        for (position, center) in zip(index, blob.place) {
          square += (Double(position) - center) * (Double(position) - center)
        }
        sum += blob.height * exp(-square / (2 * blob.width * blob.width))
      }
      return Float(sum)
    }
  }

  private static let mniVolume = SharedData.url(
    "volumes/nilearn/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz")
}
