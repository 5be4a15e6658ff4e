import Fourier
import Numerics
import Tensors

/// The definition F(u) = Σ f(x) exp(∓i u·x), written as it stands: what the fast one must equal.
func directTransform(
  _ input: Tensor<Complex<Double>>, sign: Double = -1
) -> Tensor<Complex<Double>> {
  let shape = input.shape
  let values = input.elements
  return Tensor(shape: shape) { frequency in
    var sum = Complex<Double>.zero
    for (offset, value) in values.enumerated() {
      let position = shape.index(at: offset)
      var turns = 0.0
      for axis in shape.indices {
        // Reduced as whole numbers first, so that the angle stays exact for long arrays.
        turns += Double(frequency[axis] * position[axis] % shape[axis]) / Double(shape[axis])
      }
      sum += value * Complex(length: 1, phase: sign * 2 * .pi * turns)
    }
    return sum
  }
}

func randomComplex(_ shape: Shape, seed: UInt64) -> Tensor<Complex<Double>> {
  var source = RandomSource(seed: seed)
  return Tensor(shape: shape) { _ in Complex(source.normal(), source.normal()) }
}

func randomReal(_ shape: Shape, seed: UInt64) -> Tensor<Double> {
  var source = RandomSource(seed: seed)
  return Tensor.normal(shape: shape, using: &source)
}

/// The largest difference, relative to the largest element of `right`.
func relativeError<Scalar: Real & BinaryFloatingPoint>(
  _ left: Tensor<Complex<Scalar>>, _ right: Tensor<Complex<Double>>
) -> Double {
  guard left.shape == right.shape else { return .infinity }
  var (difference, largest) = (0.0, 0.0)
  for (a, b) in zip(left.elements, right.elements) {
    difference = max(difference, (Complex(Double(a.real), Double(a.imaginary)) - b).length)
    largest = max(largest, b.length)
  }
  return difference / max(largest, .leastNormalMagnitude)
}

func inSinglePrecision(_ tensor: Tensor<Complex<Double>>) -> Tensor<Complex<Float>> {
  tensor.map { Complex(Float($0.real), Float($0.imaginary)) }
}
