import Foundation
import Tensors
import TestSupport
import Testing

@testable import Convolutions

/// Kernels as sums of outer products, exactly and to within a tolerance.
@Suite struct OuterProductTests {
  /// The sum of some random outer products.
  static func kernel(_ taps: [Int], terms: Int, seed: UInt64) -> Tensor<Double> {
    var source = RandomSource(seed: seed)
    let factors = (0..<terms).map { _ in
      taps.map { Tensor<Double>.normal(shape: [$0], using: &source).elements }
    }
    return Tensor(shape: Shape(taps)) { index in
      factors.reduce(0) { sum, term in
        sum + taps.indices.reduce(1) { $0 * term[$1][index[$1]] }
      }
    }
  }

  /// What the terms add up to.
  static func sum(_ terms: [[[Double]]], _ taps: [Int]) -> Tensor<Double> {
    Tensor(shape: Shape(taps)) { index in
      terms.reduce(0) { sum, term in
        sum + taps.indices.reduce(1) { $0 * term[$1][index[$1]] }
      }
    }
  }

  static func decomposed(
    _ kernel: Tensor<Double>, tolerance: Double = 0, limit: Int = .max
  ) -> OuterProductSum? {
    kernel.withUnsafeElements {
      OuterProductSum($0, taps: kernel.shape.dimensions, tolerance: tolerance, limit: limit)
    }
  }

  @Test func ranksAreFound() throws {
    for terms in 1...4 {
      let flat = Self.kernel([9, 12], terms: terms, seed: 3)
      #expect(try #require(Self.decomposed(flat)).terms.count == terms)
      // Rounded to single precision, and examined as such.
      let rounded = Tensor<Float>(flat)
      let sum = rounded.withUnsafeElements { OuterProductSum($0, taps: [9, 12], tolerance: 0) }
      #expect(try #require(sum).terms.count == terms)
      #expect(Self.decomposed(flat, limit: terms - 1) == nil)
    }
    let noise = Self.kernel([6, 5], terms: 30, seed: 1)
    #expect(try #require(Self.decomposed(noise)).terms.count == 5)
    let volume = Self.kernel([5, 6, 7], terms: 1, seed: 2)
    #expect(try #require(Self.decomposed(volume)).terms.count == 1)
    // Large kernels are looked at in part first.
    for terms in [3, 20] {
      let large = Self.kernel([150, 130], terms: terms, seed: 9)
      #expect(try #require(Self.decomposed(large, limit: 20)).terms.count == terms)
      #expect(Self.decomposed(large, limit: terms - 1) == nil)
      let near = try large + Self.kernel([150, 130], terms: 40, seed: 8) * 1e-5
      #expect(Self.decomposed(near, limit: 20) == nil)
      #expect(try #require(Self.decomposed(near, tolerance: 1e-3, limit: 20)).terms.count == terms)
    }
    // The Laplacian of a Gaussian: one term per axis, each of which has rank 2 in the others.
    let laplacian = Tensor<Double>(shape: [9, 9]) { index in
      let (y, x) = (Double(index[0] - 4), Double(index[1] - 4))
      return (x * x + y * y - 4) * exp(-(x * x + y * y) / 4)
    }
    #expect(try #require(Self.decomposed(laplacian)).terms.count == 2)
  }

  /// The terms add up to the kernel but for exactly the error that is stated, which is within the
  /// tolerance.
  @Test(arguments: [0, 1e-6, 1e-3, 0.05, 0.3, 1])
  func statedErrorsAreTrue(_ tolerance: Double) throws {
    let kernels = [
      Self.kernel([7, 9], terms: 20, seed: 4), Self.kernel([5, 4, 6], terms: 30, seed: 5),
      Self.kernel([3, 4, 3, 5], terms: 40, seed: 6),
      try Self.kernel([9, 9], terms: 1, seed: 7) + Self.kernel([9, 9], terms: 9, seed: 8) * 1e-4,
    ]
    for kernel in kernels {
      let sum = try #require(Self.decomposed(kernel, tolerance: tolerance))
      let difference = try Self.sum(sum.terms, kernel.shape.dimensions) - kernel
      let error = difference.norm() / kernel.norm()
      #expect(abs(error - sum.error) <= 1e-13)
      #expect(sum.error <= max(tolerance, 64 * Double.ulpOfOne))
    }
  }

  @Test func extremesAreHandled() throws {
    let zero = Tensor<Double>(zeros: [4, 5])
    #expect(try #require(Self.decomposed(zero)).terms.count == 1)
    var wild = Self.kernel([4, 5], terms: 2, seed: 1)
    wild[1, 1] = .infinity
    #expect(Self.decomposed(wild) == nil)
    let convolution = try Convolution(input: [1, 1, 9, 9], kernel: [1, 1, 4, 5])
    let kernel = try wild.reshaped(to: [1, 1, 4, 5])
    #expect(throws: FiltersmithError.self) { try convolution.plan(.lowRank, kernel: kernel) }
    // A kernel given when running has the same form taken of it, whatever its rank.
    let plan = try convolution.plan(
      .separable, kernel: Self.kernel([4, 5], terms: 1, seed: 1).reshaped(to: [1, 1, 4, 5]))
    var source = RandomSource(seed: 1)
    let image = Tensor<Double>.normal(shape: [1, 1, 9, 9], using: &source)
    let full = try Self.kernel([4, 5], terms: 9, seed: 2).reshaped(to: [1, 1, 4, 5])
    let expected = try convolution.plan(.plain, kernel: full).forward(image)
    #expect(try relativeError(plan.forward(image, kernel: full), expected) <= 1e-13)
    #expect(try plan.forward(image, kernel: kernel).elements.contains { !$0.isFinite })
  }

