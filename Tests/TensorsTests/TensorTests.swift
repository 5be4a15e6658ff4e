import Numerics
import Tensors
import Testing

@Suite struct TensorTests {
  let cube = Tensor<Int>(shape: [2, 3, 4]) { 100 * $0[0] + 10 * $0[1] + $0[2] }

  @Test func copiesAreValues() {
    var changed = cube
    changed[1, 2, 3] = -1
    #expect(cube[1, 2, 3] == 123)
    #expect(changed[1, 2, 3] == -1)
    #expect(changed != cube)
  }

  @Test func writingInPlaceCopiesSharedStorage() {
    let original = Tensor<Float>(zeros: [4])
    var changed = original
    changed.withUnsafeMutableElements { $0[2] = 5 }
    #expect(original.elements == [0, 0, 0, 0])
    #expect(changed.elements == [0, 0, 5, 0])
  }

  @Test func countsMustFit() {
    #expect(throws: FiltersmithError.self) { try Tensor(shape: [2, 2], elements: [1, 2, 3]) }
    #expect(throws: FiltersmithError.self) { try cube.reshaped(to: [5, 5]) }
    #expect((try? cube.reshaped(to: [4, 6]))?.elements == cube.elements)
  }

  @Test func slicing() throws {
    let slice = try cube.sliced([1..<2, 0..<3, 1..<3])
    #expect(slice.shape == [1, 3, 2])
    #expect(slice.elements == [101, 102, 111, 112, 121, 122])
    #expect(try cube.selected(axis: -1, at: 2).elements == [2, 12, 22, 102, 112, 122])
    #expect(try cube.sliced(axis: 1, 1..<1).count == 0)
    #expect(throws: FiltersmithError.self) { try cube.sliced([0..<2, 0..<3]) }
    #expect(throws: FiltersmithError.self) { try cube.sliced(axis: 0, 1..<3) }
    #expect(throws: FiltersmithError.self) { try cube.selected(axis: 0, at: 2) }
  }

  @Test func permuting() throws {
    let permuted = try cube.permuted([2, 0, 1])
    #expect(permuted.shape == [4, 2, 3])
    permuted.shape.forEachIndex { #expect(permuted[$0] == cube[[$0[1], $0[2], $0[0]]]) }
    #expect(try permuted.permuted([1, 2, 0]) == cube)
    #expect(throws: FiltersmithError.self) { try cube.permuted([0, 0, 1]) }
    #expect(throws: FiltersmithError.self) { try cube.permuted([0, 1]) }
  }

  @Test func flipping() throws {
    #expect(try cube.flipped().elements == cube.elements.reversed())
    let flipped = try cube.flipped(axes: [1])
    flipped.shape.forEachIndex { #expect(flipped[$0] == cube[[$0[0], 2 - $0[1], $0[2]]]) }
    #expect(try cube.flipped(axes: [0, -1]).flipped(axes: [2, 0]) == cube)
    #expect(try Tensor<Int>(zeros: [0, 3]).flipped().count == 0)
  }

  @Test func stackingAndConcatenating() throws {
    let parts = try (0..<3).map { try cube.selected(axis: 1, at: $0) }
    #expect(try Tensor.stacked(parts, axis: 1) == cube)
    let pieces = [try cube.sliced(axis: 2, 0..<1), try cube.sliced(axis: 2, 1..<4)]
    #expect(try Tensor.concatenated(pieces, axis: -1) == cube)
    #expect(throws: FiltersmithError.self) { try Tensor<Int>.stacked([]) }
    #expect(throws: FiltersmithError.self) { try Tensor.concatenated([cube, parts[0]], axis: 0) }
    #expect(throws: FiltersmithError.self) {
      try Tensor.concatenated([pieces[0], pieces[1]], axis: 0)
    }
  }

  @Test func arithmetic() throws {
    let left = Tensor<Double>([1, 2, 3])
    let right = Tensor<Double>([4, 5, 8])
    #expect(try (left + right).elements == [5, 7, 11])
    #expect(try (right - left).elements == [3, 3, 5])
    #expect(try (left * right).elements == [4, 10, 24])
    #expect(try (right / left).elements == [4, 2.5, 8.0 / 3])
    #expect((left * 2 + 1).elements == [3, 5, 7])
    #expect((left / 2 - 1).elements == [-0.5, 0, 0.5])
    #expect(throws: FiltersmithError.self) { try left + Tensor<Double>([1, 2]) }
  }

  @Test func reductions() throws {
    #expect(
      cube.sum() == 24 * 0
        + (0..<24).map { 100 * ($0 / 12) + 10 * ($0 / 4 % 3) + $0 % 4 }.reduce(0, +))
    #expect(try cube.sum(axes: [0, 2]).elements == [412, 492, 572])
    #expect(cube.min() == 0)
    #expect(cube.max() == 123)
    #expect(try cube.max(axes: [1, 2]).elements == [23, 123])
    #expect(try cube.min(axes: [0, 1]).elements == [0, 1, 2, 3])
    #expect(try cube.sum(axes: []) == cube)
    let numbers = Tensor<Double>([1, 2, 3, 4])
    #expect(numbers.mean() == 2.5)
    #expect(numbers.variance() == 1.25)
    #expect(abs(numbers.norm() - 30.0.squareRoot()) < 1e-15)
    #expect(try Tensor<Double>(cube).mean(axes: [0]).elements[0] == 50)
    #expect(
      try Tensor<Int>(shape: [2, 3], elements: [5, 7, 7, 9, 0, 1]).indexOfMaximum(axis: 1).elements
        == [1, 0])
    #expect(throws: FiltersmithError.self) { try Tensor<Int>(zeros: [2, 0]).max(axes: [1]) }
    #expect(throws: FiltersmithError.self) {
      try Tensor<Int>(zeros: [2, 0]).indexOfMaximum(axis: 1)
    }
    #expect(throws: FiltersmithError.self) { try cube.sum(axes: [3]) }
  }

  /// Adding pairwise keeps the error of a million summands near that of one.
  @Test func sumsArePairwise() {
    let tenths = Tensor<Float>(repeating: 0.1, shape: [1 << 20])
    #expect(abs(tenths.sum() / Float(1 << 20) - 0.1) < 1e-7)
  }

  @Test func complexParts() throws {
    let real = Tensor<Double>([3, 0, -1])
    let imaginary = Tensor<Double>([4, 0, 0])
    let both = try Tensor<Complex<Double>>(real: real, imaginary: imaginary)
    #expect(both.realPart() == real)
    #expect(both.conjugate().imaginaryPart() == imaginary * -1)
    #expect(both.magnitude().elements == [5, 0, 1])
    #expect(both.phase().elements[1...] == [0, .pi])
    #expect(throws: FiltersmithError.self) {
      try Tensor<Complex<Double>>(real: real, imaginary: Tensor<Double>([1]))
    }
  }
}
