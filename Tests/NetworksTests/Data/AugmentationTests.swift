import Foundation
import Tensors
import TestSupport
import Testing

@testable import Networks

@Suite struct AugmentationTests {
  private static let shapes: [Shape] = [[2, 9], [1, 8, 11], [2, 5, 6, 7], [1, 3, 4, 5, 4]]

  private func labels(_ shape: Shape) -> Tensor<UInt8> {
    randomBytes(shape.removing(axis: 0), seed: 5, below: 4)
  }

  @Test("No amounts change no bit, in every dimension", arguments: shapes)
  func identity(shape: Shape) throws {
    let image = randomFloats(shape, seed: 1)
    var source = RandomSource(seed: 2)
    let none = try Augmentation(parsing: "none")
    #expect(none.isIdentity)
    let (same, map) = try none.applied(to: image, labels: labels(shape), using: &source)
    #expect(same == image && map == labels(shape))
    // Nor does the sampling itself where the map is the identity.
    let transform = SpatialTransform(
      extents: Array(shape.dropFirst()), spacing: [Double](repeating: 1, count: shape.rank - 1))
    #expect(try transform.sampled(image, nil) == image)
    #expect(try transform.sampledNearest(labels(shape), nil) == labels(shape))
  }

  @Test("Flips are exact, happen in half of the cases and take the label map along")
  func flips() throws {
    let shape: Shape = [2, 3, 4, 5]
    let image = randomFloats(shape, seed: 1)
    let flip = try Augmentation(parsing: "flip=xz")
    let all = try [[], [-1], [-3], [-1, -3]].map { axes in
      try (image.flipped(axes: axes), labels(shape).flipped(axes: axes))
    }
    var seen = [0, 0, 0, 0]
    for seed in 0..<400 {
      var source = RandomSource(seed: UInt64(seed))
      let (flipped, map) = try flip.applied(to: image, labels: labels(shape), using: &source)
      let which = try #require(all.firstIndex { $0.0 == flipped })
      #expect(all[which].1 == map)
      seen[which] += 1
    }
    #expect(seen.allSatisfy { (60...140).contains($0) }, "\(seen)")
  }

  @Test("A quarter turn is the exact turn: NumPy's rot90, in the plane of any two axes")
  func quarterTurns() throws {
    let image = randomFloats([2, 7, 7], seed: 1)
    var turn = SpatialTransform(extents: [7, 7], spacing: [1, 1])
    turn.rotate(0, 1, radians: .pi / 2)
    // rot90: result[i, j] = m[j, n − 1 − i].
    let expected = Tensor<Float>(shape: [2, 7, 7]) { image[$0[0], $0[2], 6 - $0[1]] }
    #expect(try turn.sampled(image, nil) == expected)
    let map = randomBytes([7, 7], seed: 3)
    let turned = Tensor<UInt8>(shape: [7, 7]) { map[$0[1], 6 - $0[0]] }
    #expect(try turn.sampledNearest(map, nil) == turned)
    // Four quarter turns are none.
    for _ in 0..<3 { turn.rotate(0, 1, radians: .pi / 2) }
    #expect(try turn.sampled(image, nil) == image)

    let volume = randomFloats([1, 5, 4, 5], seed: 4)
    var spatial = SpatialTransform(extents: [5, 4, 5], spacing: [1, 1, 1])
    spatial.rotate(0, 2, radians: .pi / 2)
    let expectedVolume = Tensor<Float>(shape: [1, 5, 4, 5]) { volume[0, $0[3], $0[2], 4 - $0[1]] }
    #expect(try spatial.sampled(volume, nil) == expectedVolume)
  }

