import FilterDesign
import Numerics
import Tensors
import Testing

/// What a filter makes of signals whose answer is known, computed from the definition of convolution
/// without the engine.
struct KernelProbe {
  let bank: FilterBank

  init(_ bank: FilterBank) { self.bank = bank }

  /// The response at the origin: Σ_x f(x) s(−x), with x = k − ⌊n/2⌋.
  func response(_ filter: Int, to signal: ([Double]) -> Double) -> Complex<Double> {
    var sum = Complex<Double>.zero
    let kernels = bank.complexKernels
    bank.support.forEachIndex { index in
      let position = zip(index, bank.support).map { -Double($0 - $1 / 2) }
      let value = signal(position)
      let tap = kernels[[filter] + index]
      sum += Complex(tap.real * value, tap.imaginary * value)
    }
    return sum
  }

  /// The real response to the polynomial Π_d s_d^power_d.
  func response(_ filter: Int, toPowers powers: [Int]) -> Double {
    response(filter) { position in
      zip(position, powers).reduce(1) { product, pair in
        (0..<pair.1).reduce(product) { product, _ in product * pair.0 }
      }
    }.real
  }

  /// F(u) by the plain sum.
  func spectrum(_ filter: Int, at frequency: [Double]) -> Complex<Double> {
    var sum = Complex<Double>.zero
    let kernels = bank.complexKernels
    bank.support.forEachIndex { index in
      let phase = zip(frequency, zip(index, bank.support)).reduce(0) { sum, part in
        sum - part.0 * Double(part.1.0 - part.1.1 / 2)
      }
      sum += kernels[[filter] + index] * Complex(length: 1, phase: phase)
    }
    return sum
  }

  /// Convolution with one filter over the whole image, continued symmetrically (SciPy's `reflect`)
  /// or by its edge, tap by tap.
  func convolution(_ filter: Int, of image: Tensor<Double>, nearest: Bool = false) -> Tensor<Double>
  {
    let kernel = bank.even
    func source(_ position: Int, _ extent: Int) -> Int {
      if nearest { return min(max(position, 0), extent - 1) }
      let phase = ((position % (2 * extent)) + 2 * extent) % (2 * extent)
      return phase < extent ? phase : 2 * extent - 1 - phase
    }
    var taps: [([Int], Double)] = []
    bank.support.forEachIndex { index in
      let value = kernel[[filter] + index]
      if value != 0 { taps.append((zip(index, bank.support).map { $0 - $1 / 2 }, value)) }
    }
    let strides = image.shape.strides
    let elements = image.elements
    return Tensor(shape: image.shape) { index in
      var sum = 0.0
      for (offset, value) in taps {
        var place = 0
        for axis in index.indices {
          place += source(index[axis] - offset[axis], image.shape[axis]) * strides[axis]
        }
        sum += value * elements[place]
      }
      return sum
    }
  }
}

/// Whether numbers agree to a tolerance relative to the largest of those expected.
func expectClose(
  _ actual: [Double], _ expected: [Double], relative tolerance: Double,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, sourceLocation: sourceLocation)
  let scale = expected.map(abs).max() ?? 0
  for (position, (left, right)) in zip(actual, expected).enumerated()
  where !(abs(left - right) <= tolerance * scale) {
    Issue.record(
      "element \(position) is \(left) where \(right) is expected (largest \(scale))",
      sourceLocation: sourceLocation)
    return
  }
}

/// Expects a failure of a kind whose message holds all of the words.
func expectFailure<Result>(
  _ kind: FiltersmithError.Kind, naming words: String...,
  sourceLocation: SourceLocation = #_sourceLocation,
  of body: () throws(FiltersmithError) -> Result
) {
  do throws(FiltersmithError) {
    _ = try body()
    Issue.record("no failure", sourceLocation: sourceLocation)
  } catch {
    #expect(error.kind == kind, "\(error)", sourceLocation: sourceLocation)
    for word in words {
      #expect(
        error.message.contains(word), "'\(error.message)' does not name '\(word)'",
        sourceLocation: sourceLocation)
    }
    #expect(!error.message.contains("\n"), sourceLocation: sourceLocation)
  }
}