  /// |Δy| ≤ tolerance · ‖kernel‖ · ‖samples under the kernel‖.
  @Test func outputsStayWithinTheTolerance() throws {
    let convolution = try Convolution(input: [1, 1, 40, 50], kernel: [1, 1, 15, 13])
    let kernel = try Tensor<Float>(
      (Self.kernel([15, 13], terms: 2, seed: 5) + Self.kernel([15, 13], terms: 20, seed: 6) * 1e-2)
        .reshaped(to: convolution.kernel))
    var source = RandomSource(seed: 1)
    let image = Tensor<Float>.normal(shape: convolution.input, using: &source)
    let exact = try convolution.plan(.plain, kernel: Tensor<Double>(kernel))
      .forward(Tensor<Double>(image))
    let squares = Tensor<Double>(shape: image.shape) { Double(image[$0] * image[$0]) }
    let energies = try convolution.plan(
      .plain, kernel: Tensor<Double>(repeating: 1, shape: convolution.kernel)
    ).forward(squares)
    var terms: [Int] = []
    for tolerance in [0, 0.01, 0.1] {
      let plan = try convolution.plan(.lowRank, kernel: kernel, tolerance: tolerance)
      let output = try Tensor<Double>(plan.forward(image))
      let norm = Tensor<Double>(kernel).norm()
      for (index, value) in output.elements.enumerated() {
        let allowed = (tolerance + 1e-6) * norm * energies.elements[index].squareRoot()
        #expect(abs(value - exact.elements[index]) <= allowed)
      }
      let sum = kernel.withUnsafeElements {
        OuterProductSum($0, taps: [15, 13], tolerance: tolerance)
      }
      terms.append(try #require(sum).terms.count)
    }
    #expect(terms[0] == 13)
    #expect(terms[1] < terms[0])
    #expect(terms[2] == 2)
  }

  @Test func plansTellWhatTheKernelIs() throws {
    let convolution = try Convolution(input: [1, 1, 300, 300], kernel: [1, 1, 31, 31])
    let kernel = try Tensor<Float>(
      Self.kernel([31, 31], terms: 2, seed: 5).reshaped(to: convolution.kernel))
    let plan = try convolution.plan(for: [.forward, .inputGradient], kernel: kernel)
    #expect(try plan.algorithm(for: .forward) == .lowRank)
    #expect(try plan.algorithm(for: .inputGradient) == .lowRank)
    #expect("\(plan.explanation)".contains("2 outer products, kernel error"))
    for tolerance in [-0.1, 1.5, .nan] {
      #expect(throws: FiltersmithError.self) {
        try convolution.plan(kernel: kernel, tolerance: tolerance)
      }
    }
  }

  /// Several terms, channels and filters, boxes along every axis; every instruction set.
  @Test func passesAgreeWithPlainLoops() throws {
    let shapes: [(Shape, Shape, [Int]?, Int)] = [
      ([1, 1, 230, 301], [1, 1, 9, 7], nil, 1), ([2, 2, 40, 90], [3, 2, 5, 21], nil, 1),
      ([1, 4, 33, 40], [4, 2, 3, 3], [2, 3], 2), ([1, 1, 240, 290], [2, 1, 31, 5], nil, 1),
      ([1, 1, 30, 20, 70], [1, 1, 5, 3, 7], nil, 1),
      ([1, 1, 7, 9, 8, 12], [1, 1, 3, 2, 3, 4], nil, 1),
    ]
    for (input, kernelShape, dilation, groups) in shapes {
      for border in [Border.mirror, .constant(-2), .valid, .full, .nearest] {
        let convolution = try Convolution(
          input: input, kernel: kernelShape, border: border, dilation: dilation, groups: groups)
        var source = RandomSource(seed: 7)
        let kernel = Tensor<Float>.normal(shape: kernelShape, using: &source)
        let image = Tensor<Float>.normal(shape: convolution.input, using: &source)
        let gradient = Tensor<Float>.normal(shape: convolution.output, using: &source)
        let plan = try convolution.plan(
          .lowRank, for: [.forward, .inputGradient], kernel: kernel)
        let plain = try convolution.plan(
          .plain, for: [.forward, .inputGradient], kernel: Tensor<Double>(kernel))
        let expected = try plain.forward(Tensor<Double>(image))
        let expectedGradient = try plain.inputGradient(Tensor<Double>(gradient))
        try forEachSIMDLevel { level throws in
          let note = Comment(rawValue: "\(level): \(convolution)")
          #expect(try relativeError(plan.forward(image), expected) <= 1e-5, note)
          #expect(try relativeError(plan.inputGradient(gradient), expectedGradient) <= 1e-5, note)
        }
      }
    }
  }
}