  @Test("A ramp is sampled exactly: the map is where its formula says")
  func ramps() throws {
    // Linear interpolation gives a linear function exactly, away from the border.
    let (height, width) = (41, 31)
    let ramp = Tensor<Float>(shape: [2, height, width]) { Float($0[1 + $0[0]]) }
    var transform = SpatialTransform(extents: [height, width], spacing: [2, 1])
    transform.rotate(0, 1, radians: 0.3)
    transform.scale(by: 1.25)
    transform.shift(0, by: 2)
    let shown = try transform.sampled(ramp, nil)
    // Distances [2 y, x] are turned by 0.3, reduced by 1.25; content moved by 2 along y.
    for (y, x) in [(20, 15), (14, 15), (24, 11), (18, 19)] {
      let (dy, dx) = (Double(y - 20) * 2, Double(x - 15))
      let turnedY = (cos(0.3) * dy + sin(0.3) * dx) / 1.25 / 2
      let turnedX = (-sin(0.3) * dy + cos(0.3) * dx) / 1.25
      #expect(abs(Double(shown[0, y, x]) - (20 + turnedY - 2)) < 1e-4)
      #expect(abs(Double(shown[1, y, x]) - (15 + turnedX)) < 1e-4)
    }
  }

  @Test("Whole shifts are exact copies, with the nearest pixel beyond the border")
  func shifts() throws {
    let image = randomFloats([1, 6, 8], seed: 1)
    var transform = SpatialTransform(extents: [6, 8], spacing: [1, 1])
    transform.shift(1, by: 3)
    let shown = try transform.sampled(image, nil)
    #expect(shown == Tensor<Float>(shape: [1, 6, 8]) { image[0, $0[1], max($0[2] - 3, 0)] })
  }

  @Test("An elastic field is smooth, of the size asked for, and moves image and label map alike")
  func elastic() throws {
    var source = RandomSource(seed: 7)
    let (height, width) = (64, 48)
    let field = ElasticField(extents: [height, width], cells: 3, deviation: 2, using: &source)
    let transform = SpatialTransform(extents: [height, width], spacing: [1, 1])
    // A smooth picture of two levels, and its label map.
    let level: (Int, Int) -> Float = { y, x in
      Float(cos(Double(y) / 9) + sin(Double(x) / 7))
    }
    let image = Tensor<Float>(shape: [1, height, width]) { level($0[1], $0[2]) }
    let map = Tensor<UInt8>(shape: [height, width]) { level($0[0], $0[1]) > 0 ? 1 : 0 }
    let bent = try transform.sampled(image, field)
    let bentMap = try transform.sampledNearest(map, field)
    #expect(bent != image)
    // Where the bent picture is clearly above or below, the bent label map says the same.
    var disagreements = 0
    for y in 0..<height {
      for x in 0..<width where abs(bent[0, y, x]) > 0.2 {
        if (bent[0, y, x] > 0) != (bentMap[y, x] == 1) { disagreements += 1 }
      }
    }
    #expect(disagreements == 0)
    // Displacements: B-splines of control points with deviation 2 have at most that deviation.
    let displacements = field.displacements
    #expect(displacements.shape == [2, height, width])
    var squares = 0.0
    var largestStep = 0.0
    for y in 0..<height {
      for x in 0..<width {
        let here = (0..<2).map { Double(displacements[$0, y, x]) }
        squares += here.reduce(0) { $0 + $1 * $1 } / 2
        if x > 0 {
          let steps = (0..<2).map { here[$0] - Double(displacements[$0, y, x - 1]) }
          largestStep = max(largestStep, steps.reduce(0) { $0 + $1 * $1 }.squareRoot())
        }
      }
    }
    let deviation = (squares / Double(height * width)).squareRoot()
    #expect((0.3...3).contains(deviation), "\(deviation)")
    #expect(largestStep < 0.6, "\(largestStep)")
  }

