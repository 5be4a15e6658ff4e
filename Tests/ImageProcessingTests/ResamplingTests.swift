import Convolutions
import Foundation
import ImageProcessing
import Tensors
import TestSupport
import Testing

@Suite("Warping and resizing")
struct ResamplingTests {
  static func polynomial(_ shape: Shape, _ value: ([Double]) -> Double) -> Tensor<Double> {
    Tensor(shape: shape) { value($0.map(Double.init)) }
  }

  static let borders: [Border] = [.zero, .constant(2), .nearest, .mirror, .symmetric, .wrap]

  @Test("The identity gives every sample back", arguments: Interpolation.allCases)
  func identity(interpolation: Interpolation) throws {
    var random = RandomSource(seed: 1)
    for shape in [[9], [7, 8], [5, 6, 7], [4, 3, 5, 4]] as [Shape] {
      let image = Tensor<Double>.normal(shape: shape, using: &random)
      for border in Self.borders {
        let same = try image.warped(
          by: .identity(dimensions: shape.rank), interpolation: interpolation, border: border)
        #expect(largestDifference(same, image) < 1e-6, "\(shape) \(border)")
        let floats = try Tensor<Float>(image).warped(
          by: .identity(dimensions: shape.rank), interpolation: interpolation, border: border)
        #expect(largestDifference(floats, image) < 1e-5)
      }
    }
  }

  @Test("Single precision's own loops and the definition agree", arguments: Interpolation.allCases)
  func precisions(interpolation: Interpolation) throws {
    var random = RandomSource(seed: 2)
    for shape in [[40, 51], [17, 20, 23]] as [Shape] {
      let image = Tensor<Double>.normal(shape: shape, using: &random)
      let rank = shape.rank
      let matrix = (0..<rank).map { row in
        (0..<rank).map { ($0 == row ? 1 : 0) + random.uniform(in: -0.2..<0.2) }
      }
      let transform = try AffineMap(
        matrix: matrix, offset: (0..<rank).map { Double($0) - 1.3 })
      let field = Tensor<Float>.uniform(shape: [rank] + shape, in: -3..<3, using: &random)
      for border in Self.borders {
        let exact = try image.warped(by: transform, interpolation: interpolation, border: border)
        let fast = try Tensor<Float>(image).warped(
          by: transform, interpolation: interpolation, border: border)
        #expect(largestDifference(exact, fast) < 2e-5, "\(shape) \(border)")
        let displaced = try image.warped(by: field, interpolation: interpolation, border: border)
        let fastDisplaced = try Tensor<Float>(image).warped(
          by: field, interpolation: interpolation, border: border)
        #expect(largestDifference(displaced, fastDisplaced) < 2e-5)
      }
    }
  }

  @Test("Polynomials are reproduced: linear by all, quadratic by Catmull and Rom, cubic by splines")
  func polynomials() throws {
    let shape: Shape = [41, 43]
    let transform = AffineMap.rotation(by: 0.3, dimensions: 2, about: [20, 21])
    let inside = (14..<28)
    func check(_ interpolation: Interpolation, _ value: ([Double]) -> Double) throws {
      let image = Self.polynomial(shape, value)
      let warped = try image.warped(by: transform, interpolation: interpolation, border: .nearest)
      for y in inside {
        for x in inside {
          let expected = value(transform([Double(y), Double(x)]))
          #expect(abs(warped[y, x] - expected) < 1e-6 * max(abs(expected), 1))
        }
      }
    }
    let linear = { (p: [Double]) in 3 * p[0] - 2 * p[1] + 5 }
    for interpolation in Interpolation.allCases where interpolation != .nearest {
      try check(interpolation, linear)
    }
    try check(.catmullRom) { 0.1 * $0[0] * $0[0] - $0[0] * $0[1] + 0.2 * $0[1] * $0[1] }
    try check(.cubic) { (p: [Double]) in
      let (u, v) = (p[0] - 20, p[1] - 21)
      return 0.01 * (u * u * u - 3 * u * v * v) + u * v + 2
    }
  }

