import Tensors

@testable import Convolutions

/// The three maps of a convolution straight from their definition, one product at a time.
struct ReferenceConvolution {
  let convolution: Convolution

  /// Calls `body` with every product of the sum: output, kernel and input offsets (−1: the constant).
  private func forEachProduct(_ body: (_ output: Int, _ kernel: Int, _ input: Int) -> Void) {
    let rank = convolution.spatialRank
    let channelsPerGroup = convolution.kernel[1]
    let filtersPerGroup = convolution.kernel[0] / convolution.groups
    let taps = Shape(Array(convolution.kernel.dimensions.suffix(rank)))
    var output = 0
    convolution.output.forEachIndex { index in
      let group = index[1] / filtersPerGroup
      for channel in 0..<channelsPerGroup {
        taps.forEachIndex { tap in
          var source: [Int]? = [index[0], group * channelsPerGroup + channel]
          for axis in 0..<rank {
            let position =
              index[2 + axis] * convolution.stride[axis] + tap[axis] * convolution.dilation[axis]
              - convolution.before[axis]
            if let inside = convolution.border.source(
              of: position, extent: convolution.input[2 + axis])
            {
              source?.append(inside)
            } else {
              source = nil
            }
          }
          body(
            output, convolution.kernel.offset(of: [index[1], channel] + tap),
            source.map { convolution.input.offset(of: $0) } ?? -1)
        }
      }
      output += 1
    }
  }

  func forward(_ input: Tensor<Double>, kernel: Tensor<Double>) -> Tensor<Double> {
    var output = [Double](repeating: 0, count: convolution.output.elementCount)
    let (x, w) = (input.elements, kernel.elements)
    forEachProduct { o, k, i in output[o] += w[k] * (i < 0 ? convolution.border.fill : x[i]) }
    return Tensor(shape: convolution.output, output)
  }

  func inputGradient(_ gradient: Tensor<Double>, kernel: Tensor<Double>) -> Tensor<Double> {
    var input = [Double](repeating: 0, count: convolution.input.elementCount)
    let (g, w) = (gradient.elements, kernel.elements)
    forEachProduct { o, k, i in if i >= 0 { input[i] += w[k] * g[o] } }
    return Tensor(shape: convolution.input, input)
  }

  func kernelGradient(input: Tensor<Double>, gradient: Tensor<Double>) -> Tensor<Double> {
    var kernel = [Double](repeating: 0, count: convolution.kernel.elementCount)
    let (x, g) = (input.elements, gradient.elements)
    forEachProduct { o, k, i in kernel[k] += g[o] * (i < 0 ? convolution.border.fill : x[i]) }
    return Tensor(shape: convolution.kernel, kernel)
  }
}

extension Tensor {
  /// A tensor from elements whose number is known to be right.
  init(shape: Shape, _ elements: [Element]) {
    var iterator = elements.makeIterator()
    self.init(shape: shape) { _ in
      guard let next = iterator.next() else { preconditionFailure("too few elements") }
      return next
    }
  }
}

/// The largest difference relative to the largest expected magnitude.
func relativeError<Scalar: BinaryFloatingPoint>(
  _ result: Tensor<Scalar>, _ expected: Tensor<Double>
) -> Double {
  guard result.shape == expected.shape, result.isFinite else { return .infinity }
  var (difference, largest) = (0.0, 0.0)
  for (value, truth) in zip(result.elements, expected.elements) {
    difference = max(difference, abs(Double(value) - truth))
    largest = max(largest, abs(truth))
  }
  return largest > 0 ? difference / largest : difference
}
