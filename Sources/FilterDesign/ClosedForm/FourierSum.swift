import Foundation
import Numerics
import Tensors

/// Fourier sums between the taps of a kernel and any frequencies that form a lattice, axis by axis.
///
/// Kernels have few taps per axis: for them plain sums cost less than a padded transform, and
/// the frequencies can be chosen freely.
enum FourierSum {
  /// F(u) = Σ_x f(x) exp(−i u·x) at all combinations of one frequency per axis.
  ///
  /// - Parameters:
  ///   - kernel: Taps at x = k − ⌊n/2⌋.
  ///   - frequencies: The frequencies along each axis, in rad/sample.
  static func response(
    of kernel: Tensor<Complex<Double>>, at frequencies: [[Double]]
  ) -> Tensor<Complex<Double>> {
    let axes = zip(frequencies, kernel.shape).map { frequencies, taps in
      waves(frequencies.map { -$0 }, KernelConstruction.coordinates(taps))
    }
    return contracted(kernel, axes)
  }

  /// f(x) = Σ_u F(u) exp(i u·x) / (number of frequencies), at the taps x of a support.
  static func kernel(
    of spectrum: Tensor<Complex<Double>>, at frequencies: [[Double]], support: [Int]
  ) -> Tensor<Complex<Double>> {
    let axes = zip(frequencies, support).map { frequencies, taps in
      waves(KernelConstruction.coordinates(taps), frequencies)
    }
    let count = Double(spectrum.count)
    return contracted(spectrum, axes).map { Complex($0.real / count, $0.imaginary / count) }
  }

  /// The matrix exp(i row · column).
  private static func waves(_ rows: [Double], _ columns: [Double]) -> [[Complex<Double>]] {
    rows.map { row in columns.map { Complex(length: 1, phase: row * $0) } }
  }

  /// Multiplies every axis of a tensor by a matrix.
  private static func contracted(
    _ tensor: Tensor<Complex<Double>>, _ matrices: [[[Complex<Double>]]]
  ) -> Tensor<Complex<Double>> {
    // The first axis is summed over and returns as the last: after all axes the order is restored.
    var shape = tensor.shape
    var current = tensor
    for matrix in matrices {
      let inner = shape[0]
      let rest = shape.removing(axis: 0)
      let runs = rest.elementCount
      let rows = matrix.count
      shape = rest + [rows]
      let next = Tensor<Complex<Double>>(uninitialized: shape) { result in
        let target = SharedPointer(result)
        current.withUnsafeElements { source in
          let source = ReadOnlyPointer(source)
          parallelFor(runs, grain: max(4096 / (inner * rows), 1)) { run in
            for row in 0..<rows {
              var (real, imaginary) = (0.0, 0.0)
              matrix[row].withUnsafeBufferPointer { wave in
                for index in 0..<inner {
                  let value = source[index * runs + run]
                  real += wave[index].real * value.real - wave[index].imaginary * value.imaginary
                  imaginary +=
                    wave[index].real * value.imaginary + wave[index].imaginary * value.real
                }
              }
              (target.pointer + (run * rows + row)).initialize(to: Complex(real, imaginary))
            }
          }
        }
      }
      current = next
    }
    return current
  }
}
