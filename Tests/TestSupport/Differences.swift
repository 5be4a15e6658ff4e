import Tensors

/// The largest difference of two arrays; infinite where their shapes differ.
public func largestDifference<First: BinaryFloatingPoint, Second: BinaryFloatingPoint>(
  _ first: Tensor<First>, _ second: Tensor<Second>
) -> Double {
  guard first.shape == second.shape else { return .infinity }
  return zip(first.elements, second.elements).reduce(0) {
    max($0, abs(Double($1.0) - Double($1.1)))
  }
}
