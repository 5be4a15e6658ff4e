import DataFiles
import Foundation
import ImageAnalysis
import Tensors
import TestSupport
import Testing

/// How well affine maps of the MNI volume are found again: minutes of work, done where
/// `FILTERSMITH_STUDIES` is set.
///
/// `FILTERSMITH_STUDIES=1 scripts/test --filter AffineStudy`
@Suite struct AffineStudy {
  private static let path = SharedData.url(
    "volumes/nilearn/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz")
  private static let isWanted =
    ProcessInfo.processInfo.environment["FILTERSMITH_STUDIES"] != nil && path != nil

  @Test(
    "Random affine maps (±10°, ±8 mm, ±10 %, noise at 20 dB) are found to 0.3 voxel in 19 of 20",
    .enabled(if: isWanted, "set FILTERSMITH_STUDIES; needs ../shared/data/volumes"))
  func randomMaps() throws {
    let volume = try NIfTIVolume(contentsOf: try #require(Self.path).path).values()
    let shape = volume.shape
    let center = shape.map { Double($0 - 1) / 2 }
    let inside = volume.elements.filter { $0 > 0 }
    let power = inside.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(inside.count)
    let deviation = (power / 100).squareRoot()
    var random = RandomSource(seed: 7)
    var registration = LinearRegistration(.affine)
    registration.finest = 2
    var errors: [Double] = []
    for _ in 0..<20 {
      var map = AffineMap.identity(dimensions: 3)
      for plane in [(0, 1), (1, 2), (0, 2)] {
        let angle = random.uniform(in: -10..<10) * .pi / 180
        map = AffineMap.rotation(by: angle, plane: plane, dimensions: 3).after(map)
      }
      map = AffineMap.scaling((0..<3).map { _ in random.uniform(in: 0.9..<1.1) })
        .after(map).about(center)
      map = AffineMap.translation((0..<3).map { _ in random.uniform(in: -8..<8) })
        .after(map)
      let fixed =
        try volume.warped(by: map, interpolation: .cubic)
        + Tensor<Float>.normal(shape: shape, deviation: deviation, using: &random)
      let moving =
        try volume + Tensor<Float>.normal(shape: shape, deviation: deviation, using: &random)
      let found = try registration(fixed: fixed, moving: moving)
      var (sum, count) = (0.0, 0.0)
      for z in stride(from: 0, to: shape[0], by: 6) {
        for y in stride(from: 0, to: shape[1], by: 6) {
          for x in stride(from: 0, to: shape[2], by: 6) {
            let place = [Double(z), Double(y), Double(x)]
            let (truth, guess) = (map(place), found.transform(place))
            sum += zip(truth, guess).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
            count += 1
          }
        }
      }
      errors.append(sum / count)
    }
    let sorted = errors.sorted()
    print("mean errors in voxels: \(sorted[0]) to \(sorted[19]), median \(sorted[10])")
    #expect(errors.filter { $0 < 0.3 }.count >= 19, "mean errors in voxels: \(errors)")
  }
}
