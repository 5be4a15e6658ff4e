import Foundation
import ImageProcessing
import Tensors
import TestSupport
import Testing

@Suite("Distances and connected parts")
struct RegionTests {
  static func noise(_ shape: Shape, _ part: Double, seed: UInt64) -> Tensor<Bool> {
    var random = RandomSource(seed: seed)
    return Tensor(shape: shape) { _ in random.uniform() < part }
  }

  @Test("Distances are those to the nearest false sample", arguments: DistanceMetric.allCases)
  func distances(metric: DistanceMetric) throws {
    let cases: [(Shape, [Double])] = [
      ([40], [1]), ([19, 23], [1, 1]), ([19, 23], [2, 0.5]), ([7, 9, 11], [1, 1.5, 0.7]),
      ([3, 4, 5, 6], [1, 1, 1, 1]),
    ]
    for (shape, spacing) in cases {
      for part in [0.5, 0.97] {
        let image = Self.noise(shape, part, seed: UInt64(shape.elementCount))
        var zeros: [[Int]] = []
        shape.forEachIndex { if !image[$0] { zeros.append($0) } }
        guard !zeros.isEmpty else { continue }
        let result = try image.distances(metric, spacing: spacing)
        shape.forEachIndex { index in
          let steps = zeros.map { zero in
            zip(zip(index, zero), spacing).map { abs(Double($0.0 - $0.1)) * $1 }
          }
          let expected =
            steps.map { steps in
              switch metric {
              case .euclidean: steps.reduce(0) { $0 + $1 * $1 }.squareRoot()
              case .taxicab: steps.reduce(0, +)
              case .chessboard: steps.max() ?? 0
              }
            }.min() ?? 0
          #expect(abs(Double(result[index]) - expected) < 1e-5 * max(expected, 1))
        }
      }
    }
    let full = Tensor(repeating: true, shape: [5, 6])
    #expect(try full.distances(metric).elements.allSatisfy { $0 == .infinity })
    #expect(throws: FiltersmithError.self) { try full.distances(metric, spacing: [1]) }
  }

  /// Parts by flooding, numbered in the order of their first samples.
  static func flooded(_ image: Tensor<Bool>, _ connectivity: Int) -> Tensor<Int32> {
    var labels = Tensor<Int32>(zeros: image.shape)
    var next: Int32 = 0
    var offsets: [[Int]] = []
    Shape(Array(repeating: 3, count: image.rank)).forEachIndex { index in
      let offset = index.map { $0 - 1 }
      let steps = offset.reduce(0) { $0 + abs($1) }
      if steps >= 1, steps <= connectivity { offsets.append(offset) }
    }
    image.shape.forEachIndex { start in
      guard image[start], labels[start] == 0 else { return }
      next += 1
      var stack = [start]
      labels[start] = next
      while let here = stack.popLast() {
        for offset in offsets {
          let other = zip(here, offset).map { $0 + $1 }
          guard zip(other, image.shape).allSatisfy({ $0 >= 0 && $0 < $1 }), image[other],
            labels[other] == 0
          else { continue }
          labels[other] = next
          stack.append(other)
        }
      }
    }
    return labels
  }

  @Test("Parts are those that flooding finds, in the same order", arguments: [0.3, 0.5, 0.65, 0.9])
  func components(part: Double) throws {
    for shape in [[70], [1, 1], [33, 41], [150, 30], [9, 10, 17], [4, 5, 6, 7]] as [Shape] {
      let image = Self.noise(shape, part, seed: 9)
      for connectivity in 1...shape.rank {
        let found = try ConnectedComponents(of: image, connectivity: connectivity)
        let expected = Self.flooded(image, connectivity)
        #expect(found.labels == expected, "\(shape) \(connectivity)")
        #expect(found.count == Int(expected.max() ?? 0))
      }
    }
  }

