import DataFiles
import Foundation
import ImageAnalysis
import Tensors
import TestSupport
import Testing

@Suite struct DisplacementFieldTests {
  /// A smooth field of some amplitude and wavelength.
  static func waves(_ shape: Shape, amplitude: Double, wavelength: Double) -> Tensor<Float> {
    Tensor(shape: Shape([shape.rank]) + shape) { index in
      let place = index.dropFirst().map { 2 * .pi * Double($0) / wavelength }
      let (first, last) = (place[0], place[place.count - 1])
      let value =
        index[0] == 0
        ? sin(last + 0.5) * cos(first / 1.3) : cos(first + Double(index[0])) * sin(last / 1.2 + 1)
      return Float(amplitude * value)
    }
  }

  @Test("A field and its inverse, one after the other, lead nowhere")
  func inverse() throws {
    for shape in [Shape([60, 70]), [20, 22, 24]] {
      let field = try DisplacementField(
        vectors: Self.waves(shape, amplitude: 2, wavelength: 50))
      let (inverse, residual) = try field.inverted()
      #expect(residual <= 0.001)
      let there = try field.after(inverse)
      let back = try inverse.after(field)
      var worst: Float = 0
      shape.forEachIndex { index in
        guard zip(index, shape).allSatisfy({ $0 >= 4 && $0 < $1 - 4 }) else { return }
        for axis in shape.indices {
          worst = max(worst, abs(there.vectors[[axis] + index]), abs(back.vectors[[axis] + index]))
        }
      }
      #expect(worst < 0.05)
    }
  }

  @Test("An affine map's field warps as the map, and grows volumes by its determinant")
  func affine() throws {
    let image = try AdaptiveFilterTests.photograph("coins").sliced([0..<80, 0..<90])
    let map = try AffineMap(matrix: [[1.1, 0.2], [-0.1, 0.9]], offset: [-3, 4])
    let field = try DisplacementField(map, over: image.shape)
    let (left, right) = (try field.warp(image), try image.warped(by: map))
    for (a, b) in zip(left.elements, right.elements) { #expect(abs(a - b) < 1e-3) }
    let determinants = field.jacobianDeterminants()
    #expect(determinants.elements.allSatisfy { abs($0 - 1.01) < 1e-3 })
    #expect(throws: FiltersmithError.self) { try DisplacementField(map, over: [3, 4, 5]) }
  }

  @Test("Files bring fields back: NPZ of any, NIfTI of volumes")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("filtersmith-field-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let plane = try DisplacementField(
      vectors: Self.waves([9, 8], amplitude: 2, wavelength: 9), spacing: [2, 1])
    let path = folder.appendingPathComponent("field.npz").path
    try plane.write(to: path)
    #expect(try DisplacementField(contentsOf: path) == plane)
    #expect(throws: FiltersmithError.self) {
      try plane.write(to: folder.appendingPathComponent("field.nii").path)
    }
    let volume = try DisplacementField(
      vectors: Self.waves([5, 6, 7], amplitude: 2, wavelength: 9), spacing: [3, 2, 1])
    let nifti = folder.appendingPathComponent("field.nii.gz").path
    try volume.write(to: nifti)
    let read = try DisplacementField(contentsOf: nifti)
    #expect(read.spacing == volume.spacing)
    for (a, b) in zip(read.vectors.elements, volume.vectors.elements) { #expect(abs(a - b) < 1e-5) }
  }

  /// Waves of 6 samples' amplitude over a whole image, and of 4 samples that change direction within
  /// 45, where they stretch and squeeze the image by up to 30 %.
  @Test(
    "Known smooth displacements of photographs are found to 0.2 pixel",
    arguments: ["camera", "coins", "brick"], [(6.0, 200.0), (3.0, 128.0), (4.0, 90.0)])
  func morphon(name: String, wave: (Double, Double)) throws {
    let error = try Self.morphonError(name, amplitude: wave.0, wavelength: wave.1)
    #expect(error < 0.2, "\(name), \(wave): \(error)")
  }

  /// The mean distance from a known field, in pixels, of what is found of it.
  private static func morphonError(
    _ name: String, amplitude: Double, wavelength: Double
  ) throws -> Double {
    let image = try AdaptiveFilterTests.photograph(name)
    let truth = Self.waves([192, 192], amplitude: amplitude, wavelength: wavelength)
    let moving = try image.sliced([40..<232, 90..<282])
    let fixed = try image.warped(
      by: Tensor<Float>(shape: truth.shape) { truth[$0] + ($0[0] == 0 ? 40 : 90) },
      interpolation: .cubic)
    let field = try MorphonRegistration()(fixed: fixed, moving: moving)
    var (sum, count) = (0.0, 0.0)
    for y in 10..<182 {
      for x in 10..<182 {
        let difference = (0..<2).map { Double(field.vectors[$0, y, x] - truth[$0, y, x]) }
        sum += hypot(difference[0], difference[1])
        count += 1
      }
    }
    return sum / count
  }

  @Test("A volume is deformed back")
  func volume() throws {
    var random = RandomSource(seed: 12)
    let moving = try GaussianSmoothing(sigma: [1.5])(
      Tensor<Float>.normal(shape: [40, 40, 40], using: &random))
    let truth = Self.waves([40, 40, 40], amplitude: 1.5, wavelength: 60)
    let fixed = try moving.warped(by: truth, interpolation: .cubic, border: .mirror)
    var morphon = MorphonRegistration()
    morphon.iterations = 8
    morphon.support = 7
    let field = try morphon(fixed: fixed, moving: moving)
    var (sum, count) = (0.0, 0.0)
    Shape([40, 40, 40]).forEachIndex { index in
      guard index.allSatisfy({ $0 >= 6 && $0 < 34 }) else { return }
      let square = (0..<3).reduce(0.0) {
        $0 + pow(Double(field.vectors[[$1] + index] - truth[[$1] + index]), 2)
      }
      sum += square.squareRoot()
      count += 1
    }
    #expect(sum / count < 0.3, "\(sum / count)")
  }
}
