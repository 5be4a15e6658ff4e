import Foundation
import Fourier
import Numerics
import Tensors
import TestSupport
import Testing

/// Ranks 1 to 4, with odd, even, prime and unit extents.
private let shapes: [Shape] = [
  [1], [2], [7], [8], [31], [97], [1, 5], [4, 6], [7, 9], [13, 1], [3, 4, 5], [5, 1, 7],
  [2, 3, 4, 5], [3, 3, 3, 3],
]

@Suite("Fourier transforms obey their theorems")
struct TransformTheoremTests {
  @Test("agrees with the definition", arguments: shapes)
  func definition(shape: Shape) throws {
    let input = randomComplex(shape, seed: 1)
    let expected = directTransform(input)
    #expect(relativeError(try input.fourierTransform(), expected) < 1e-13)
    #expect(relativeError(try inSinglePrecision(input).fourierTransform(), expected) < 2e-6)
    let inverse = directTransform(input, sign: 1).map { $0 / Complex(Double(shape.elementCount)) }
    #expect(relativeError(try input.inverseFourierTransform(), inverse) < 1e-13)
  }

  @Test(
    "the real transform is the first half of the complex one, and has an inverse", arguments: shapes
  )
  func halfSpectrum(shape: Shape) throws {
    let input = randomReal(shape, seed: 2)
    let full = try input.fourierTransform()
    let half = try input.realFourierTransform()
    #expect(half.shape == FourierTransform.halfSpectrum(of: shape))
    let last = shape.rank - 1
    #expect(relativeError(half, try full.sliced(axis: last, 0..<half.shape[last])) < 1e-13)
    let copy = half
    let back: Tensor<Double> = try half.inverseRealFourierTransform(lastExtent: shape[last])
    #expect(try (back - input).norm() < 1e-13 * input.norm())
    // The transform overwrites its input; a value must not notice.
    #expect(half == copy)
    let single = try Tensor<Float>(input).realFourierTransform()
    #expect(relativeError(single, half) < 2e-6)
  }

  @Test("an impulse becomes a wave, a shift a phase", arguments: shapes)
  func impulseAndShift(shape: Shape) throws {
    var source = RandomSource(seed: 3)
    let position = shape.map { source.integer(below: $0) }
    var impulse = Tensor<Complex<Double>>(zeros: shape)
    impulse[position] = 1
    func wave(_ frequency: [Int]) -> Complex<Double> {
      let turns = zip(zip(frequency, position), shape)
        .reduce(0.0) { $0 + Double($1.0.0 * $1.0.1) / Double($1.1) }
      return Complex(length: 1, phase: -2 * .pi * turns)
    }
    #expect(relativeError(try impulse.fourierTransform(), Tensor(shape: shape, wave)) < 1e-12)

    let input = randomComplex(shape, seed: 4)
    let shifted = Tensor(shape: shape) { index in
      input[zip(zip(index, position), shape).map { ($0.0 - $0.1 + $1) % $1 }]
    }
    let spectrum = try input.fourierTransform()
    let expected = Tensor(shape: shape) { spectrum[$0] * wave($0) }
    #expect(relativeError(try shifted.fourierTransform(), expected) < 1e-12)
  }

  @Test("is linear and keeps energy", arguments: shapes)
  func linearityAndParseval(shape: Shape) throws {
    let (first, second) = (randomComplex(shape, seed: 5), randomComplex(shape, seed: 6))
    let factor = Complex(0.3, -1.7)
    let left = try (first * factor + second).fourierTransform()
    let right = try first.fourierTransform() * factor + second.fourierTransform()
    #expect(relativeError(left, right) < 1e-13)
    let energy = first.map(\.lengthSquared).sum()
    let spectral = try first.fourierTransform().map(\.lengthSquared).sum()
    #expect(abs(spectral / Double(shape.elementCount) / energy - 1) < 1e-13)
  }

  @Test(
    "transforms only the axes asked for",
    arguments: [[0], [1], [2], [0, 2], [2, 0], [1, 2], [-1]])
  func someAxes(axes: [Int]) throws {
    let input = randomComplex([4, 5, 6], seed: 7)
    var expected = input
    for axis in axes {
      let axis = try input.shape.normalized(axis: axis)
      let others = (0..<3).filter { $0 != axis }
      // One axis by definition: as a stack of rank-1 arrays.
      let ordered = try expected.permuted(others + [axis])
      let rows = ordered.count / input.shape[axis]
      let flat = try ordered.reshaped(to: [rows, input.shape[axis]])
      let transformed = try Tensor.stacked(
        (0..<rows).map { row throws(FiltersmithError) in
          directTransform(try flat.selected(axis: 0, at: row))
        })
      var back = [0, 0, 0]
      for (position, original) in (others + [axis]).enumerated() { back[original] = position }
      expected = try transformed.reshaped(to: ordered.shape).permuted(back)
    }
    #expect(relativeError(try input.fourierTransform(axes: axes), expected) < 1e-13)
    let back = try expected.inverseFourierTransform(axes: axes)
    #expect(relativeError(back, input) < 1e-13)
    let real = randomReal([4, 5, 6], seed: 8)
    let half = try real.realFourierTransform(axes: axes)
    let last = try real.shape.normalized(axis: axes[axes.count - 1])
    let full = try real.fourierTransform(axes: axes)
    #expect(relativeError(half, try full.sliced(axis: last, 0..<half.shape[last])) < 1e-13)
    let again: Tensor<Double> = try half.inverseRealFourierTransform(
      lastExtent: real.shape[last], axes: axes)
    #expect(try (again - real).norm() < 1e-13 * real.norm())
  }

  @Test("what cannot be transformed is refused")
  func refusals() throws {
    let tensor = randomComplex([3, 4], seed: 9)
    #expect(throws: FiltersmithError.self) { try tensor.fourierTransform(axes: [2]) }
    #expect(throws: FiltersmithError.self) { try tensor.fourierTransform(axes: [0, -2]) }
    #expect(throws: FiltersmithError.self) { try tensor.fourierTransform(axes: []) }
    #expect(throws: FiltersmithError.self) {
      try Tensor<Complex<Double>>(zeros: [0, 4]).fourierTransform()
    }
    #expect(throws: FiltersmithError.self) {
      let _: Tensor<Double> = try tensor.inverseRealFourierTransform(lastExtent: 8)
    }
    #expect(throws: FiltersmithError.self) {
      _ = try FourierPlan<Double>(FourierTransform(.complexToReal, shape: [4, 4]))
    }
  }
}

@Suite("Fourier transforms agree with SciPy's")
struct GoldenTransformTests {
  @Test(
    "scipy.fft.fft", arguments: ReferenceArrays.all, [1, 2, 3, 5, 7, 8, 12, 17, 30, 64, 97, 128])
  func golden(arrays: ReferenceArrays, count: Int) throws {
    // Some lengths of the other arrays are kept.
    guard arrays.has("fft_in_\(count)", "fft_out_\(count)") else { return }
    let transformed = try arrays.stored("fft_in_\(count)").asComplex().fourierTransform()
    let expected = try arrays.stored("fft_out_\(count)").asComplex()
    #expect(relativeError(transformed, expected) < 1e-14)
  }
}
