import Tensors
import TestSupport
import Testing

@testable import Convolutions

/// One or many fields filtered by one or several small kernels, and the plans that are kept.
@Suite struct FilteringTests {
  private func normal<Scalar: ConvolutionScalar>(
    _ shape: Shape, seed: UInt64, as _: Scalar.Type = Scalar.self
  ) -> Tensor<Scalar> {
    var source = RandomSource(seed: seed)
    return Tensor<Scalar>(Tensor<Double>.normal(shape: shape, using: &source))
  }

  /// y[field, f, o] = Σ_k w[f, k] x[field, o · stride + k − c], written out.
  private func written(
    _ fields: Tensor<Double>, _ kernels: Tensor<Double>, _ border: Border, center: [Int],
    stride: [Int]
  ) throws -> Tensor<Double> {
    let axes = kernels.rank - 1
    let leading = Array(fields.shape.dimensions.dropLast(axes))
    let space = Array(fields.shape.dimensions.suffix(axes))
    let taps = Shape(Array(kernels.shape.dimensions.dropFirst()))
    let outputs = zip(space, stride).map { ($0 + $1 - 1) / $1 }
    return Tensor(shape: Shape(leading + [kernels.shape[0]] + outputs)) { index in
      var sum = 0.0
      taps.forEachIndex { tap in
        let place = (0..<axes).map { axis -> Int? in
          border.source(
            of: index[leading.count + 1 + axis] * stride[axis] + tap[axis] - center[axis],
            extent: space[axis])
        }
        guard !place.contains(nil) else { return }
        sum +=
          kernels[[index[leading.count]] + tap]
          * fields[Array(index.prefix(leading.count)) + place.compactMap { $0 }]
      }
      return sum
    }
  }

  @Test(arguments: [Border.mirror, .zero, .nearest, .symmetric, .wrap])
  func axesBeforeSpaceAreFields(_ border: Border) throws {
    try checkFields(border, Double.self, tolerance: 1e-12)
    try checkFields(border, Float.self, tolerance: 1e-5)
  }

  private func checkFields<Scalar: ConvolutionScalar>(
    _ border: Border, _: Scalar.Type, tolerance: Double
  ) throws {
    let cases: [(fields: Shape, kernels: Shape, center: [Int]?, stride: [Int]?)] = [
      ([2, 3, 9, 11], [4, 3, 5], nil, nil), ([2, 3, 9, 11], [1, 3, 5], [0, 4], [2]),
      ([3, 17], [2, 5], nil, [3]), ([13], [1, 4], nil, nil),
      ([2, 6, 7, 8], [2, 3, 1, 3], nil, [1, 2, 2]),
    ]
    for (number, item) in cases.enumerated() {
      let fields: Tensor<Scalar> = normal(item.fields, seed: UInt64(number))
      let kernels: Tensor<Scalar> = normal(item.kernels, seed: UInt64(number) + 50)
      let found = try fields.filtered(
        by: kernels, border: border, center: item.center, stride: item.stride)
      let taps = Array(item.kernels.dimensions.dropFirst())
      let stride = item.stride ?? [1]
      let expected = try written(
        Tensor<Double>(fields), Tensor<Double>(kernels), border,
        center: item.center ?? taps.map { $0 / 2 },
        stride: stride.count == 1 ? taps.map { _ in stride[0] } : stride)
      #expect(found.shape == expected.shape)
      #expect(largestDifference(found, expected) < tolerance)
    }
  }

  @Test func bordersDecideTheExtents() throws {
    let fields: Tensor<Float> = normal([2, 8, 9], seed: 1)
    let kernels: Tensor<Float> = normal([3, 3, 5], seed: 2)
    #expect(try fields.filtered(by: kernels, border: .valid).shape == [2, 3, 6, 5])
    #expect(try fields.filtered(by: kernels, border: .full).shape == [2, 3, 10, 13])
  }

  @Test func misfitsAreRefused() throws {
    let field: Tensor<Float> = normal([8, 9], seed: 1)
    for shape: Shape in [[3], [1, 3, 3, 3], []] {
      let error = refusal { _ = try field.filtered(by: Tensor(repeating: 1, shape: shape)) }
      #expect(error?.kind == .shape)
      #expect(error?.message.contains("\(shape)") == true)
    }
  }

  /// A plan that is kept serves its own kernel, convolution, algorithm and tolerance alone, and gives
  /// the bits of one made for the call.
  @Test func keptPlansGiveTheSameBits() throws {
    for border in [Border.mirror, .zero] {
      for algorithm in [Algorithm.automatic, .plain, .separable, .fourier, .measured] {
        for seed: UInt64 in [1, 2] {
          let image: Tensor<Float> = normal([21, 22], seed: seed)
          let row: Tensor<Double> = normal([5], seed: seed)
          let kernel = Tensor<Float>(outerProductOf: [row.elements, row.elements])
          let first = try image.filtered(by: kernel, border: border, algorithm: algorithm)
          #expect(try image.filtered(by: kernel, border: border, algorithm: algorithm) == first)
          guard algorithm != .measured else { continue }
          let fresh = try Convolution(
            input: [1, 1, 21, 22], kernel: [1, 1, 5, 5], border: border
          ).plan(algorithm, kernel: kernel.reshaped(to: [1, 1, 5, 5])).forward(
            image.reshaped(to: [1, 1, 21, 22]))
          #expect(fresh.elements == first.elements)
        }
      }
    }
  }

  @Test func theLastPlansAreKept() throws {
    let plans = RecentPlans()
    let convolution = try Convolution(input: [1, 1, 16, 16], kernel: [1, 1, 3, 3])
    func plan(_ value: Float, _ algorithm: Algorithm = .automatic) throws {
      _ = try plans.plan(
        of: convolution, kernel: Tensor(repeating: value, shape: convolution.kernel),
        algorithm: algorithm, tolerance: 0)
    }
    try plan(1)
    try plan(1)
    #expect(plans.count == 1)
    try plan(2)
    try plan(1, .plain)
    #expect(plans.count == 3)
    // A zero of the other sign is another kernel: its products differ in their signs.
    try plan(0)
    try plan(-0.0)
    #expect(plans.count == 5)
    for value in 0..<40 { try plan(Float(value) + 10) }
    #expect(plans.count == RecentPlans.capacity)
    let large = try Convolution(input: [1, 1, 64, 64], kernel: [1, 1, 33, 33])
    let others = RecentPlans()
    _ = try others.plan(
      of: large, kernel: Tensor<Float>(repeating: 1, shape: large.kernel), algorithm: .automatic,
      tolerance: 0)
    #expect(others.count == 0)
  }

  @Test func threadsMayShareThePlans() throws {
    let image: Tensor<Double> = normal([12, 13], seed: 5)
    let kernels = (0..<24).map { normal([1, 3, 3], seed: UInt64($0), as: Double.self) }
    let expected = try kernels.map { try image.filtered(by: $0, algorithm: .plain) }
    let found = [Tensor<Double>?](unsafeUninitializedCapacity: 480) { buffer, count in
      let target = SharedPointer(buffer)
      parallelFor(480) { call in
        (target.pointer + call).initialize(
          to: try? image.filtered(by: kernels[call % 24], algorithm: .plain))
      }
      count = 480
    }
    for (call, result) in found.enumerated() { #expect(result == expected[call % 24]) }
  }
}