  @Test("Whole shifts move samples, and borders fill in")
  func shifts() throws {
    let image = Tensor<Double>(shape: [4]) { Double($0[0] + 1) }
    let shift = AffineMap.translation([-2])
    func row(_ border: Border) throws -> [Double] {
      try image.warped(by: shift, border: border).elements
    }
    #expect(try row(.zero) == [0, 0, 1, 2])
    #expect(try row(.constant(7)) == [7, 7, 1, 2])
    #expect(try row(.nearest) == [1, 1, 1, 2])
    #expect(try row(.mirror) == [3, 2, 1, 2])
    #expect(try row(.symmetric) == [2, 1, 1, 2])
    #expect(try row(.wrap) == [3, 4, 1, 2])
    #expect(
      try image.padded(before: [2], after: [1], border: .mirror).elements == [3, 2, 1, 2, 3, 4, 3])
  }

  @Test("Transforms compose, invert and keep their center")
  func transforms() throws {
    let turn = try AffineMap.rotation(about: [1, 2, 3], by: 0.7, center: [4, 5, 6])
    let stretch = AffineMap.scaling([1, 2, 0.5], about: [1, 1, 1])
    let both = turn.after(stretch)
    let point = [3.0, -1, 2]
    for (first, second) in zip(both(point), turn(stretch(point))) {
      #expect(abs(first - second) < 1e-12)
    }
    for (first, second) in zip(try both.inverse()(both(point)), point) {
      #expect(abs(first - second) < 1e-12)
    }
    for (first, second) in zip(turn([4, 5, 6]), [4.0, 5, 6]) {
      #expect(abs(first - second) < 1e-12)
    }
    // x towards y, seen along z: (x, y) = (1, 0) becomes (0, 1).
    let quarter = try AffineMap.rotation(about: [1, 0, 0], by: .pi / 2)
    #expect(zip(quarter([0, 0, 1]), [0.0, 1, 0]).allSatisfy { abs($0 - $1) < 1e-12 })
    let plane = AffineMap.rotation(by: .pi / 2, dimensions: 2)
    #expect(zip(plane([0, 1]), [1.0, 0]).allSatisfy { abs($0 - $1) < 1e-12 })
    let millimetres = AffineMap.translation([2, 2]).inSamples(spacing: [1, 0.5])
    #expect(millimetres.offset == [2, 4])
    let field = both.displacements(over: [3, 4, 5])
    #expect(abs(Double(field[1, 2, 3, 4]) - (both([2, 3, 4])[1] - 3)) < 1e-5)
  }

  @Test("Shrinking keeps the mean and lets nothing alias; constants stay constant")
  func antialiasing() throws {
    let checks = Tensor<Float>(shape: [64, 64]) { ($0[0] + $0[1]) % 2 == 0 ? 1 : 0 }
    for interpolation in [Interpolation.linear, .cubic, .catmullRom] {
      let small = try checks.resized(to: [16, 16], interpolation: interpolation)
      #expect(small.elements.allSatisfy { abs($0 - 0.5) < 0.02 })
      let flat = try Tensor<Float>(repeating: 3, shape: [11, 17]).resized(
        to: [5, 40], interpolation: interpolation)
      #expect(flat.elements.allSatisfy { abs($0 - 3) < 1e-5 })
    }
    // Pixel centers: halving averages pairs without antialiasing.
    let row = Tensor<Double>([1, 3, 5, 9])
    #expect(try row.resized(to: [2], antialias: false).elements == [2, 7])
    #expect(try row.resized(to: [8]).elements == [1, 1.5, 2.5, 3.5, 4.5, 6, 8, 9])
    let (resampled, spacing) = try Tensor<Float>(zeros: [10, 20, 30]).resampled(
      spacing: [2, 1, 1], to: [1, 1, 1.4])
    #expect(resampled.shape == [20, 20, 21])
    #expect(abs(spacing[2] - 30.0 / 21) < 1e-12)
  }

  @Test("Both precisions resize alike, in any number of axes")
  func resizing() throws {
    var random = RandomSource(seed: 3)
    for (from, to) in [([50], [23]), ([33, 70], [71, 31]), ([9, 20, 37], [13, 11, 50])]
      as [(Shape, Shape)]
    {
      let image = Tensor<Double>.normal(shape: from, using: &random)
      for interpolation in Interpolation.allCases {
        for alignment in GridAlignment.allCases {
          let exact = try image.resized(to: to, interpolation: interpolation, alignment: alignment)
          let fast = try Tensor<Float>(image).resized(
            to: to, interpolation: interpolation, alignment: alignment)
          #expect(largestDifference(exact, fast) < 1e-5)
        }
      }
      let warped = try image.warped(
        by: .scaling((0..<from.rank).map { Double(from[$0]) / Double(to[$0]) }), to: to,
        interpolation: .linear, border: .symmetric)
      #expect(warped.shape == to)
    }
  }

  @Test("Pyramids come together again, and their levels keep a constant and a ramp")
  func pyramids() throws {
    var random = RandomSource(seed: 4)
    for shape in [[37], [33, 40], [9, 12, 17]] as [Shape] {
      let image = Tensor<Double>.normal(shape: shape, using: &random)
      let pyramid = try image.laplacianPyramid(levels: 3)
      let together = try Tensor<Double>(laplacianPyramid: pyramid)
      #expect(largestDifference(together, image) < 1e-12)
    }
    let ramp = Self.polynomial([33, 41]) { 2 * $0[0] + $0[1] }
    let half = try ramp.reduced()
    #expect(half.shape == [17, 21])
    #expect(abs(half[8, 10] - ramp[16, 20]) < 1e-9)
    let double = try half.expanded(to: [33, 41])
    #expect(abs(double[15, 21] - ramp[15, 21]) < 1e-9)
    let volume = Tensor<Float>(repeating: 1, shape: [3, 8, 9])
    #expect(try volume.reduced(axes: 2).shape == [3, 4, 5])
  }

  @Test("What does not fit is refused in a sentence")
  func refusals() throws {
    let image = Tensor<Float>(zeros: [4, 5])
    #expect(throws: FiltersmithError.self) { try image.warped(by: .identity(dimensions: 3)) }
    #expect(throws: FiltersmithError.self) {
      try image.warped(by: .identity(dimensions: 2), border: .valid)
    }
    #expect(throws: FiltersmithError.self) {
      try image.warped(by: Tensor<Float>(repeating: .nan, shape: [2, 4, 5]))
    }
    #expect(throws: FiltersmithError.self) { try image.warped(by: .translation([1e300, 0])) }
    #expect(throws: FiltersmithError.self) { try image.resized(to: [0, 5]) }
    #expect(throws: FiltersmithError.self) {
      try AffineMap(matrix: [[1, 2], [2, 4]]).inverse()
    }
    #expect(throws: FiltersmithError.self) { try AffineMap(matrix: [[1, 2]]) }
  }
}