  @Test("B-spline weights sum to 1: equal control points displace all pixels alike")
  func constantField() throws {
    let points = Tensor<Float>(shape: [3, 5, 5, 5]) { [1, 0, -2][$0[0]] }
    let field = ElasticField(extents: [5, 6, 7], cells: 2, control: points)
    let image = randomFloats([1, 5, 6, 7], seed: 2)
    let still = SpatialTransform(extents: [5, 6, 7], spacing: [1, 1, 1])
    let bent = try still.sampled(image, field)
    for (index, value) in bent.elements.enumerated() {
      let place = bent.shape.index(at: index)
      let expected = image[0, min(place[1] + 1, 4), place[2], max(place[3] - 2, 0)]
      #expect(abs(value - expected) < 1e-6)
    }
  }

  @Test("Everything at once: same seed same bits, labels stay labels", arguments: shapes)
  func everything(shape: Shape) throws {
    let augmentation = try Augmentation(
      parsing: "flip=xyz,rotate=20,scale=0.2,shift=0.1,elastic=0.5,noise=0.05,contrast=0.2,"
        + "brightness=0.1")
    let image = randomFloats(shape, seed: 1)
    let map = labels(shape)
    let results = try [3, 3, 4].map { (seed: UInt64) in
      var source = RandomSource(seed: seed)
      return try augmentation.applied(to: image, labels: map, using: &source)
    }
    #expect(results[0].input == results[1].input && results[0].labels == results[1].labels)
    #expect(results[0].input != results[2].input)
    #expect(results[0].input.shape == shape && results[0].input.isFinite)
    let own = Set(try #require(results[0].labels).elements)
    #expect(own.isSubset(of: Set(map.elements)))
  }

  @Test("Noise, contrast and brightness have the amounts asked for")
  func amounts() throws {
    let image = randomFloats([1, 100, 100], seed: 1)
    func changed(_ text: String, _ seed: UInt64) throws -> Tensor<Float> {
      var source = RandomSource(seed: seed)
      return try Augmentation(parsing: text).applied(to: image, using: &source).input
    }
    let noise = try changed("noise=0.05", 2) - image
    #expect(abs(noise.mean()) < 0.002 && abs(noise.variance().squareRoot() - 0.05) < 0.002)
    let brighter = try changed("brightness=0.3", 3) - image
    #expect(brighter.variance() < 1e-12 && abs(brighter.mean()) <= 0.3 && brighter.mean() != 0)
    let contrast = try changed("contrast=0.4", 4)
    #expect(abs(contrast.mean() - image.mean()) < 1e-5)
    let ratio = (contrast.variance() / image.variance()).squareRoot()
    #expect((0.6...1.4).contains(ratio) && abs(ratio - 1) > 1e-3)
  }

  @Test("Text: what is written reads as the same; strange words and amounts are refused")
  func text() throws {
    let text = "flip=xy,rotate=15.0,scale=0.1,elastic=4.0,cells=5,noise=0.05"
    let augmentation = try Augmentation(parsing: text)
    #expect(augmentation.flips == [0, 1] && augmentation.rotation == 15)
    #expect(augmentation.elasticCells == 5)
    #expect(augmentation.description == text)
    #expect(try Augmentation(parsing: "flip, noise = 0.1").flips == [0])
    #expect(try Augmentation(parsing: "") == Augmentation())
    #expect(Augmentation().description == "none")
    let coded = try JSONDecoder().decode(
      Augmentation.self, from: JSONEncoder().encode(augmentation))
    #expect(coded == augmentation)
    let wrong = [
      ("flop", "'flop'"), ("rotate", "a number for rotate"), ("rotate=x", "a number"),
      ("rotate=200", "from 0 to 180"), ("scale=-0.1", "from 0 to 0.9"), ("noise=nan", "finite"),
      ("flip=xq", "x, y, z, t"), ("flip=xx", "x, y, z, t"), ("noise=1,noise=2", "twice"),
      ("cells=1.5", "whole number"), ("cells=0", "from 1 to 64"),
    ]
    for (text, problem) in wrong {
      let error = refusal { _ = try Augmentation(parsing: text) }
      #expect(error?.kind == .argument)
      #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
    }
  }
}
