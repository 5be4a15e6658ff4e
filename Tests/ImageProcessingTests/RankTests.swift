import Convolutions
import Foundation
import ImageProcessing
import Tensors
import TestSupport
import Testing

@Suite("Ranks and morphology")
struct RankTests {
  static let borders: [Border] = [.constant(3), .nearest, .mirror, .symmetric, .wrap]

  /// The neighbourhood of every sample, sorted, by the definition.
  static func sorted(
    _ image: Tensor<Double>, _ element: StructuringElement, _ border: Border
  ) throws -> [[Double]] {
    let reach = element.extents.map { $0 / 2 }
    let after = element.extents.map { $0 - 1 - $0 / 2 }
    let padded = try image.padded(before: reach, after: after, border: border)
    var result: [[Double]] = []
    image.shape.forEachIndex { index in
      var values: [Double] = []
      element.members.shape.forEachIndex { member in
        if element.members[member] { values.append(padded[zip(index, member).map { $0 + $1 }]) }
      }
      result.append(values.sorted())
    }
    return result
  }

  static func neighborhoods(_ rank: Int) throws -> [StructuringElement] {
    let boxes: [[Int]] =
      rank == 1
      ? [[3], [4], [9]]
      : rank == 2
        ? [[3, 3], [5, 5], [2, 7], [1, 6], [11, 11], [6, 1]] : [[3, 3, 3], [2, 1, 5]]
    return try boxes.map { try .box($0) } + [
      .neighbors(dimensions: rank), .ball(radius: 2.3, spacing: Array(repeating: 1, count: rank)),
    ]
  }