@Suite("Warping and resizing as SciPy does")
struct ResamplingGoldenTests {
  static let orders: [(name: String, interpolation: Interpolation)] = [
    ("0", .nearest), ("1", .linear), ("3", .cubic),
  ]

  @Test(arguments: ReferenceArrays.all, orders)
  func shift(arrays: ReferenceArrays, order: (name: String, interpolation: Interpolation)) throws {
    let golden = "nd_shift_o\(order.name)"
    guard arrays.has(golden) else { return }
    let image = try arrays("in_image")
    // shift(image, s): output(x) = image(x − s)
    let shifted = try image.warped(
      by: .translation([-1.25, 2.5]), interpolation: order.interpolation, border: .nearest)
    let expected = try arrays(golden)
    // Halves are rounded up by the definition; SciPy's rounding of .5 is seen in order 0.
    #expect(largestDifference(shifted, expected) < 1e-6 * 255)
  }

  @Test(arguments: ReferenceArrays.all, orders)
  func rotation(arrays: ReferenceArrays, order: (name: String, interpolation: Interpolation)) throws
  {
    let golden = "nd_rotate30_o\(order.name)"
    guard arrays.has(golden) else { return }
    let image = try arrays("in_image")
    let expected = try arrays(golden)
    let transform = AffineMap.rotation(
      by: .pi / 6, dimensions: 2, about: image.shape.map { Double($0 - 1) / 2 })
    let turned = try image.warped(
      by: transform, interpolation: order.interpolation, border: .mirror)
    // SciPy gives 0 wherever the position lies beyond the outermost samples.
    var worst = 0.0
    image.shape.forEachIndex { index in
      let position = transform(index.map(Double.init))
      if zip(position, image.shape).allSatisfy({ $0 >= 0 && $0 <= Double($1 - 1) }) {
        worst = max(worst, abs(turned[index] - expected[index]))
      }
    }
    #expect(worst < 1e-6 * 255)
  }

  @Test(arguments: ReferenceArrays.all, orders)
  func zoom(arrays: ReferenceArrays, order: (name: String, interpolation: Interpolation)) throws {
    let golden = "nd_zoom1.7_o\(order.name)"
    guard arrays.has(golden) else { return }
    let image = try arrays("in_image").sliced([0..<40, 0..<30])
    let expected = try arrays(golden)
    let zoomed = try image.resized(
      to: [68, 51], interpolation: order.interpolation, alignment: .corners, border: .mirror)
    #expect(largestDifference(zoomed, expected) < 1e-6 * 255)
  }
}
