import FilterDesign
import Numerics
import Tensors

/// The kernels of quadrature pairs, even and odd part in turn, `[2 · filters, 1, support…]`.
///
/// Center frequency π/3, two octaves, directions spread evenly over half a sphere.
///
/// - Throws: ``FiltersmithError`` when the design fails.
func quadratureKernels(
  filters: Int, support: [Int]
) throws(FiltersmithError) -> Tensor<Float> {
  let design = try QuadratureDesign(
    support: support, centerFrequency: .pi / 3, directions: filters)
  guard case .complex(let kernels) = try design.bank(progress: nil).kernels else {
    throw FiltersmithError(.numerical, "quadrature filters came out real")
  }
  let parts = try Tensor.stacked([kernels.realPart(), kernels.imaginaryPart()], axis: 1)
  return Tensor(try parts.reshaped(to: Shape([2 * filters, 1] + support)))
}

/// exp(−r² / 2σ²), its sum 1, `[1, 1, taps, taps]`.
func gaussianKernel(deviation: Double, taps: Int) -> Tensor<Float> {
  let weights = (0..<taps).map { tap in
    let distance = Double(tap - taps / 2) / deviation
    return Double.exp(-0.5 * distance * distance)
  }
  let sum = weights.reduce(0, +)
  return Tensor(shape: [1, 1, taps, taps]) { index in
    Float(weights[index[2]] * weights[index[3]] / (sum * sum))
  }
}