  @Test("Ranks are those of the sorted neighbourhood", arguments: [1, 2, 3])
  func definition(rank: Int) throws {
    var random = RandomSource(seed: 5)
    let shape: Shape = [[61], [17, 53], [7, 9, 14]][rank - 1]
    // Whole numbers from few, so that there are many equal ones.
    let image = Tensor<Double>(shape: shape) { _ in Double(random.integer(below: 12)) - 4 }
    for element in try Self.neighborhoods(rank) {
      for border in Self.borders {
        let expected = try Self.sorted(image, element, border)
        let n = element.count
        let singles = Tensor<Float>(image)
        let name = "\(element.extents) \(border)"
        #expect(
          try image.median(over: element, border: border).elements == expected.map { $0[n / 2] },
          "\(name)")
        #expect(
          try Tensor<Double>(singles.median(over: element, border: border)).elements
            == expected.map { $0[n / 2] }, "\(name)")
        let percent = try singles.percentile(30, over: element, border: border)
        #expect(
          Tensor<Double>(percent).elements == expected.map { $0[Int(Double(n) * 0.3)] }, "\(name)")
        let low = try singles.minimum(over: element, border: border)
        let high = try image.maximum(over: element, border: border)
        #expect(Tensor<Double>(low).elements == expected.map { $0[0] }, "\(name)")
        #expect(high.elements == expected.map { $0[n - 1] }, "\(name)")
      }
    }
  }

  @Test(
    "Images of bytes, whole or divided by 255, are filtered as all others", arguments: [255, 1])
  func levels(scale: Float) throws {
    var random = RandomSource(seed: 8)
    // Wider than a tile, and a stack of two images.
    let image = Tensor<Float>(shape: [2, 37, 230]) { index in
      let slope = 20 * index[0] + 3 * index[1] + index[2] / 2
      return Float((slope + Int(random.integer(below: 60))) % 256) / scale
    }
    let boxes = [[7, 7], [11, 11], [1, 9], [8, 3], [31, 21]]
    for element in try boxes.map({ try StructuringElement.box($0) }) {
      for border in Self.borders {
        for percent in [50.0, 20, 93] {
          let result = try image.percentile(percent, over: element, border: border)
          let general = try Tensor<Double>(image).percentile(percent, over: element, border: border)
          #expect(
            Tensor<Double>(result) == general, "\(element.extents), \(border), \(percent) %")
        }
      }
    }
    // One number that is no level, far from the first ones.
    var other = image
    other[1, 36, 229] = 0.3333
    let box = try StructuringElement.box([9, 9])
    #expect(
      try Tensor<Double>(other.median(over: box)) == Tensor<Double>(other).median(over: box))
  }

  @Test("Sorting networks and the general filter agree at every level of the processor")
  func networks() throws {
    var random = RandomSource(seed: 6)
    let image = Tensor<Float>.normal(shape: [70, 131], using: &random)
    for size in [3, 5] {
      let expected = try Tensor<Double>(image).median(size: [size, size])
      try forEachSIMDLevel { level in
        let result = try image.median(size: [size, size])
        #expect(Tensor<Double>(result) == expected, "\(level)")
      }
    }
  }

  @Test("Erosion and dilation are dual; openings are smaller, closings larger, and both idempotent")
  func algebra() throws {
    var random = RandomSource(seed: 7)
    let image = Tensor<Float>.normal(shape: [40, 45], using: &random)
    // A lopsided element, so that reflections are seen.
    let lopsided = try StructuringElement(
      members: Tensor(
        shape: [3, 3], elements: [true, true, false, false, true, false, false, false, true]))
    for element in [lopsided, try .box([3, 5]), try .ball(radius: 3, spacing: [1, 1])] {
      let border = Border.wrap
      let eroded = try image.eroded(by: element, border: border)
      let mirrored = try StructuringElement(members: element.members.flipped())
      let dual = try image.map { -$0 }.dilated(by: mirrored, border: border).map { -$0 }
      #expect(eroded == dual)
      let opened = try image.opened(by: element, border: border)
      let closed = try image.closed(by: element, border: border)
      #expect(zip(opened.elements, image.elements).allSatisfy { $0 <= $1 })
      #expect(zip(closed.elements, image.elements).allSatisfy { $0 >= $1 })
      #expect(try opened.opened(by: element, border: border) == opened)
      #expect(try closed.closed(by: element, border: border) == closed)
      #expect(try image.topHat(by: element, border: border).elements.allSatisfy { $0 >= 0 })
      #expect(try image.blackTopHat(by: element, border: border).elements.allSatisfy { $0 >= 0 })
    }
    var spot = Tensor<Float>(zeros: [9, 9])
    spot[4, 4] = 1
    let spread = try spot.dilated(by: lopsided)
    lopsided.members.shape.forEachIndex { index in
      #expect((spread[3 + index[0], 3 + index[1]] == 1) == lopsided.members[index])
    }
  }

  @Test("Reconstruction is the limit of geodesic dilations; holes and basins fill")
  func reconstruction() throws {
    var random = RandomSource(seed: 8)
    for shape in [[60], [20, 23], [7, 8, 9]] as [Shape] {
      let mask = try Tensor<Double>.normal(shape: shape, using: &random)
        .median(size: Array(repeating: 3, count: shape.rank))
      let marker = mask.map { $0 - 0.7 }
      for connectivity in 1...shape.rank {
        let element = try StructuringElement.neighbors(
          connectivity: connectivity, dimensions: shape.rank)
        var expected = marker
        while true {
          let next = try expected.dilated(by: element).zip(with: mask) { min($0, $1) }
          if next == expected { break }
          expected = next
        }
        #expect(try marker.reconstructed(under: mask, connectivity: connectivity) == expected)
      }
    }
    var ring = Tensor(repeating: false, shape: [7, 7])
    for k in 1...5 { for (y, x) in [(1, k), (5, k), (k, 1), (k, 5)] { ring[y, x] = true } }
    #expect(try ring.holesFilled().elements.filter { $0 }.count == 25)
    let basin = ring.map { $0 ? Float(2) : 1 }
    #expect(try basin.basinsFilled()[3, 3] == 2)
    #expect(try basin.basinsFilled()[0, 0] == 1)
    #expect(throws: FiltersmithError.self) { try basin.reconstructed(under: basin - 1) }
  }

  @Test("Neighbourhoods that do not fit are refused")
  func refusals() throws {
    let image = Tensor<Float>(zeros: [4, 5])
    #expect(throws: FiltersmithError.self) { try image.median(size: [3, 3, 3]) }
    #expect(throws: FiltersmithError.self) { try image.median(size: [0, 3]) }
    #expect(throws: FiltersmithError.self) { try image.median(size: [3, 3], border: .valid) }
    #expect(throws: FiltersmithError.self) { try image.percentile(101, over: .box([3, 3])) }
    #expect(throws: FiltersmithError.self) {
      try StructuringElement.neighbors(connectivity: 3, dimensions: 2)
    }
  }
}

