import Fourier
import Numerics
import Tensors
import Testing

@Suite("Fourier plans")
struct PlanTests {
  @Test("one transform has one plan, however many threads ask for it at once")
  func concurrency() throws {
    let shapes: [Shape] = (0..<40).map { [11 + $0 % 8, 6 + $0 % 5] }
    let inputs = shapes.map { randomComplex($0, seed: UInt64($0.elementCount)) }
    let expected = try inputs.map { input in try input.fourierTransform() }
    let setting = Threads.count
    Threads.count = 16
    defer { Threads.count = setting }
    var agreed = [Bool](repeating: false, count: 400)
    agreed.withUnsafeMutableBufferPointer { buffer in
      let agreed = SharedPointer(buffer)
      parallelFor(400) { index in
        let input = inputs[index % inputs.count]
        // Uncommon strides make each round plan something new while others execute.
        let transform = FourierTransform(
          .forward, shape: input.shape, howMany: 1 + index % 3, inputDistance: 0,
          outputDistance: input.count)
        guard
          let plan = try? FourierPlan<Double>.shared(for: transform),
          let same = try? FourierPlan<Double>.shared(for: transform),
          let transformed = try? input.fourierTransform(),
          let buffer = try? AlignedBuffer<Complex<Double>>(count: 3 * input.count)
        else { return }
        input.withUnsafeElements { elements in
          plan.execute(SharedPointer(reading: elements).pointer, buffer.pointer)
        }
        let result = expected[index % inputs.count]
        let batch = result.elements.indices.allSatisfy {
          (buffer[$0] - result.elements[$0]).length < 1e-12
        }
        agreed[index] = batch && plan.isIdentical(to: same) && transformed == result
      }
    }
    #expect(agreed.allSatisfy { $0 })
  }

  @Test("in place and out of place agree", arguments: [[9], [12], [6, 7], [4, 5, 6]] as [Shape])
  func inPlace(shape: Shape) throws {
    let input = randomReal(shape, seed: 21)
    let half = try input.realFourierTransform()
    let row = shape[shape.rank - 1]
    let padded = 2 * (row / 2 + 1)
    let rows = shape.elementCount / row
    let buffer = try AlignedBuffer<Float>(repeating: 0, count: rows * padded)
    for index in 0..<shape.elementCount {
      buffer[index / row * padded + index % row] = Float(input.elements[index])
    }
    let forward = try FourierPlan<Float>(
      FourierTransform(.realToComplex, shape: shape, inPlace: true, aligned: true))
    forward.execute(input: buffer.rawPointer, output: buffer.rawPointer)
    let complex = UnsafeBufferPointer(
      start: buffer.rawPointer.assumingMemoryBound(to: Complex<Float>.self), count: half.count)
    #expect(relativeError(try Tensor(shape: half.shape, elements: Array(complex)), half) < 2e-6)
    let inverse = try FourierPlan<Float>(
      FourierTransform(.complexToReal, shape: shape, inPlace: true, aligned: true))
    inverse.execute(input: buffer.rawPointer, output: buffer.rawPointer)
    for index in 0..<shape.elementCount {
      let value = Double(buffer[index / row * padded + index % row]) / Double(shape.elementCount)
      #expect(abs(value - input.elements[index]) < 1e-5)
    }
  }

  @Test("batches, distances, alignment and rigor do not change the answer")
  func batches() throws {
    let input = randomComplex([3, 5, 8], seed: 22)
    let expected = try input.fourierTransform(axes: [1, 2])
    for rigor in PlanningRigor.allCases {
      for distance in [40, 43] {
        let buffer = try AlignedBuffer<Complex<Double>>(repeating: .zero, count: 3 * 43 + 1)
        // One element in, memory is no longer a promise's worth aligned for every precision.
        let plan = try FourierPlan<Double>(
          FourierTransform(
            .forward, shape: [5, 8], howMany: 3, outputDistance: distance, rigor: rigor))
        input.withUnsafeElements { elements in
          plan.execute(SharedPointer(reading: elements).pointer, buffer.pointer + 1)
        }
        let result = Tensor(shape: [3, 5, 8]) { index in
          buffer[1 + index[0] * distance + index[1] * 8 + index[2]]
        }
        #expect(relativeError(result, expected) < 1e-13)
      }
    }
  }

  /// Large enough to be split, with odd extents, small outer axes and rest blocks.
  static let large: [Shape] = [[40000], [181, 191], [3, 5, 47, 53], [2, 3, 64, 90], [256, 130]]

  @Test(
    "transforms in pieces equal FFTW's own, with the same bits for any number of threads",
    arguments: large)
  func pieces(shape: Shape) throws {
    let input = randomReal(shape, seed: 23)
    let complex = input.map { Complex($0, 0.5 * $0 * $0) }
    var whole = Tensor<Complex<Double>>(zeros: shape)
    let plan = try FourierPlan<Double>(FourierTransform(.forward, shape: shape))
    complex.withUnsafeElements { source in
      whole.withUnsafeMutableElements { target in
        plan.execute(SharedPointer(reading: source).pointer, SharedPointer(target).pointer)
      }
    }
    func everything() throws -> ([Tensor<Complex<Double>>], Tensor<Float>) {
      let half = try Tensor<Float>(input).realFourierTransform()
      let back: Tensor<Float> = try half.inverseRealFourierTransform(
        lastExtent: shape[shape.rank - 1])
      return (
        [
          try complex.fourierTransform(), try complex.inverseFourierTransform(),
          try input.realFourierTransform(),
          half.map { Complex(Double($0.real), Double($0.imaginary)) },
        ], back
      )
    }
    let setting = Threads.count
    defer { Threads.count = setting }
    Threads.count = 1
    let single = try everything()
    Threads.count = 7
    let several = try everything()
    #expect(single.0 == several.0)
    #expect(single.1 == several.1)
    #expect(relativeError(single.0[0], whole) < 1e-13)
    #expect(relativeError(try single.0[1].fourierTransform(), complex) < 1e-13)
    let last = shape.rank - 1
    let half = try input.fourierTransform().sliced(axis: last, 0..<shape[last] / 2 + 1)
    #expect(relativeError(single.0[2], half) < 1e-13)
    #expect(relativeError(single.0[3], half) < 1e-5)
    #expect(try (Tensor<Double>(single.1) - input).norm() < 1e-5 * input.norm())
  }

  @Test("buffers are aligned, and absurd ones refused")
  func buffers() throws {
    for count in [0, 1, 17] {
      let buffer = try AlignedBuffer<Complex<Float>>(count: count)
      #expect(Int(bitPattern: buffer.rawPointer) % 64 == 0)
      #expect(buffer.elements.count == count)
    }
    #expect(throws: FiltersmithError.self) { _ = try AlignedBuffer<Double>(count: .max / 2) }
    #expect(throws: FiltersmithError.self) { _ = try AlignedBuffer<Double>(count: -1) }
  }
}