  @Test("An ellipsoid has the axes, the middle and the size it was drawn with")
  func properties() throws {
    let angle = 0.4
    let image = Tensor<Bool>(shape: [81, 101]) { index in
      let (y, x) = (Double(index[0]) - 38, Double(index[1]) - 52)
      let (along, across) = (x * cos(angle) + y * sin(angle), y * cos(angle) - x * sin(angle))
      return along * along / 900 + across * across / 100 <= 1
    }
    let parts = try ConnectedComponents(of: image).properties(
      intensities: image.map { $0 ? 3 : 0 })
    let part = try #require(parts.first)
    #expect(parts.count == 1)
    #expect(abs(part.size - .pi * 300) < 10)
    #expect(abs(part.centroid[0] - 38) < 0.05 && abs(part.centroid[1] - 52) < 0.05)
    #expect(abs(part.axisLengths[0] - 60) < 0.5 && abs(part.axisLengths[1] - 20) < 0.5)
    #expect(abs(part.eccentricity - (1.0 - 1.0 / 9).squareRoot()) < 0.01)
    // From y towards x.
    let orientation = try #require(part.orientation)
    #expect(abs(orientation - (.pi / 2 - angle)) < 0.01)
    #expect(part.meanIntensity == 3 && part.intensityRange == [3, 3])
    #expect(part.end[1] - part.start[1] <= 61)

    let ball = Tensor<Bool>(shape: [21, 41, 41]) { index in
      let (z, y, x) = (Double(index[0] - 10) * 2, Double(index[1] - 20), Double(index[2] - 20))
      return z * z + y * y + x * x <= 225
    }
    let measured = try ConnectedComponents(of: ball).properties(spacing: [2, 1, 1])[0]
    #expect(abs(measured.size - 4.0 / 3 * .pi * 3375) < 0.01 * 14137)
    for length in measured.axisLengths { #expect(abs(length - 30) < 0.5) }
    let spots = try ConnectedComponents(of: Self.noise([40, 40], 0.4, seed: 3))
    let large = spots.filtered { $0 >= 5 }
    #expect(try large.properties().allSatisfy { $0.sampleCount >= 5 })
    #expect(try large.properties().count == large.count)
  }
}

@Suite("Distances and parts as SciPy does")
struct RegionGoldenTests {
  @Test(arguments: ReferenceArrays.all)
  func distances(_ arrays: ReferenceArrays) throws {
    let coins = try arrays("in_binary").map { $0 > 0 }
    func compare(
      _ name: String, _ image: Tensor<Bool>, _ metric: DistanceMetric, _ spacing: [Double]? = nil
    ) throws {
      guard arrays.has(name) else { return }
      let result = try image.distances(metric, spacing: spacing)
      #expect(largestDifference(result, try arrays(name)) < 1e-5, "\(name)")
    }
    try compare("nd_edt", coins, .euclidean)
    try compare("nd_edt_aniso", coins, .euclidean, [2, 0.5])
    try compare("nd_cdt_chess", coins, .chessboard)
    try compare("nd_cdt_taxi", coins, .taxicab)
    try compare("nd3_edt", arrays("in_volume").map { $0 > 500 }, .euclidean)
  }

  @Test(arguments: ReferenceArrays.all)
  func labels(_ arrays: ReferenceArrays) throws {
    let coins = try arrays("in_binary").map { $0 > 0 }
    let volume = try arrays("in_volume").map { $0 > 600 }
    for (name, image, connectivity) in [
      ("nd_label4", coins, 1), ("nd_label8", coins, 2), ("nd3_label6", volume, 1),
      ("nd3_label26", volume, 3),
    ] where arrays.has(name) {
      let labels = try ConnectedComponents(of: image, connectivity: connectivity).labels
      #expect(largestDifference(labels.map { Double($0) }, try arrays(name)) == 0, "\(name)")
    }
  }

  /// label, area, centroid, bounding box, eccentricity, orientation, axes, mean, perimeter.
  @Test(arguments: ReferenceArrays.all)
  func regions(_ arrays: ReferenceArrays) throws {
    guard arrays.has("sk_regions") else { return }
    let coins = try arrays("in_binary").map { $0 > 0 }
    let expected = try arrays("sk_regions")
    let regions = try ConnectedComponents(of: coins, connectivity: 2).properties(
      intensities: Tensor<Float>(arrays("in_coins")))
    #expect(regions.count == expected.shape[0])
    for (row, region) in regions.enumerated() {
      func golden(_ column: Int) -> Double { expected[row, column] }
      #expect(Double(region.sampleCount) == golden(1))
      #expect(
        abs(region.centroid[0] - golden(2)) < 1e-9 && abs(region.centroid[1] - golden(3)) < 1e-9)
      #expect((region.start + region.end).map(Double.init) == (4..<8).map(golden))
      #expect(abs(region.axisLengths[0] - golden(10)) < 1e-6)
      #expect(abs(region.axisLengths[1] - golden(11)) < 1e-6)
      #expect(abs((region.meanIntensity ?? 0) - golden(12)) < 1e-6)
      // Single samples have neither.
      if golden(10) > 0, golden(8) > 0 {
        #expect(abs(region.eccentricity - golden(8)) < 1e-6)
        let turn = abs((region.orientation ?? 0) - golden(9)).truncatingRemainder(dividingBy: .pi)
        #expect(min(turn, .pi - turn) < 1e-6)
      }
    }
  }
}