@Suite("Ranks and morphology as SciPy does")
struct RankGoldenTests {
  /// A result in both precisions beside a golden array.
  static func compare(
    _ arrays: ReferenceArrays, _ name: String, input: String = "in_image", tolerance: Double = 0,
    _ body: (Tensor<Double>) throws -> Tensor<Double>
  ) throws {
    guard arrays.has(name) else { return }
    let result = try body(arrays(input))
    #expect(largestDifference(result, try arrays(name)) <= tolerance, "\(name)")
  }

  @Test(arguments: ReferenceArrays.all)
  func ranks(_ arrays: ReferenceArrays) throws {
    for size in [3, 5, 11] {
      try Self.compare(arrays, "nd_median\(size)") { try $0.median(size: [size, size]) }
      try Self.compare(arrays, "nd_median\(size)") {
        Tensor<Double>(try Tensor<Float>($0).median(size: [size, size]))
      }
    }
    try Self.compare(arrays, "nd3_median3", input: "in_volume") { try $0.median(size: [3, 3, 3]) }
    try Self.compare(arrays, "nd_min3x5") { try $0.minimum(over: .box([3, 5])) }
    try Self.compare(arrays, "nd_max3x5") { try $0.maximum(over: .box([3, 5])) }
    try Self.compare(arrays, "nd_pct30_5") { try $0.percentile(30, over: .box([5, 5])) }
  }

  @Test(arguments: ReferenceArrays.all)
  func greyMorphology(_ arrays: ReferenceArrays) throws {
    let box = try StructuringElement.box([5, 5])
    try Self.compare(arrays, "nd_grey_erosion5") { try $0.eroded(by: box) }
    try Self.compare(arrays, "nd_grey_dilation5") { try $0.dilated(by: box) }
    try Self.compare(arrays, "nd_grey_opening5") { try $0.opened(by: box) }
    try Self.compare(arrays, "nd_grey_closing5") { try $0.closed(by: box) }
    try Self.compare(arrays, "nd_white_tophat5") { try $0.topHat(by: box) }
    try Self.compare(arrays, "nd_black_tophat5") { try $0.blackTopHat(by: box) }
    try Self.compare(arrays, "nd_morphological_gradient5") { try $0.morphologicalGradient(by: box) }
    try Self.compare(arrays, "sk_reconstruction") { try ($0 - 40).reconstructed(under: $0) }
  }

  @Test(arguments: ReferenceArrays.all)
  func binaryMorphology(_ arrays: ReferenceArrays) throws {
    let cross = try StructuringElement.neighbors(dimensions: 2)
    func compare(_ name: String, _ body: (Tensor<Bool>) throws -> Tensor<Bool>) throws {
      try Self.compare(arrays, name, input: "in_binary") { image in
        try body(image.map { $0 > 0 }).map { $0 ? 1 : 0 }
      }
    }
    try compare("nd_binary_erosion") { try $0.eroded(by: cross) }
    try compare("nd_binary_dilation") { try $0.dilated(by: cross) }
    try compare("nd_binary_opening") { try $0.opened(by: cross) }
    try compare("nd_binary_closing") { try $0.closed(by: cross) }
    try compare("nd_binary_fill_holes") { try $0.holesFilled() }
  }
}
